import pathlib

import numpy as np
import pytest

from libs.media.mask_regions import MaskRegion
from libs.utils.errors import DataError
from votTester.results import (
    find_all_results,
    find_results,
    read_masks,
    read_result,
    result_file,
    time_file,
    write_result,
)
from votTester.trajectory import FAILED, INITIALIZED, SKIPPED, Trajectory

POLYGON = np.array([[1.0, 2.0], [11.5, 2.25], [11.0, 8.0], [1.0, 8.0]])


def write_lines(folder, *lines):
    path = folder / "a_001.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_round_trip_in_the_baseline_format(tmp_path):
    path = result_file(tmp_path, "ants1")
    trajectory = Trajectory([INITIALIZED, POLYGON, FAILED, SKIPPED], np.array([0.5, 0.25, 0.125, np.nan]))
    write_result(path, trajectory)
    assert path == tmp_path / "baseline" / "ants1" / "ants1_001.txt"
    region = "1.0000,2.0000,11.5000,2.2500,11.0000,8.0000,1.0000,8.0000"
    assert path.read_text().splitlines() == ["1", region, "2", "0"]
    read = read_result(path, 4)
    assert [read.regions[index] for index in (0, 2, 3)] == [1, 2, 0]
    np.testing.assert_array_equal(read.regions[1], POLYGON)
    np.testing.assert_array_equal(read.seconds, trajectory.seconds)


def test_masks_are_kept_beside_the_regions(tmp_path):
    path = result_file(tmp_path, "ants1")
    mask = np.random.default_rng(0).random((20, 30)) > 0.6
    write_result(path, Trajectory([INITIALIZED, POLYGON, FAILED], masks={1: MaskRegion.of(mask)}))
    (before, found, after, beyond) = read_masks(path, range(4), (20, 30, 3))
    assert before is after is beyond is None
    np.testing.assert_array_equal(found, mask)
    assert find_results(tmp_path, "ants1") == [path]
    path.with_name("ants1_001_masks.txt").write_text("\nm1,2\n")
    with pytest.raises(DataError, match=r"ants1_001_masks\.txt, line 2"):
        list(read_masks(path, [1], (20, 30)))


def test_rectangle_becomes_the_polygon_of_its_corners(tmp_path):
    read = read_result(write_lines(tmp_path, "1", "10,20,30,40"), 2)
    np.testing.assert_array_equal(read.regions[1], [[10, 20], [40, 20], [40, 60], [10, 60]])
    assert read.seconds is None


@pytest.mark.parametrize("line", ["3", "1,2,3", "a,b,c,d", "nan,1,2,3", "", "1.0000", "1,2,3,4,5,6"])
def test_malformed_line_is_named(tmp_path, line):
    path = write_lines(tmp_path, "1", line, "0")
    with pytest.raises(DataError, match=r"a_001\.txt, line 2"):
        read_result(path, 3)


def test_other_length_names_both(tmp_path):
    with pytest.raises(DataError, match="has 2 lines but the sequence has 3 frames"):
        read_result(write_lines(tmp_path, "1", "0"), 3)


def test_start_written_as_a_region_is_refused(tmp_path):
    """Fault 28 of the reference: without the code no restart is found, and burn-in frames count as perfect."""
    with pytest.raises(DataError, match="line 1: a reset-based result starts with 1"):
        read_result(write_lines(tmp_path, "10,20,30,40", "10,20,30,40"), 2)


def test_frames_before_the_first_start_may_be_skipped(tmp_path):
    assert read_result(write_lines(tmp_path, "0", "1", "10,20,30,40"), 3).regions[:2] == [0, 1]
    with pytest.raises(DataError, match="line 2: a reset-based result starts with 1"):
        read_result(write_lines(tmp_path, "0", "2", "1"), 3)


def test_name_with_brackets_is_found(tmp_path):
    write_result(result_file(tmp_path, "a[1]"), Trajectory([INITIALIZED]))
    assert [path.name for path in find_results(tmp_path, "a[1]")] == ["a[1]_001.txt"]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"b_001\.txt is missing"):
        read_result(tmp_path / "b_001.txt", 1)


def test_malformed_times_are_named(tmp_path):
    path = write_lines(tmp_path, "1", "0")
    time_file(path).write_text("0.1\nfast\n")
    with pytest.raises(DataError, match=r"a_001_time\.value"):
        read_result(path, 2)


def test_a_write_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    def full(self, *args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "replace", full)
    path = result_file(tmp_path, "a")
    with pytest.raises(DataError, match="No space left"):
        write_result(path, Trajectory([INITIALIZED]))
    assert list(path.parent.iterdir()) == []


def test_times_that_are_no_text_are_an_error(tmp_path):
    path = result_file(tmp_path, "a")
    write_result(path, Trajectory([INITIALIZED], np.array([0.1])))
    time_file(path).write_bytes(b"\xff\xfe0.1")
    with pytest.raises(DataError, match=r"a_001_time\.value.*delete the file"):
        read_result(path, 1)


@pytest.mark.parametrize("name", ["../../x", "/tmp/x", "a/b", ".."])
def test_a_name_cannot_lead_out_of_the_results(tmp_path, name):
    with pytest.raises(DataError, match="not the name of a sequence"):
        result_file(tmp_path, name)


def test_repetitions_are_found_in_order(tmp_path):
    for repetition in (2, 1):
        write_result(result_file(tmp_path, "a", repetition), Trajectory([INITIALIZED], np.array([0.1])))
    (tmp_path / "baseline" / "a" / "b_001.txt").touch()
    files = [result_file(tmp_path, "a", repetition) for repetition in (1, 2)]
    assert find_results(tmp_path, "a") == files
    assert find_all_results(tmp_path) == {("a", 1): files[0], ("a", 2): files[1]}
