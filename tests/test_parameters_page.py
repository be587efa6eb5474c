"""docs/parameters.md is what the declarations say."""

import pathlib

from libs.utils.references import load_file

PROGRAM = pathlib.Path(__file__).parents[1] / "docs" / "parameters.py"


def test_the_page_is_up_to_date():
    module = load_file(PROGRAM, "program")
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run python docs/parameters.py"


def test_every_parameter_has_a_row_that_says_what_it_is():
    module = load_file(PROGRAM, "program")
    rows = [line.split(" | ") for line in module.page().splitlines() if line.startswith("| `")]
    names = [name for params, _ in module.SETS.values() for name in params.model_fields]
    assert sorted(row[0].strip("| `") for row in rows) == sorted(names)
    assert all(len(row[-1]) > 10 for row in rows)
