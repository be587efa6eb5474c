import json
import sys

import numpy as np
import pytest

from libs.dataset.readers.image_segmentation import load_coco, load_image_folder
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.utils.errors import DataError, SettingsError

BOX, OTHER = (1, 2, 3, 4), (9, 1, 5, 6)


@pytest.fixture
def stills(tmp_path, labels):
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    for name, objects in {"a": {1: BOX, 2: OTHER}, "b": {255: OTHER}}.items():
        write_image(tmp_path / "images" / f"{name}.jpg", np.full((12, 16, 3), 90, dtype=np.uint8))
        write_mask(tmp_path / "masks" / f"{name}.png", labels(objects))
    return tmp_path


def describe(dataset):
    return {o.name: (o.frames.tolist(), o.boxes.tolist()) for o in dataset}


def test_instances_of_stills(stills):
    dataset = load_image_folder(stills)
    assert describe(dataset) == {"a-1": ([0], [[*BOX]]), "a-2": ([0], [[*OTHER]]), "b-1": ([0], [[*OTHER]])}
    image, mask = dataset[2].read(0)
    assert image.shape == (12, 16, 3)
    assert mask.sum() == OTHER[2] * OTHER[3]


def test_lists(stills, tmp_path):
    (tmp_path / "val.txt").write_text("a-2\n")
    assert list(describe(load_image_folder(stills, tmp_path / "val.txt"))) == ["a-2"]
    assert list(describe(load_image_folder(stills, held_out=tmp_path / "val.txt"))) == ["a-1", "b-1"]


@pytest.mark.parametrize(("gone", "message"), [("images/a.jpg", "no image"), ("masks/a.png", "no mask")])
def test_images_and_masks_that_do_not_pair(stills, gone, message):
    (stills / gone).unlink()
    with pytest.warns(UserWarning, match=f"1 of 2 sequences .*{message}"):
        assert list(describe(load_image_folder(stills))) == ["b-1"]
    with pytest.raises(DataError, match=message):
        load_image_folder(stills, strict=True)


def test_an_empty_mask_and_one_of_another_size(stills, labels):
    write_mask(stills / "masks" / "a.png", labels())
    with pytest.raises(DataError, match="a has no object"):
        load_image_folder(stills, strict=True)
    write_mask(stills / "masks" / "a.png", np.ones((4, 4), dtype=np.uint8))
    with pytest.raises(DataError, match=r"a\.png is 4 x 4 pixels"):
        load_image_folder(stills)


def test_missing_folders(stills, tmp_path):
    with pytest.raises(DataError, match="absent is not a folder"):
        load_image_folder(tmp_path / "absent")
    with pytest.raises(DataError, match="images is missing"):
        load_image_folder(stills / "masks")


def square(x, y, side):
    return [[x, y, x + side, y, x + side, y + side, x, y + side]]


@pytest.fixture
def coco(tmp_path):
    """COCO: one image with a large instance, a smaller one in front of it, a tiny one and a crowd; one without any."""

    def instance(number, polygon, box, crowd=0):
        area = box[2] * box[3]
        fields = {"id": number, "image_id": 5, "category_id": 1, "iscrowd": crowd}
        return fields | {"segmentation": polygon, "bbox": box, "area": area}

    annotations = [
        instance(1, square(10, 10, 10), [10, 10, 10, 10]),
        instance(2, square(2, 2, 40), [2, 2, 40, 40]),
        instance(3, square(50, 50, 3), [50, 50, 3, 3]),
        instance(4, {"size": [64, 80], "counts": [0, 64 * 80]}, [0, 0, 80, 64], crowd=1),
    ]
    images = [{"id": i, "file_name": f"{i:012d}.jpg", "height": 64, "width": 80} for i in (5, 6)]
    categories = [{"id": 1, "name": "thing"}]
    (tmp_path / "annotations").mkdir()
    (tmp_path / "val2017").mkdir()
    content = {"images": images, "annotations": annotations, "categories": categories}
    (tmp_path / "annotations" / "instances_val2017.json").write_text(json.dumps(content))
    for image in images:
        write_image(tmp_path / "val2017" / image["file_name"], np.zeros((64, 80, 3), dtype=np.uint8))
    return tmp_path


def test_coco_instances(coco, capsys):
    pytest.importorskip("pycocotools")
    dataset = load_coco(coco, "val2017", least_area=50)
    assert [o.name for o in dataset] == ["000000000005-1", "000000000005-2"]
    assert dataset[0].boxes.tolist() == [[2, 2, 40, 40]]
    image, labels = dataset[0].read_labels(0)
    assert image.shape == (64, 80, 3)
    assert labels.shape == (64, 80)
    assert (labels == 2).sum() == 100
    assert (labels == 1).sum() == 1500
    assert labels[15, 15] == 2
    assert capsys.readouterr().out == ""
    with pytest.raises(DataError, match="no object is left"):
        load_coco(coco, "val2017", least_area=10_000)


def test_coco_without_pycocotools(coco, monkeypatch):
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    with pytest.raises(SettingsError, match="pip install pycocotools"):
        load_coco(coco, "val2017")


def test_coco_parts_that_are_missing_or_damaged(coco, tmp_path):
    with pytest.raises(DataError, match=r"should hold train2017 and annotations.instances_train2017\.json"):
        load_coco(coco)
    with pytest.raises(DataError, match="absent is not a folder"):
        load_coco(tmp_path / "absent")
    with pytest.raises(DataError, match="subset"):
        load_coco(coco, "../val2017")
    pytest.importorskip("pycocotools")
    (coco / "annotations" / "instances_val2017.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read as JSON"):
        load_coco(coco, "val2017")
    (coco / "annotations" / "instances_val2017.json").write_text("[]")
    with pytest.raises(DataError, match="not a COCO instance annotation file"):
        load_coco(coco, "val2017")


def test_what_others_write_like_coco_loads_as_far_as_it_is_sound(coco):
    pytest.importorskip("pycocotools")
    (coco / "val2017" / "day").mkdir()
    (coco / "val2017" / "000000000005.jpg").rename(coco / "val2017" / "day" / "5.jpg")
    annotations = [
        {"id": 1, "image_id": 5, "segmentation": square(2, 2, 40)},
        {"id": 2, "image_id": 5, "segmentation": []},
        {"id": 3, "image_id": 5},
        {"id": 4, "image_id": 9, "segmentation": square(2, 2, 40)},
        {"id": 5, "image_id": 7, "segmentation": square(2, 2, 40)},
    ]
    images = [
        {"id": 5, "file_name": "day/5.jpg", "height": 64.0, "width": 80.0},
        {"id": 7, "file_name": "../7.jpg", "height": 64, "width": 80},
    ]
    content = {"images": images, "annotations": annotations}
    (coco / "annotations" / "instances_val2017.json").write_text(json.dumps(content))
    with pytest.warns(UserWarning, match="4 of 5 annotations .* are left out") as caught:
        (still,) = load_coco(coco, "val2017")
    assert len(caught) == 1
    assert (still.name, still.boxes.tolist()) == ("day_5-1", [[2, 2, 40, 40]])
    image, mask = still.read(0)
    assert (image.shape, mask.sum()) == ((64, 80, 3), 1600)
