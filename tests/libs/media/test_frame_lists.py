import itertools
import logging

import numpy as np
import pytest
from PIL import Image

from libs.media.frame_lists import list_images, list_masks, natural_order
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.utils.errors import DataError


def names(files):
    return [file.name for file in files]


def test_images_in_the_order_of_their_numbers(tmp_path):
    for name in ["10.jpg", "2.jpg", "1.JPG", "b.png", "a.png", "._1.jpg", "notes.txt", "groundtruth.txt"]:
        (tmp_path / name).touch()
    assert names(list_images(tmp_path)) == ["1.JPG", "2.jpg", "10.jpg", "a.png", "b.png"]


@pytest.mark.parametrize(
    "ordered",
    [
        ["frame_1", "frame_2", "frame_9", "frame_10", "frame_100"],
        ["frame 1", "frame  2", "frame 10"],
        ["cam1 take2", "cam1 take10", "cam2 take1"],
        ["img", "img (1)", "img (2)", "img (10)"],
        ["Frame_8", "frame_09", "FRAME_010", "frame_0011", "frame_12"],
        ["2_b", "10_a", "a"],
    ],
)
def test_natural_order(ordered):
    assert all(natural_order(first) < natural_order(second) for first, second in itertools.pairwise(ordered))


@pytest.mark.parametrize(("first", "second"), [("f1.png", "f01.png"), ("1.jpg", "1.png"), ("a 1.jpg", "a  1.jpg")])
def test_two_names_of_equal_order_are_an_error(tmp_path, first, second):
    rng = np.random.default_rng(0)
    for name in (first, second, "x9.png"):
        write_image(tmp_path / name, rng.integers(0, 255, (9, 9, 3)).astype(np.uint8))
    with pytest.raises(DataError, match="have the same place in the order of names; remove or rename one"):
        list_images(tmp_path)


@pytest.fixture
def mixed(tmp_path):
    """Function that writes frames of noise and masks of a square, by their names."""
    rng = np.random.default_rng(0)
    mask = np.zeros((20, 30), np.uint8)
    mask[5:15, 5:15] = 1

    def write(frames, masks):
        for name in frames:
            Image.fromarray(rng.integers(0, 255, (20, 30, 3)).astype(np.uint8)).save(tmp_path / name)
        for name in masks:
            write_mask(tmp_path / name, mask)
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("frames", "masks"),
    [
        (["0.jpg", "1.jpg", "2.jpg"], ["0.png", "1.png", "2.png"]),
        (["0.jpg", "1.jpg", "2.jpg"], ["0.png"]),
        (["0.png", "1.png", "2.png"], ["mask.png"]),
        (["0.png", "1.png", "2.png"], ["0_mask.png"]),
    ],
)
def test_masks_among_frames(mixed, caplog, frames, masks):
    folder = mixed(frames, masks)
    with caplog.at_level(logging.WARNING):
        assert names(list_images(folder)) == frames
    assert f"{len(masks)} of {len(frames) + len(masks)} images are left out" in caplog.text
    assert masks[0] in caplog.text
    if len(frames) == len(masks):
        assert names(list_masks(folder)) == masks


def test_frames_of_several_formats_are_all_kept(mixed):
    folder = mixed(["0.jpg", "1.webp", "2.jpg", "3.gif"], [])
    assert len(list_images(folder)) == 4


def test_masks_alone_are_listed_as_what_they_are(mixed):
    folder = mixed([], ["0.png", "1.png", "b.png"])
    assert names(list_images(folder)) == names(list_masks(folder)) == ["0.png", "1.png", "b.png"]


def test_unreadable_images_are_not_left_out(mixed):
    folder = mixed(["0.jpg", "1.jpg"], [])
    (folder / "2.heic").write_bytes(b"no decoder for this")
    (folder / "3.jpg").symlink_to("nowhere")
    assert names(list_images(folder)) == ["0.jpg", "1.jpg", "2.heic", "3.jpg"]


def test_names_can_be_chosen(mixed):
    folder = mixed(["0.jpg", "1.jpg", "0.png", "1.png"], [])
    assert names(list_images(folder, "*.jpg")) == ["0.jpg", "1.jpg"]
    with pytest.raises(DataError, match=r"holds no image called \*\.bmp"):
        list_images(folder, "*.bmp")
