import numpy as np
import pytest

from libs.dataset.readers.nfs import load_nfs
from libs.utils.errors import DataError


@pytest.fixture
def write_nfs(tmp_path, write_numbered):
    def write(name, images, rows):
        write_numbered(tmp_path / name / "30" / name, range(1, images + 1), digits=5)
        (tmp_path / name / "30" / f"{name}.txt").write_text("".join(f"{row}\n" for row in rows))
        return tmp_path

    return write


def row(left, lost=0, frame=0):
    return f'0 {left} 20 {left + 5} 27 {frame} {lost} 0 0 "bee cam"'


def test_corners_become_boxes_and_lost_targets_are_absent(write_nfs):
    (sequence,) = load_nfs(write_nfs("bee", 3, [row(10), row(11, lost=1), row(12)]))
    assert sequence.regions[0].tolist() == [9, 19, 5, 7]
    assert np.isnan(sequence.regions[1]).all()
    assert sequence.regions[2].tolist() == [11, 19, 5, 7]


@pytest.mark.parametrize("rows", [24, 23, 17, 25])
def test_annotations_at_240_frames_a_second_are_thinned_out(write_nfs, rows):
    (sequence,) = load_nfs(write_nfs("bee", 3, [row(left) for left in range(rows)]))
    assert [region[0] for region in sequence.regions] == [-1, 7, 15]


@pytest.mark.parametrize("rows", [3, 5])
def test_one_box_too_many_or_too_few_is_cut(write_nfs, rows):
    (sequence,) = load_nfs(write_nfs("bee", 4, [row(left) for left in range(rows)]))
    assert [region[0] for region in sequence.regions] == list(range(-1, min(rows, 4) - 1))


def test_more_than_that_is_an_error(write_nfs):
    with pytest.raises(DataError, match=r"bee.txt has 2 boxes for 4 images"):
        load_nfs(write_nfs("bee", 4, [row(1), row(2)]))


@pytest.mark.parametrize("truth", ["bee.txt", "nfs_bee.txt"])
def test_the_converted_layout(tmp_path, write_numbered, truth):
    write_numbered(tmp_path / "sequences" / "bee", [1, 2], digits=5)
    (tmp_path / "anno").mkdir()
    (tmp_path / "anno" / truth).write_text("1\t2\t3\t4\n2\t2\t3\t4\n")
    (sequence,) = load_nfs(tmp_path)
    assert [region.tolist() for region in sequence.regions] == [[0, 1, 3, 4], [1, 1, 3, 4]]
