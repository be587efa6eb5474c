"""Files that other tools write are read here, and they read the files written here.

supervision is in the extra `dev`. datumaro and labelme are not, because they bring a second OpenCV and Qt: without them
these tests are skipped; to run them, use `pip install --no-deps datumaro labelme`, and install what they then miss.
"""

import json

import numpy as np
import pytest

from libs.media.annotations.record import FrameRecord, Video
from libs.media.annotations.registry import detect_format
from libs.media.images import write_image
from libs.utils.masks import tight_box

SIZE = (48, 64)


@pytest.fixture
def shown(frames):
    """Masks of the two frames that show two objects: [{number: mask}, {number: mask}]."""
    return [{each.number: each.mask for each in frame.objects} for frame in frames[1:3]]


@pytest.fixture
def images(tmp_path):
    """A folder with two images of the size."""
    folder = tmp_path / "images"
    folder.mkdir()
    for index in range(2):
        write_image(folder / f"{index:05d}.png", np.full((*SIZE, 3), 90 + index, dtype=np.uint8))
    return folder


def same_masks(found, shown):
    for index, masks in enumerate(shown):
        assert found[index].keys() == masks.keys()
        for number, mask in masks.items():
            np.testing.assert_array_equal(found[index][number].mask, mask)


def nearly_same_masks(found, shown, numbers=None, least=0.85):
    """Outlines through the centres of pixels lose half a pixel all around."""
    numbers = numbers or {1: 1, 3: 3}
    for index, masks in enumerate(shown):
        for number, mask in masks.items():
            drawn = found[index][numbers[number]].mask
            assert least <= (drawn & mask).sum() / (drawn | mask).sum()


def test_pycocotools_writes_coco(shown, tmp_path, read):
    tools = pytest.importorskip("pycocotools.mask")
    content = {"images": [], "annotations": [], "categories": [{"id": 7, "name": "fish"}]}
    for index, masks in enumerate(shown):
        content["images"].append({"id": 40 + index, "file_name": f"{index:05d}.jpg", "height": 48, "width": 64})
        for number, mask in masks.items():
            runs = tools.encode(np.asfortranarray(mask.astype(np.uint8)))
            row = {"id": len(content["annotations"]), "image_id": 40 + index, "category_id": 7, "track_id": number}
            row |= {"segmentation": {**runs, "counts": runs["counts"].decode()}, "area": int(tools.area(runs))}
            row |= {"bbox": tools.toBbox(runs).tolist(), "iscrowd": 0}
            content["annotations"].append(row)
    path = tmp_path / "tracks.json"
    path.write_text(json.dumps(content))
    found = read(path)
    same_masks(found, shown)
    assert found[0][1].label == "fish"


@pytest.mark.parametrize("name", ["coco", "coco_polygons"])
def test_pycocotools_reads_coco(name, write, frames):
    coco = pytest.importorskip("pycocotools.coco").COCO(str(write(name)))
    for image, frame in zip(coco.loadImgs(coco.getImgIds()), frames, strict=True):
        rows = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
        masks = {each.number: each.mask for each in frame.objects if each.mask is not None}
        assert {row["track_id"] for row in rows} == masks.keys()
        for row in rows:
            np.testing.assert_array_equal(coco.annToMask(row).astype(bool), masks[row["track_id"]])


def _detections(supervision, masks):
    return supervision.Detections(
        xyxy=np.array([[x, y, x + w, y + h] for x, y, w, h in map(tight_box, masks.values())]),
        mask=np.stack(list(masks.values())),
        class_id=np.array([number - 1 for number in masks]),
    )


def _dataset(supervision, shown, images):
    files = sorted(map(str, images.iterdir()))
    annotations = {file: _detections(supervision, masks) for file, masks in zip(files, shown, strict=True)}
    return supervision.DetectionDataset(["fish", "eel", "crab"], files, annotations)


def test_supervision_writes_yolo(shown, images, tmp_path, read):
    supervision = pytest.importorskip("supervision")
    folder = tmp_path / "set"
    _dataset(supervision, shown, images).as_yolo(
        str(folder / "images"), str(folder / "labels"), str(folder / "data.yaml")
    )
    # It writes one line for each part of an object; here, object 1 has two parts in the second frame.
    labels = folder / "labels" / "00001.txt"
    whole = max((line for line in labels.read_text().splitlines() if line.startswith("0 ")), key=len)
    others = [line for line in labels.read_text().splitlines() if not line.startswith("0 ")]
    labels.write_text("\n".join([whole, *others]))
    found = read(folder, size=None)
    assert {number: each.label for number, each in found[0].items()} == {1: "fish", 3: "crab"}
    nearly_same_masks(found, shown, least=0.6)


def test_supervision_reads_yolo(shown, images, write, frames):
    supervision = pytest.importorskip("supervision")
    path = write("yolo", some=[FrameRecord(k, frame.objects) for k, frame in enumerate(frames[1:3])])
    found = supervision.DetectionDataset.from_yolo(str(images), str(path / "labels"), str(path / "data.yaml"), True)
    assert found.classes == ["fish 1", "object 2", "crab 3"]
    # It lists images in no order.
    for (_, _, detections), masks in zip(sorted(found, key=lambda each: each[0]), shown, strict=True):
        assert [each + 1 for each in detections.class_id] == list(masks)
        for drawn, (number, mask) in zip(detections.mask, masks.items(), strict=True):
            # It also draws the outline, one pixel wide, including the cuts between the parts of an object.
            assert (drawn & mask).sum() == mask.sum()
            assert number == 1 or (drawn & mask).sum() / (drawn | mask).sum() > 0.75


def test_supervision_writes_coco_without_tracks(shown, images, tmp_path, read):
    supervision = pytest.importorskip("supervision")
    path = tmp_path / "set.json"
    _dataset(supervision, shown, images).as_coco(annotations_path=str(path))
    found = read(path)
    # Objects are known by their classes, in the order in which they appear.
    assert {number: each.label for number, each in found[0].items()} == {1: "fish", 2: "crab"}
    nearly_same_masks(found, shown, {1: 1, 3: 2}, least=0.6)


@pytest.fixture
def datumaro_set(shown, images):
    """Function from the number of the first frame to both frames as a dataset of datumaro: masks, boxes, tracks."""
    datumaro = pytest.importorskip("datumaro")

    def build(first=0):
        items = []
        for index, (masks, file) in enumerate(zip(shown, sorted(images.iterdir()), strict=True)):
            some = []
            for number, mask in masks.items():
                about = {"label": 0, "attributes": {"track_id": number}, "id": number, "group": number}
                some.append(datumaro.Mask(mask.astype(np.uint8), **about))
                some.append(datumaro.Bbox(*tight_box(mask), **about))
            image = datumaro.Image.from_file(str(file))
            items.append(datumaro.DatasetItem(id=f"{first + index:05d}", subset="train", media=image, annotations=some))
        return datumaro.Dataset.from_iterable(items, categories=["fish"])

    return build


def test_datumaro_writes_coco(datumaro_set, shown, tmp_path, read):
    datumaro_set().export(str(tmp_path / "out"), "coco_instances", segmentation_mode="mask")
    (path,) = (tmp_path / "out").rglob("*.json")
    content = json.loads(path.read_text())
    for row in content["annotations"]:
        row["track_id"] = int(row["attributes"]["track_id"])
    path.write_text(json.dumps(content))
    found = read(path)
    same_masks({index: found[index] for index in range(2)}, shown)


def test_datumaro_writes_cvat(datumaro_set, shown, tmp_path, read):
    datumaro_set().transform("masks_to_polygons").export(str(tmp_path / "out"), "cvat")
    (path,) = (tmp_path / "out").rglob("*.xml")
    assert detect_format(path).name == "cvat"


def test_datumaro_writes_mot(datumaro_set, shown, tmp_path, read):
    datumaro_set(1).export(str(tmp_path / "out"), "mot_seq_gt")
    (folder,) = {path.parent.parent for path in (tmp_path / "out").rglob("gt.txt")}
    found = read(folder)
    for index, masks in enumerate(shown):
        assert {each.label for each in found[index].values()} == {"fish"}
        # It renumbers tracks, and writes pixels from 0, although the benchmark counts from 1.
        for number, mask in zip((1, 2), masks.values(), strict=True):
            np.testing.assert_allclose(found[index][number].box, tight_box(mask) - [1, 1, 0, 0])


def test_labelme_writes_and_reads(shown, images, tmp_path, read, write, frames):
    label_file = pytest.importorskip("labelme._label_file")
    shapes = pytest.importorskip("labelme.utils")
    for index, masks in enumerate(shown):
        written = []
        for number, mask in masks.items():
            x, y, w, h = map(int, tight_box(mask))
            part = shapes.img_arr_to_b64(mask[y : y + h, x : x + w].astype(np.uint8))
            shape = {"label": "fish", "points": [[x, y], [x + w - 1, y + h - 1]], "group_id": number, "mask": part}
            written.append({**shape, "shape_type": "mask", "flags": {}, "description": ""})
        label_file.LabelFile().save(
            str(tmp_path / f"{index:05d}.json"), written, f"images/{index:05d}.png", SIZE[0], SIZE[1]
        )
    (tmp_path / "shapes").mkdir()
    for file in tmp_path.glob("*.json"):
        file.rename(tmp_path / "shapes" / file.name)
    same_masks(read(tmp_path / "shapes", size=None), shown)

    video = Video("pond", SIZE, 2, ("00000.png", "00001.png"), images)
    path = write("labelme", some=[FrameRecord(k, frame.objects) for k, frame in enumerate(frames[1:3])], video=video)
    for index, masks in enumerate(shown):
        loaded = label_file.read_label_file(str(path / f"{index:05d}.json")).shapes
        names = {"fish": 1, "crab": 2}
        _, drawn = shapes.shapes_to_label((*SIZE, 3), loaded, names)
        assert [shape["group_id"] for shape in loaded] == list(masks)
        assert (drawn > 0).sum() == sum(mask.sum() for mask in masks.values())
