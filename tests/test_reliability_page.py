"""docs/reliability.md names tests that exist."""

import pathlib
import re

TESTS = pathlib.Path(__file__).parent
PAGE = TESTS.parent / "docs" / "reliability.md"


def test_every_kind_has_a_test_that_exists():
    # After the kinds, a section has figures of long runs.
    page = PAGE.read_text(encoding="utf-8").partition("\n## Known gaps\n")[0]
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    kinds = [row for row in rows if not row.startswith("| kind ")]
    named = [re.search(r"`(\S+\.py)::(test_\w+)` \|$", row) for row in kinds]
    assert len(kinds) > 90
    assert [row for row, found in zip(kinds, named, strict=True) if found is None] == []
    absent = [f"{file}::{test}" for file, test in (found.groups() for found in named) if not _holds(file, test)]
    assert absent == []


def _holds(file: str, test: str) -> bool:
    path = TESTS / file
    return path.is_file() and f"\ndef {test}(" in path.read_text(encoding="utf-8")
