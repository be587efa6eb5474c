import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.dataset.readers.coco_annotations import check_image, check_instance
from libs.utils.errors import DataError

IMAGE = {"id": 5, "file_name": "a.jpg", "height": 6, "width": 8}
INSTANCE = {"id": 1, "iscrowd": 0, "area": 4.0, "bbox": [1, 1, 2, 2], "segmentation": [[1, 1, 3, 1, 3, 3, 1, 3]]}


ENTRY = check_image(IMAGE, "file")


def test_sound_entries_pass():
    assert (ENTRY.name, ENTRY.height, ENTRY.width) == ("a", 6, 8)
    runs = {"size": [6, 8], "counts": [7, 2, 39]}
    for mask in (INSTANCE["segmentation"], runs, {**runs, "counts": [0, 48]}):
        instance = check_instance({**INSTANCE, "segmentation": mask}, ENTRY, "file")
        assert (instance.mask, instance.box, instance.area, instance.crowd) == (mask, [1, 1, 2, 2], 4.0, False)


def test_what_others_leave_out_or_write_otherwise_passes():
    image = check_image({"file_name": "day/cam 1/a.b.jpg", "height": 6.0, "width": 8.0}, "file")
    assert (image.name, image.height, str(image.file)) == ("day_cam 1_a.b", 6, "day/cam 1/a.b.jpg")
    instance = check_instance({"segmentation": INSTANCE["segmentation"]}, image, "file")
    assert (instance.box, instance.area, instance.crowd) == (None, None, False)


@pytest.mark.parametrize(
    "change",
    [
        {"file_name": "../a.jpg"},
        {"file_name": 3},
        {"height": 0},
        {"width": "8"},
        {"width": 10**9},
        {"height": 10**400},
        {"height": 6.5},
    ],
)
def test_images_that_cannot_be_are_refused(change):
    with pytest.raises(DataError, match="file, "):
        check_image({**IMAGE, **change}, "file")


@pytest.mark.parametrize(
    "change",
    [
        {"iscrowd": None},
        {"area": "4"},
        {"area": 10**400},
        {"bbox": [1, 1, 2]},
        {"bbox": [1, 1, 2, float("nan")]},
        {"segmentation": None},
        {"segmentation": []},
        {"segmentation": [[1, 1, 3, 1]]},
        {"segmentation": [[1, 1, 3, 1, 3, 3, 1]]},
        {"segmentation": [[1, 1, 3, 1, 3, 1e8]]},
        {"segmentation": [["a"] * 6]},
        {"segmentation": {"size": [6, 9], "counts": [54]}},
        {"segmentation": {"size": [6, 8], "counts": [47]}},
        {"segmentation": {"size": [6, 8], "counts": [-1, 49]}},
        {"segmentation": {"size": [6, 8], "counts": [2**40]}},
        {"segmentation": {"size": [6, 8], "counts": "oooooooo"}},
        {"segmentation": {"size": [6, 8], "counts": "ä"}},
    ],
)
def test_masks_that_would_be_drawn_outside_the_image_are_refused(change):
    with pytest.raises(DataError, match=r"file, annotation 1 of a\.jpg"):
        check_instance({**INSTANCE, **change}, ENTRY, "file")


@pytest.mark.parametrize("content", [None, 3, [], "a", {}])
def test_other_things_are_refused(content):
    with pytest.raises(DataError, match="file, file_name"):
        check_image(content, "file")
    with pytest.raises(DataError, match="file, annotation None"):
        check_instance(content, ENTRY, "file")


@given(st.lists(st.booleans(), min_size=48, max_size=48))
def test_compressed_masks_pass_as_pycocotools_writes_them(pixels):
    encode = pytest.importorskip("pycocotools.mask").encode
    mask = encode(np.asfortranarray(np.reshape(pixels, (6, 8)).astype(np.uint8)))
    instance = {**INSTANCE, "segmentation": {"size": mask["size"], "counts": mask["counts"].decode()}}
    assert check_instance(instance, ENTRY, "file").mask == instance["segmentation"]
    with pytest.raises(DataError, match="file, annotation"):
        check_instance({**instance, "segmentation": {**mask, "counts": mask["counts"].decode() + "1"}}, ENTRY, "file")
