import json
import os

import numpy as np
import pytest
from PIL import Image

from libs.dataset import object_boxes
from libs.dataset.object_boxes import folder_boxes, label_boxes, read_labels
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.utils.errors import DataError
from libs.utils.local_settings import cache_folder


def test_boxes_by_hand(labels):
    assert label_boxes(labels({3: (2, 1, 4, 5), 1: (10, 7, 6, 5)})) == {1: [10, 7, 6, 5], 3: [2, 1, 4, 5]}
    assert label_boxes(labels({1: (0, 0, 4, 4), 2: (0, 0, 4, 3)})) == {1: [0, 3, 4, 1], 2: [0, 0, 4, 3]}
    assert label_boxes(labels()) == {}


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ([0, 1, 2], [0, 1, 2]),
        ([0, 255, 255], [0, 1, 1]),  # the binary masks of DAVIS 2016
        ([0, 2, 255], [0, 2, 0]),  # void beside objects
        ([255, 255, 255], [1, 1, 1]),
        ([0, 0, 0], [0, 0, 0]),
    ],
)
def test_255_is_the_object_of_binary_masks_and_void_elsewhere(tmp_path, stored, read):
    Image.fromarray(np.array([stored], dtype=np.uint8)).save(tmp_path / "mask.png")
    assert read_labels(tmp_path / "mask.png").tolist() == [read]


@pytest.fixture
def pair(tmp_path, labels):
    write_image(tmp_path / "0.png", np.zeros((12, 16, 3), dtype=np.uint8))
    (tmp_path / "masks").mkdir()
    write_mask(tmp_path / "masks" / "0.png", labels({1: (1, 2, 3, 4)}))
    return tmp_path / "0.png", tmp_path / "masks" / "0.png"


def test_a_mask_is_read_once_until_it_changes(pair, labels, monkeypatch):
    reads = []
    monkeypatch.setattr(
        object_boxes, "read_mask", lambda path, read=object_boxes.read_mask: reads.append(path) or read(path)
    )
    folder = pair[1].parent
    assert folder_boxes(folder, [pair]) == folder_boxes(folder, [pair]) == [{1: [1, 2, 3, 4]}]
    assert len(reads) == 1
    write_mask(pair[1], labels({2: (5, 5, 2, 2)}))
    os.utime(pair[1], ns=(1, 1))
    assert folder_boxes(folder, [pair]) == [{2: [5, 5, 2, 2]}]
    assert len(reads) == 2


def test_the_cache_lies_beside_nothing_of_the_users(pair):
    folder_boxes(pair[1].parent, [pair])
    assert [path.name for path in pair[1].parent.iterdir()] == ["0.png"]
    (file,) = cache_folder().iterdir()
    assert json.loads(file.read_text())["folder"] == str(pair[1].parent)


@pytest.mark.parametrize("damage", ["", "{", '{"format": 0, "masks": {}}', "[]", '{"format": 1}'])
def test_a_damaged_cache_is_made_anew(pair, damage):
    folder_boxes(pair[1].parent, [pair])
    (file,) = cache_folder().iterdir()
    file.write_text(damage)
    assert folder_boxes(pair[1].parent, [pair]) == [{1: [1, 2, 3, 4]}]
    assert json.loads(file.read_text())["format"] == object_boxes.FORMAT


def test_a_cache_that_cannot_be_written_is_a_warning(pair, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DMB_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="set DMB_CACHE"):
        assert folder_boxes(pair[1].parent, [pair]) == [{1: [1, 2, 3, 4]}]


@pytest.mark.parametrize(
    "change",
    [
        lambda masks: masks | {"0.png": 3},
        lambda masks: masks | {"0.png": {"boxes": masks["0.png"]["boxes"]}},
        lambda masks: {"0.png": {**masks["0.png"], "boxes": [1]}},
        lambda masks: {"0.png": {**masks["0.png"], "boxes": {"one": [1, 2, 3, 4]}}},
        lambda masks: {"0.png": {**masks["0.png"], "boxes": {"1": [1, 2, 3]}}},
        lambda masks: {"0.png": {**masks["0.png"], "boxes": {"1": [1, 2, 3, "4"]}}},
        lambda masks: {"0.png": {**masks["0.png"], "boxes": {"1": [1, 2, 3, 10**400]}}},
        lambda masks: {"0.png": {**masks["0.png"], "boxes": {"9" * 5000: [1, 2, 3, 4]}}},
        lambda masks: [masks],
    ],
)
def test_an_entry_of_the_cache_that_was_damaged_is_made_anew(pair, change):
    folder_boxes(pair[1].parent, [pair])
    (file,) = cache_folder().iterdir()
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "masks": change(content["masks"])}))
    assert folder_boxes(pair[1].parent, [pair]) == [{1: [1, 2, 3, 4]}]


def test_a_cache_nested_too_deeply_is_made_anew(pair):
    folder_boxes(pair[1].parent, [pair])
    (file,) = cache_folder().iterdir()
    file.write_text("[" * 100_000)
    assert folder_boxes(pair[1].parent, [pair]) == [{1: [1, 2, 3, 4]}]


def test_a_full_disk_leaves_the_old_cache(pair, labels, monkeypatch):
    folder_boxes(pair[1].parent, [pair])
    (file,) = cache_folder().iterdir()
    before = file.read_text()
    os.utime(pair[1], ns=(1, 1))

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(object_boxes.os, "replace", full)
    with pytest.warns(UserWarning, match="no space left"):
        folder_boxes(pair[1].parent, [pair])
    assert [path.read_text() for path in cache_folder().iterdir()] == [before]


def test_sizes_that_differ_name_both_files(pair):
    write_image(pair[0], np.zeros((12, 17, 3), dtype=np.uint8))
    with pytest.raises(DataError, match=r"masks.0\.png is 16 x 12 pixels but its image .*0\.png is 17 x 12"):
        folder_boxes(pair[1].parent, [pair])


def test_a_damaged_mask_is_an_error_and_a_damaged_image_waits_for_its_reader(pair):
    pair[0].write_bytes(b"damaged")
    assert folder_boxes(pair[1].parent, [pair]) == [{1: [1, 2, 3, 4]}]
    pair[1].write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"masks.0\.png"):
        folder_boxes(pair[1].parent, [pair])
