"""Data written in each format are read back, as far as the format holds them."""

import numpy as np
import pytest

from libs.media.annotations.conversion import convert
from libs.media.annotations.record import FrameRecord, ObjectRecord, Video
from libs.media.annotations.registry import find_format, known_formats, read_annotations
from libs.utils.errors import DataError
from libs.utils.masks import tight_box

MASKS = ("png", "davis", "youtubevos", "dmb", "jsonl", "coco", "coco_polygons", "yolo", "labelme", "cvat", "vot")
BOXES = ("dmb", "jsonl", "csv", "coco", "mot")
SCORES = ("dmb", "jsonl", "csv", "coco", "mot", "labelme", "cvat")
STATES = ("dmb", "jsonl", "csv", "coco", "labelme", "cvat")
NAMES = ("jsonl", "csv", "coco", "yolo", "labelme", "cvat")
LOST = ("dmb", "jsonl", "csv", "cvat")
"""Formats that mark an object without a place as lost."""


def test_every_format_is_tried_here():
    assert set(known_formats()) == {*MASKS, *BOXES}


@pytest.mark.parametrize("name", MASKS)
def test_masks_come_back_to_the_pixel(name, write, read, frames):
    found = read(write(name), "coco" if name == "coco_polygons" else name)
    for frame in frames:
        shown = {each.number: each.mask for each in frame.objects if each.mask is not None}
        drawn = {number: each.mask for number, each in found[frame.index].items() if each.mask is not None}
        drawn = {number: mask for number, mask in drawn.items() if mask.any()}
        assert drawn.keys() == shown.keys()
        for number, mask in shown.items():
            np.testing.assert_array_equal(drawn[number], mask)


@pytest.mark.parametrize("name", BOXES)
def test_boxes_come_back(name, write, read, frames):
    found = read(write(name))
    for frame in frames:
        shown = {each.number: each.box for each in frame.objects if each.box is not None}
        boxes = {number: each.box for number, each in found[frame.index].items() if each.box is not None}
        assert boxes.keys() == shown.keys()
        for number, box in shown.items():
            np.testing.assert_allclose(boxes[number], box, atol=1e-4)


@pytest.mark.parametrize("name", SCORES)
def test_scores_come_back(name, write, read, frames):
    found = read(write(name))
    placed = [(frame.index, each) for frame in frames for each in frame.objects if each.mask is not None]
    assert [found[index][each.number].score for index, each in placed] == [each.score for _, each in placed]


@pytest.mark.parametrize("name", STATES)
def test_states_come_back(name, write, read, frames):
    found = read(write(name))
    placed = [(frame.index, each) for frame in frames for each in frame.objects if name in LOST or each.box is not None]
    assert [found[index][each.number].state for index, each in placed] == [each.state for _, each in placed]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_objects_come_back(name, write, read, frames):
    found = read(write(name))
    assert {number: each.label for number, each in found[1].items()} == {1: "fish", 3: "crab"}


@pytest.mark.parametrize("name", ["jsonl", "dmb"])
def test_rotated_regions_come_back(name, write, read, frames):
    found = read(write(name))
    np.testing.assert_allclose(found[1][3].polygon, frames[1].objects[1].polygon, atol=1e-4)


@pytest.mark.parametrize("name", sorted({*MASKS, *BOXES} - {"coco_polygons"}))
def test_formats_are_found_by_their_content(name, write):
    path = write(name)
    by_content = read_annotations(path, None, Video(size=(48, 64)))
    assert len(by_content.entries) == len(read_annotations(path, name, Video(size=(48, 64))).entries)


@pytest.mark.parametrize("name", ["csv", "mot", "vot", "coco", "yolo", "labelme", "cvat", "jsonl", "dmb"])
def test_boxes_without_masks(name, write, read):
    box = np.array([10.5, 4.25, 20.0, 16.5])
    some = [FrameRecord(index, (ObjectRecord(2, "fish", box + index),)) for index in range(2)]
    found = read(write(name, some=some))
    (number,) = found[1]
    assert number == (1 if name == "vot" else 2)
    np.testing.assert_allclose(found[1][number].extent, box + 1, atol=1e-3)


@pytest.mark.parametrize("name", ["png", "davis", "youtubevos"])
def test_boxes_do_not_become_masks_in_silence(name, write):
    some = [FrameRecord(0, (ObjectRecord(2, "fish", np.array([1.0, 2.0, 3.0, 4.0])),))]
    with pytest.raises(DataError, match="frame 0, object 2 has a box and no mask"):
        write(name, some=some)


@pytest.mark.parametrize(
    ("name", "tolerance", "least"), [("yolo", 0.5, 1.0), ("coco_polygons", 1.0, 0.9), ("cvat", 1.0, 0.9)]
)
def test_outlines_within_a_tolerance(name, tolerance, least, write, read, frames):
    found = read(write(name, tolerance))
    for frame in frames:
        for each in frame.objects:
            if each.mask is not None:
                drawn = found[frame.index][each.number].mask
                overlap = (drawn & each.mask).sum() / (drawn | each.mask).sum()
                assert least <= overlap <= 1.0
                assert np.abs(tight_box(drawn) - tight_box(each.mask)).max() <= 2 * tolerance


def test_names_of_images_are_kept(write, tmp_path):
    files = ("a_1.png", "a_2.png", "a_10.png", "a_11.png")
    path = write("coco", video=Video("pond", (48, 64), 4, files))
    convert(read_annotations(path), find_format("labelme"), tmp_path / "shapes")
    assert sorted(file.name for file in (tmp_path / "shapes").iterdir()) == [
        "a_1.json",
        "a_10.json",
        "a_11.json",
        "a_2.json",
    ]
    convert(read_annotations(tmp_path / "shapes"), find_format("png"), tmp_path / "masks")
    assert len(list((tmp_path / "masks").glob("a_*.png"))) == 4
