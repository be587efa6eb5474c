"""Readers of stills with instance masks: a folder of images and masks, and COCO. A still is a sequence of one image."""

import contextlib
import dataclasses
import io
import pathlib

import numpy as np

from libs.dataset.names import check_name
from libs.dataset.object_boxes import folder_boxes
from libs.dataset.readers.coco_annotations import check_image, check_instance
from libs.dataset.readers.video_segmentation import check_dataset_folder
from libs.dataset.segmented import SegmentationDataset, SegmentedSequence, objects_of
from libs.dataset.selection import choose
from libs.media.frame_lists import list_images
from libs.media.images import read_image
from libs.utils.errors import DataError, SettingsError


def load_image_folder(folder, split=None, held_out=None):
    """Reads the index of `images/<name>.jpg` with `masks/<name>.png` (0 background, k instance k, or 0 and 255).

    Args:
        folder: holds `images` and `masks`. An image without a mask is an error, and so is a mask without an image.
        split: list file (lines `name` or `name-instance`) or list of lines; None takes all.
        held_out: the same, what to leave out.

    Returns:
        `SegmentationDataset` of sequences of one image.

    Raises:
        DataError: something is missing or malformed, sizes differ, a mask is empty, or nothing is left.
    """
    root = check_dataset_folder(folder, "stills", "images and masks")
    images, masks = ({file.stem: file for file in list_images(root / kind)} for kind in ("images", "masks"))
    for name in images.keys() ^ masks.keys():
        present, absent = (images[name], "mask") if name in images else (masks[name], "image")
        raise DataError(f"{present} has no {absent} of its name in {root / (absent + 's')}")
    chosen = choose(split, held_out, list(images), root)
    boxes = folder_boxes(root / "masks", [(images[name], masks[name]) for name, _, _ in chosen])
    sequences, objects = [], []
    for (name, only, without), shown in zip(chosen, boxes, strict=True):
        sequence = SegmentedSequence(name, (images[name],), {0: masks[name]})
        found = objects_of(sequence, {0: shown}, only, without)
        if found:
            sequences.append(sequence)
            objects += found
    return SegmentationDataset(str(root), sequences, objects)


@dataclasses.dataclass(frozen=True)
class CocoImage:
    """One COCO image in the form of a `SegmentedSequence` of length 1; instance k is `instances[k - 1]`.

    Attributes:
        name: the image's file name without its ending.
        images: its path, in a tuple.
        coco: pycocotools' `COCO`, shared by all.
        instances: annotations, the largest first: where two overlap, the smaller one is taken to be in front.
    """

    name: str
    images: tuple
    coco: object = dataclasses.field(repr=False)
    instances: tuple = dataclasses.field(repr=False)

    def __len__(self):
        return 1

    def frame(self, index):
        """The image, RGB uint8 (H, W, 3)."""
        return read_image(self.images[index])

    def labels(self, index):
        """Label mask uint8 (H, W), drawn from the annotation; None for another index than 0."""
        if index != 0:
            return None
        masks = [self.coco.annToMask(annotation) for annotation in self.instances]
        labels = np.zeros(masks[0].shape, dtype=np.uint8)
        for number, mask in enumerate(masks, start=1):
            labels[mask > 0] = number
        return labels


def load_coco(folder, subset="train2017", least_area=1024):
    """Reads the instances of COCO through pycocotools (the extra `coco`); crowds and small instances are left out.

    Boxes are the annotation's own; what shows of an instance behind smaller ones can be less, and rarely nothing.

    Args:
        folder: holds `annotations/instances_<subset>.json` and the images in `<subset>`.
        subset: 'train2017' or 'val2017'.
        least_area: of an instance, in pixels.

    Returns:
        `SegmentationDataset` of sequences of one image.

    Raises:
        SettingsError: pycocotools is not installed.
        DataError: a folder or the annotation file is missing or malformed, or no instance is left.
    """
    root = check_dataset_folder(folder, "coco", "annotations and the folders of images")
    path = root / "annotations" / f"instances_{check_name(subset, 'subset')}.json"
    if not (root / subset).is_dir() or not path.is_file():
        raise DataError(f"{root} should hold {subset} and annotations/{path.name}")
    coco = _open_annotations(path)
    sequences, objects = [], []
    for image_id, image in coco.imgs.items():
        check_image(image, path)
        annotations = [check_instance(annotation, image, path) for annotation in coco.imgToAnns[image_id]]
        annotations = [a for a in annotations if not a["iscrowd"] and a["area"] >= least_area]
        if annotations:
            name = image["file_name"]
            instances = tuple(sorted(annotations, key=lambda annotation: -annotation["area"])[:254])
            sequence = CocoImage(pathlib.Path(name).stem, (root / subset / name,), coco, instances)
            sequences.append(sequence)
            objects += _coco_objects(sequence)
    return SegmentationDataset(f"{root} {subset}", sequences, objects)


def _coco_objects(sequence):
    boxes = {number: instance["bbox"] for number, instance in enumerate(sequence.instances, start=1)}
    return objects_of(sequence, {0: boxes})


def _open_annotations(path):
    try:
        from pycocotools.coco import COCO
    except ImportError as error:
        raise SettingsError(
            "COCO is read with pycocotools; install the extra: pip install 'dmb-tracker[coco]'"
        ) from error
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return COCO(str(path))
    # pycocotools indexes whatever it reads, so that any error can come of another file.
    except Exception as error:
        raise DataError(f"{path} is not a COCO instance annotation file ({error!r})") from error
