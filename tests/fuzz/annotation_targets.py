"""JSON files of datasets: VOT annotations, YouTube-VOS's meta.json, COCO, and our own cache of object boxes."""

import importlib.util
import json
import os
import shutil

from libs.dataset.readers.image_segmentation import load_coco
from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.dataset.sequence import TAGS
from libs.utils.local_settings import cache_folder
from tests.fuzz.dataset_targets import LABELS, PICTURE
from tests.fuzz.mutations import mutate_json
from tests.fuzz.target import Target
from votTester.annotations import read_annotations

MODIFIED = 10**18


def _json_file(name, content):
    return {name: json.dumps(content).encode()}


def _vot_files():
    regions = [[10.0, 10.0, 30.0, 10.0, 30.0, 25.0, 10.0, 25.0], [11, 10, 20, 15]]
    sequence = {"width": 80, "height": 60, "gt_rect": regions, "init_rect": regions[0], "video_dir": "seq"}
    sequence |= {"img_names": ["seq/00000001.jpg"]} | {tag: [0, 1] for tag in TAGS}
    return _json_file("VOT2018.json", {"seq": sequence, "other": {**sequence, "occlusion": []}})


def _read_vot(folder):
    for annotation in read_annotations(folder / "VOT2018.json"):
        annotation.present.sum()


def _youtube_files():
    objects = {"1": {"category": "cat", "frames": ["00000"]}}
    return {
        "JPEGImages/seq/00000.jpg": PICTURE,
        "Annotations/seq/00000.png": LABELS,
    } | _json_file("meta.json", {"videos": {"seq": {"objects": objects}}})


def _cache_files():
    content = {"format": 1, "folder": "x", "masks": {"00000.png": {"modified": MODIFIED, "boxes": {"1": [0, 0, 9, 9]}}}}
    files = _youtube_files()
    return {name: files[name] for name in files if name != "meta.json"} | _json_file("boxes.json", content)


def _read_cached(folder):
    os.utime(folder / "Annotations/seq/00000.png", ns=(MODIFIED, MODIFIED))
    if not cache_folder().is_dir():
        load_youtube_vos(folder)
    (cache,) = cache_folder().iterdir()
    shutil.copyfile(folder / "boxes.json", cache)
    load_youtube_vos(folder)


def _coco_files():
    polygon = {"id": 1, "image_id": 7, "category_id": 1, "iscrowd": 0, "area": 2000.0, "bbox": [5, 5, 40, 50]}
    polygon["segmentation"] = [[5, 5, 45, 5, 45, 55, 5, 55]]
    encoded = {**polygon, "id": 2, "area": 3000, "segmentation": {"size": [60, 80], "counts": [0, 1200, 3600]}}
    content = {
        "info": {"year": 2017},
        "images": [{"id": 7, "file_name": "000000000007.jpg", "width": 80, "height": 60}],
        "annotations": [polygon, encoded],
        "categories": [{"id": 1, "name": "person"}],
    }
    return {"val2017/000000000007.jpg": PICTURE} | _json_file("annotations/instances_val2017.json", content)


def _read_coco(folder):
    for sequence in load_coco(folder, "val2017").sequences:
        sequence.labels(0)


TARGETS = {
    "vot_json": Target(_vot_files, mutate_json, _read_vot, weight=4),
    "meta_json": Target(_youtube_files, mutate_json, load_youtube_vos, ("meta.json",), weight=2),
    "box_cache": Target(_cache_files, mutate_json, _read_cached, ("boxes.json",)),
}
if importlib.util.find_spec("pycocotools"):
    TARGETS["coco_json"] = Target(
        _coco_files, mutate_json, _read_coco, ("annotations/instances_val2017.json",), weight=2
    )
