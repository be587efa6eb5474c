import pytest

from libs.utils import check_install


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("libGL.so.1: cannot open shared object file: No such file or directory", "apt install libgl1"),
        ("libgthread-2.0.so.0: cannot open shared object file", "apt install libglib2.0-0"),
        ("operator torchvision::nms does not exist", "torch and torchvision do not belong together"),
        ("no idea", ""),
    ],
)
def test_known_errors_have_a_remedy(message, remedy):
    assert remedy in check_install.explain(ImportError(message))


def test_a_module_that_does_not_import_is_counted_and_named(monkeypatch, capsys):
    monkeypatch.setattr(check_install, "MODULES", ["json", "no_such_module"])
    assert check_install.main() == 1
    captured = capsys.readouterr()
    assert "no_such_module: ModuleNotFoundError" in captured.err
    assert "1 of 2 modules import" in captured.out
