import csv
import io

import numpy as np
import pytest

from votTester.measures import Evaluation, Score
from votTester.table import count, format_csv, format_evaluations, number


@pytest.fixture
def make_evaluation():
    def make(label, **changes):
        sequences = [Score("ants1", 326, 1, 150.0, 300, 16.3, 326), Score("bag", 10, 2, 0.0, 0, 0.0, 0)]
        fields = {
            "label": label,
            "dataset": "vot2018",
            "sequences": sequences,
            "tags": [Score("occlusion", 6, 0.5, 3.0, 4, 2.0, 6)],
            "total": Score("total", 336, 3, 150.0, 300, 16.3, 326),
            "eao": 0.25,
            "eao_note": "frames 100 to 356",
            "eao_interval": (100, 356),
            "curve": np.zeros(3),
            "overlaps": {},
            "trajectories": {},
            "missing": [],
        }
        return Evaluation(**{**fields, **changes})

    return make


def test_one_tracker_in_full(make_evaluation):
    assert format_evaluations([make_evaluation("mine")]).splitlines() == [
        "",
        "mine on vot2018",
        "",
        "sequence   frames  accuracy  failures   fps",
        "-------------------------------------------",
        "ants1         326     0.500         1  20.0",
        "bag            10         -         2     -",
        "-------------------------------------------",
        "tag        frames  accuracy  failures   fps",
        "-------------------------------------------",
        "occlusion       6     0.750       0.5   3.0",
        "-------------------------------------------",
        "total         336     0.500         3  20.0",
        "",
        "A 0.500   R 0.893 (3 failures)   EAO 0.250 (frames 100 to 356)   20.0 fps",
    ]


def test_several_trackers_side_by_side(make_evaluation):
    other = make_evaluation("epoch_2", sequences=[Score("ants1", 326, 0, 240.0, 300, 0.0, 0)], missing=["bag"])
    assert format_evaluations([make_evaluation("epoch_1"), other]).splitlines() == [
        "",
        "vot2018",
        "",
        "accuracy (failures)      epoch_1      epoch_2",
        "---------------------------------------------",
        "ants1                  0.500 (1)    0.800 (0)",
        "bag                        - (2)            -",
        "---------------------------------------------",
        "occlusion            0.750 (0.5)  0.750 (0.5)",
        "",
        "results      A      R  failures    EAO   fps",
        "--------------------------------------------",
        "epoch_1  0.500  0.893         3  0.250  20.0",
        "epoch_2  0.500  0.893         3  0.250  20.0",
        "",
        "EAO: frames 100 to 356",
        "epoch_2: no results of bag",
    ]


def test_csv_has_every_number_and_leaves_out_what_does_not_exist(make_evaluation):
    rows = list(csv.DictReader(io.StringIO(format_csv([make_evaluation("a"), make_evaluation("b")]))))
    assert [(row["results"], row["kind"], row["name"]) for row in rows[:4]] == [
        ("a", "sequence", "ants1"),
        ("a", "sequence", "bag"),
        ("a", "tag", "occlusion"),
        ("a", "total", "total"),
    ]
    assert [row["results"] for row in rows] == ["a"] * 4 + ["b"] * 4
    assert (rows[1]["accuracy"], rows[1]["fps"], rows[1]["failures"]) == ("", "", "2")
    assert (rows[3]["accuracy"], rows[3]["eao"], rows[3]["robustness"]) == ("0.5", "0.250000", "0.892857")
    assert "nan" not in format_csv([make_evaluation("a")]).lower()


def test_numbers():
    assert (number(None, 3), number(0.12345, 3)) == ("-", "0.123")
    assert (count(59.0), count(1 / 3), count(1234.0)) == ("59", "0.33", "1234")
