import dataclasses
import json
import warnings

import numpy as np
import pytest

from libs.dataset.convention import Convention
from libs.utils.errors import DataError, SettingsError
from pytracking.analysis.result_files import find_runs, read_result
from pytracking.evaluation.manifest import FIELDS

BOX = [1, 2, 3, 4]


def test_one_run(tmp_path, write_result):
    folder = write_result("DMB/default", "a", [BOX])
    write_result("DMB/default_000", "a", [BOX])
    assert find_runs(tmp_path / "results", "DMB/default") == [folder]


def test_repeated_runs(tmp_path, write_result):
    runs = [write_result(f"DMB/default_{number:03d}", "a", [BOX]) for number in (0, 1)]
    write_result("DMB/default_other", "a", [BOX])
    assert find_runs(tmp_path / "results", "DMB/default") == runs
    assert find_runs(tmp_path / "results", "DMB/default_001") == runs[1:]


def test_what_there_is_not_is_said_with_what_there_is(tmp_path, write_result):
    write_result("DMB/default", "a", [BOX])
    with pytest.raises(DataError, match=r"DMB.mine holds no results; .*results has those of DMB/default"):
        find_runs(tmp_path / "results", "DMB/mine")
    with pytest.raises(DataError, match="no tracker"):
        find_runs(tmp_path / "absent", "DMB/mine")


@pytest.mark.parametrize("name", ["DMB", "/default", "DMB/"])
def test_names_have_two_parts(tmp_path, name):
    with pytest.raises(SettingsError, match="write TRACKER/PARAM"):
        find_runs(tmp_path, name)


@pytest.mark.parametrize("name", ["../x", "DMB/.."])
def test_names_lead_nowhere_else(tmp_path, name):
    with pytest.raises(DataError, match="not the name"):
        find_runs(tmp_path, name)


def test_boxes_must_be_as_many_as_frames(make_sequence, write_result):
    run = write_result("DMB/default", "a", [BOX, [np.nan] * 4])
    boxes = read_result(run, make_sequence("a", [BOX] * 2))
    assert boxes[0].tolist() == BOX
    assert np.isnan(boxes[1]).all()
    with pytest.raises(DataError, match=r"a.txt has 2 boxes but the sequence has 4 frames"):
        read_result(run, make_sequence("a", [BOX] * 4))
    with pytest.raises(DataError, match=r"b.txt is missing"):
        read_result(run, make_sequence("b", [BOX]))


@pytest.mark.parametrize(
    ("lines", "message", "left"), [(4, "the last is cut off", [0, 1, 2]), (2, "the last is repeated", [0, 1, 1])]
)
def test_published_results_of_one_line_more_or_less_are_read_and_named(
    make_sequence, write_result, lines, message, left
):
    run = write_result("DMB/default", "a", [[x, 2, 3, 4] for x in range(lines)])
    with pytest.warns(UserWarning, match=f"a.txt has {lines} boxes for 3 frames: {message}"):
        assert read_result(run, make_sequence("a", [BOX] * 3))[:, 0].tolist() == left


def test_published_results_with_a_header_and_other_separators(make_sequence, tmp_path):
    (tmp_path / "a.txt").write_text("x;y;w;h\n1;2;3;4;\n1;2;3;4;\n", encoding="utf-8-sig")
    assert read_result(tmp_path, make_sequence("a", [BOX] * 2)).tolist() == [BOX, BOX]


@pytest.fixture
def one_based(make_sequence):
    return dataclasses.replace(make_sequence("a", [BOX]), convention=Convention(first_pixel=1))


def write_manifest(run, sequences, **fields):
    content = {field: {} for field in FIELDS} | {"tracker": "DMB", "dataset": None, "seed": 0, "device": "cpu"}
    content |= {"checkpoint": None, "sequences": dict.fromkeys(sequences, "0"), **fields}
    (run / "manifest.json").write_text(json.dumps(content))


def test_results_of_others_count_pixels_as_the_dataset_does(one_based, write_result):
    run = write_result("DMB/default", "a", [BOX])
    assert read_result(run, one_based).tolist() == [[0, 1, 3, 4]]
    write_manifest(run, ["b"])  # copied into a folder of ours
    assert read_result(run, one_based).tolist() == [[0, 1, 3, 4]]


@pytest.mark.parametrize(("first_pixel", "box"), [(0, BOX), (1, [0, 1, 3, 4])])
def test_results_of_ours_count_pixels_as_their_manifest_says(one_based, write_result, first_pixel, box):
    run = write_result("DMB/default", "a", [BOX])
    write_manifest(run, ["a"], first_pixel={"a": first_pixel})
    assert read_result(run, one_based).tolist() == [box]


def test_results_of_ours_from_before_conventions_were_recorded_count_from_0(one_based, make_sequence, write_result):
    run = write_result("DMB/default", "a", [BOX])
    write_manifest(run, ["a"])
    with pytest.warns(UserWarning, match=r"manifest\.json does not say .* 0-based, and they are read so"):
        assert read_result(run, one_based).tolist() == [BOX]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_result(run, make_sequence("a", [BOX])).tolist() == [BOX]


def test_a_folder_has_one_warning(one_based, write_result):
    run = write_result("DMB/default", "a", [BOX])
    write_result("DMB/default", "b", [BOX])
    write_manifest(run, ["a", "b"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for name in "ab":
            read_result(run, dataclasses.replace(one_based, name=name))
    assert len(caught) == 1
