import pathlib

import pytest

EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_on_a_screen_and_is_listed(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60
    assert f"]({path.name})" in (path.parent / "README.md").read_text(encoding="utf-8")
