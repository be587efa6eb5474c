import numpy as np
import pytest

from libs.utils.errors import DataError, SettingsError
from pytracking.analysis.result_files import find_runs, read_result

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
    with pytest.raises(DataError, match=r"a.txt has 2 boxes but the sequence has 3 frames"):
        read_result(run, make_sequence("a", [BOX] * 3))
    with pytest.raises(DataError, match=r"b.txt is missing"):
        read_result(run, make_sequence("b", [BOX]))
