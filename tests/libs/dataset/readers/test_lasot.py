import numpy as np
import pytest

from libs.dataset.readers.lasot import load_lasot
from libs.utils.errors import DataError


@pytest.fixture
def write_lasot(tmp_path, write_numbered):
    def write(folder, boxes, **flags):
        write_numbered(tmp_path / folder / "img", range(1, len(boxes) + 1), digits=8)
        (tmp_path / folder / "groundtruth.txt").write_text("".join(f"{box}\n" for box in boxes))
        for name, values in flags.items():
            (tmp_path / folder / f"{name}.txt").write_text(",".join(map(str, values)))
        return tmp_path

    return write


def test_hidden_and_lost_targets_are_absent(write_lasot):
    boxes = ["1,2,3,4", "2,2,3,4", "3,2,3,4", "0,0,0,0"]
    folder = write_lasot("airplane/airplane-1", boxes, full_occlusion=[0, 1, 0, 0], out_of_view=[0, 0, 0, 1])
    (sequence,) = load_lasot(folder)
    assert sequence.name == "airplane-1"
    assert np.isnan(sequence.regions).all(axis=1).tolist() == [False, True, False, True]
    assert sequence.regions[2].tolist() == [2, 1, 3, 4]


def test_the_testing_set_counts_where_there_is_its_list(write_lasot):
    write_lasot("airplane/airplane-1", ["1,2,3,4"])
    write_lasot("airplane/airplane-2", ["1,2,3,4"])
    folder = write_lasot("zebra/zebra-10", ["1,2,3,4"])
    assert [sequence.name for sequence in load_lasot(folder)] == ["airplane-1", "airplane-2", "zebra-10"]
    (folder / "testing_set.txt").write_text("zebra-10\nairplane-1\n")
    assert [sequence.name for sequence in load_lasot(folder)] == ["zebra-10", "airplane-1"]
    (folder / "testing_set.txt").write_text("zebra-10\nzebra-17\n")
    with pytest.warns(UserWarning, match=r"1 of 2 sequences in .* are left out \(zebra-17: .*its list names\)"):
        assert [sequence.name for sequence in load_lasot(folder)] == ["zebra-10"]
    with pytest.raises(DataError, match="has no sequence zebra-17"):
        load_lasot(folder, strict=True)


def test_the_layout_without_class_folders(write_lasot):
    assert [sequence.name for sequence in load_lasot(write_lasot("airplane-1", ["1,2,3,4"]))] == ["airplane-1"]


def test_flags_must_fit_the_images(write_lasot):
    folder = write_lasot("airplane/airplane-1", ["1,2,3,4"] * 3, full_occlusion=[0, 1])
    with pytest.raises(DataError, match=r"full_occlusion.txt: expected 3 numbers"):
        load_lasot(folder)


def test_relatives_call_their_files_otherwise(tmp_path, write_numbered):
    write_numbered(tmp_path / "Acrobat" / "Acrobat-7" / "imgs", [1, 2], digits=5)
    (tmp_path / "Acrobat" / "Acrobat-7" / "Groundtruth.txt").write_text("1,2,3,4\n2,2,3,4\n")
    (sequence,) = load_lasot(tmp_path)
    assert (sequence.name, len(sequence)) == ("Acrobat-7", 2)


def test_truth_of_the_first_frame_alone_is_enough(write_lasot, tmp_path):
    folder = write_lasot("airplane/airplane-1", ["1,2,3,4"] * 3)
    (tmp_path / "airplane" / "airplane-1" / "groundtruth.txt").write_text("1,2,3,4\n")
    (sequence,) = load_lasot(folder)
    assert np.isnan(sequence.regions).all(axis=1).tolist() == [False, True, True]
