"""Several objects in VOT layout, and what else VOT2020 and later write: anchors, rate, masks as ground truth."""

import numpy as np
import pytest

from libs.dataset.object_sequences import find_videos
from libs.dataset.readers.vot import load_vot
from libs.dataset.rendered.sequences import render_sequence, write_vot
from libs.dataset.rendered.videos import render_video, write_vots
from libs.media.images import write_image
from libs.utils.errors import DataError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a" / "color").mkdir(parents=True)
    for index in range(3):
        write_image(tmp_path / "a" / "color" / f"{index + 1:08d}.png", np.full((20, 30, 3), index, dtype=np.uint8))
    (tmp_path / "list.txt").write_text("a\n")
    return tmp_path


def write(folder, **objects):
    for name, lines in objects.items():
        (folder / "a" / f"groundtruth_{name}.txt").write_text("".join(f"{line}\n" for line in lines))
    return load_vot(folder)


def test_objects_of_one_video_may_overlap_and_begin_later(folder):
    first, second = write(folder, cat=["m2,3,4,2,0,8"] * 3, dog=["0", "m4,3,4,2,0,8", "m0,0,0,0,0"])
    assert [first.name, second.name] == ["a-1", "a-2"]
    assert [len(first), len(second)] == [3, 2]
    assert second.regions[0].tolist() == [4, 3, 4, 2]
    assert np.isnan(second.regions[1]).all()
    assert [int(second.mask(index).sum()) for index in range(2)] == [8, 0]
    assert (first.mask(1) & second.mask(0)).sum() == 4
    (video,) = find_videos([first, second])
    assert (video.name, len(video), list(video.objects)) == ("a", 3, [1, 2])
    assert video.objects[2][1] == 1
    assert video.frame(2)[0, 0, 0] == 2


def test_what_is_not_annotated_is_known_as_such(folder):
    (only,) = write(folder, **{"1": ["m2,3,4,2,0,8"]})
    assert only.mask(0).sum() == 8
    assert only.mask(1) is None


def test_pixels_that_count_for_nothing(folder):
    first, *_ = write(folder, **{"1": ["m2,3,4,2,0,8"] * 3, "_ignore": ["m0,0,2,2,0,4", "0"]})
    assert first.void_pixels(0).sum() == 4
    assert first.void_pixels(1) is None


def test_boxes_are_filled(folder):
    (only,) = write(folder, **{"1": ["2,3,4,2"] * 3})
    assert np.argwhere(only.mask(2)).tolist() == [[y, x] for y in (3, 4) for x in range(2, 6)]


def test_what_cannot_be_read_is_named(folder):
    with pytest.raises(DataError, match="object 1 is shown in no frame"):
        write(folder, **{"1": ["0"] * 3})
    with pytest.raises(DataError, match="4 lines but there are 3 images"):
        write(folder, **{"1": ["m2,3,4,2,0,8"] * 4})
    (folder / "a" / "groundtruth_1.txt").unlink()
    with pytest.raises(DataError, match="of no target"):
        write(folder, _ignore=["m0,0,2,2,0,4"])


def test_written_and_read_again(tmp_path):
    sequence = render_sequence("easy", 6, (96, 72))
    write_vot([sequence], tmp_path / "masks", masks=True)
    (read,) = load_vot(tmp_path / "masks")
    assert sorted(read.mask_regions) == list(range(6))
    assert read.values["anchor"].tolist() == sequence.values["anchor"].tolist() == [1, 0, 0, 0, 0, -1]
    assert read.rate == 30
    for index in range(6):
        np.testing.assert_array_equal(read.mask(index), sequence.mask(index))
    video = render_video("companions", 6, (96, 72))
    write_vots([video], tmp_path / "objects")
    (again,) = find_videos(load_vot(tmp_path / "objects"))
    for key, (each, first) in again.objects.items():
        for index in range(len(each)):
            np.testing.assert_array_equal(each.mask(index), video.labels(first + index) == key)


def test_a_rate_that_is_none_is_named(folder):
    (folder / "a" / "sequence").write_text("fps=often\n")
    with pytest.raises(DataError, match="sequence, line 1"):
        write(folder, **{"1": ["m2,3,4,2,0,8"] * 3})
