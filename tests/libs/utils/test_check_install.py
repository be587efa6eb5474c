import pytest

from libs.utils import check_install


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("libGL.so.1: cannot open shared object file: No such file or directory", "apt install libgl1"),
        ("libgthread-2.0.so.0: cannot open shared object file", "apt install libglib2.0-0"),
        ("operator torchvision::nms does not exist", "torch and torchvision do not belong together"),
        ("ModuleNotFoundError: No module named 'pkg_resources'", "pip install --upgrade 'tensorboard>=2.21'"),
        ("no idea", ""),
    ],
)
def test_known_errors_have_a_remedy(message, remedy):
    assert remedy in check_install.explain(ImportError(message))


def test_a_module_that_does_not_import_is_counted_and_named(monkeypatch, capsys):
    monkeypatch.setattr(check_install, "MODULES", ["json", "no_such_module"])
    monkeypatch.setattr(check_install, "TENSORBOARD", "platform")
    assert check_install.main() == 1
    captured = capsys.readouterr()
    assert "no_such_module: ModuleNotFoundError" in captured.err
    assert "1 of 2 modules import" in captured.out


def test_a_tensorboard_that_does_not_start_is_named_with_what_to_do(monkeypatch, capsys, tmp_path):
    (tmp_path / "old_tensorboard.py").write_text(
        "import sys; sys.modules['pkg_resources'] = None; import pkg_resources"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(check_install, "MODULES", ["json"])
    monkeypatch.setattr(check_install, "TENSORBOARD", "old_tensorboard")
    assert check_install.main() == 1
    error = capsys.readouterr().err
    assert "tensorboard does not start: ModuleNotFoundError" in error
    assert "pip install --upgrade 'tensorboard>=2.21'" in error
