import csv
import io
import math

import pytest

from pytracking.analysis.scores import Evaluation, Measure, Score, count, percent
from pytracking.analysis.tables import MARKDOWN, format_csv, format_text


class Protocol:
    measures = (count("frames"), Measure("eao", title="EAO"), *percent("AUC"), count("failures", best="low"))
    compared = ("AUC", "failures")
    read = ("sequence",)


def evaluation(label, **changes):
    scores = [
        Score("sequence", "a|b", {"frames": 326, "AUC": 0.5, "failures": 1}),
        Score("sequence", "bag", {"frames": 10, "AUC": math.nan, "failures": 1 / 3}),
        Score("attribute", "occlusion", {"frames": 6, "AUC": 0.75}),
        Score("total", "total", {"frames": 336, "AUC": 0.5, "failures": 3, "eao": 0.25}),
    ]
    return Evaluation(**{"label": label, "dataset": "tiny", "scores": scores, "notes": ["EAO over 1 to 9"], **changes})


def test_one_tracker_in_full():
    assert format_text([evaluation("mine")], Protocol).splitlines() == [
        "tiny",
        "",
        "sequence      frames    AUC    failures",
        "----------  --------  -----  ----------",
        "a|b              326   50.0           1",
        "bag               10      -        0.33",
        "",
        "results      frames    EAO    AUC    failures",
        "---------  --------  -----  -----  ----------",
        "mine            336  0.250   50.0           3",
        "",
        "EAO over 1 to 9",
    ]


def test_several_trackers_side_by_side_as_markdown():
    other = evaluation("two", scores=evaluation("x").scores[:1] + evaluation("x").scores[3:], missing=["bag"])
    lines = format_text([evaluation("one"), other], Protocol, MARKDOWN).splitlines()
    assert lines[0] == "# tiny"
    assert "## sequence: AUC (failures)" in lines
    assert [cell.strip() for cell in lines[lines.index("## sequence: AUC (failures)") + 5].split("|")] == [
        "",
        "bag",
        "- (0.33)",
        "-",
        "",
    ]
    assert any(line.startswith("| a\\|b") for line in lines)
    assert lines[-1] == "two: no results of bag"


def test_csv_has_every_number_and_leaves_out_what_does_not_exist():
    rows = list(csv.DictReader(io.StringIO(format_csv([evaluation("a"), evaluation("b")], Protocol.measures))))
    assert [(row["results"], row["kind"], row["name"]) for row in rows[:4]] == [
        ("a", "sequence", "a|b"),
        ("a", "sequence", "bag"),
        ("a", "attribute", "occlusion"),
        ("a", "total", "total"),
    ]
    assert len(rows) == 8
    assert (rows[1]["AUC"], rows[1]["failures"], rows[1]["eao"], rows[1]["note"]) == ("", "0.333333", "", "")
    assert (rows[3]["AUC"], rows[3]["eao"], rows[3]["note"]) == ("0.5", "0.25", "EAO over 1 to 9")


def test_numbers_as_they_are_shown():
    assert Measure("a").text(0.12345) == "0.123"
    assert Measure("a").text(math.nan) == "-"
    assert [count("n").text(value) for value in (59.0, 1 / 3, 1234.0)] == ["59", "0.33", "1234"]
    assert percent("p")[0].text(0.5) == "50.0"


def test_measures_are_attributes_of_scores():
    total = evaluation("a").total
    assert total.eao == total["eao"] == 0.25
    assert math.isnan(total["depth"])
    with pytest.raises(AttributeError, match="score of total has no depth"):
        _ = total.depth
