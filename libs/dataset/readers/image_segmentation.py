"""Readers of stills with instance masks (a folder of images and masks, COCO), each a sequence of one image."""

import pathlib

from libs.dataset.folders import check_folder
from libs.dataset.gathering import gather
from libs.dataset.names import check_name
from libs.dataset.object_boxes import folder_boxes
from libs.dataset.readers.coco_annotations import ImageEntry, Instance, check_image, check_instance
from libs.dataset.run_lengths import RunLengthSequence, box_of
from libs.dataset.segmented import SegmentationDataset, SegmentedSequence, VideoObject, collect, objects_of
from libs.dataset.selection import Lines, choose
from libs.media.coco_masks import as_run_lengths, coco_tools
from libs.media.files import read_json
from libs.media.frame_lists import list_images
from libs.media.void import LAST_OBJECT, VOID, is_void
from libs.utils.errors import DataError

"""Of one still: what a label mask holds beside background and void."""


def load_image_folder(
    folder: pathlib.Path | str, split: Lines | None = None, held_out: Lines | None = None, strict: bool = False
) -> SegmentationDataset:
    """Reads the index of `images/<name>.jpg` with `masks/<name>.png` (0 background, k instance k, or 0 and 255).

    Args:
        folder: holds `images` and `masks`; a file without a partner of the same name is left out.
        split: list file (lines `name` or `name-instance`) or list of lines; None takes all.
        held_out: in the same form, what to leave out.
        strict: as for `gather`.

    Returns:
        `SegmentationDataset` of sequences of one image.

    Raises:
        DataError: as `gather`; a folder is missing, or nothing is left.
    """
    root = check_folder(folder, "images and masks")
    images, masks = ({file.stem: file for file in list_images(root / kind)} for kind in ("images", "masks"))
    names = [*images, *sorted(masks.keys() - images.keys())]
    chosen = {name: (only, without) for name, only, without in choose(split, held_out, names, root, strict)}
    pairs = [(images[name], masks[name]) for name in chosen if name in images and name in masks]
    boxes = dict(zip([mask.stem for _, mask in pairs], folder_boxes(root / "masks", pairs), strict=True))

    def read(name: str) -> tuple[SegmentedSequence, list[VideoObject]]:
        for kind, there, other in (("mask", images, masks), ("image", masks, images)):
            if name not in other:
                raise DataError(f"{there[name]} has no {kind} of its name in {root / (kind + 's')}")
        void = is_void([boxes[name].keys()], str(masks[name]))
        shown = {1 if key == VOID else key: box for key, box in boxes[name].items() if key != VOID or not void}
        sequence = SegmentedSequence(name, (images[name],), {0: masks[name]}, void=void)
        return sequence, objects_of(sequence, {0: shown}, *chosen[name])

    return collect(str(root), gather(chosen, read, root, strict))


def load_coco(
    folder: pathlib.Path | str, subset: str = "train2017", least_area: float = 1024, strict: bool = False
) -> SegmentationDataset:
    """Reads the instances of COCO, or of a dataset in its format, without crowds and small instances.

    Boxes are the annotation's own if it has them; smaller instances in front can hide a part of one, and rarely all.

    Args:
        folder: holds `annotations/instances_<subset>.json` and the images in `<subset>`.
        subset: 'train2017' or 'val2017'.
        least_area: smallest area of an instance, in pixels.
        strict: as for `gather`, for annotations.

    Returns:
        `SegmentationDataset` of sequences of one image.

    Raises:
        SettingsError: pycocotools is not installed.
        DataError: as `gather`; a folder or the annotation file is missing or malformed, or no instance is left.
    """
    root = check_folder(folder, "annotations and the folders of images")
    path = root / "annotations" / f"instances_{check_name(subset, 'subset')}.json"
    if not (root / subset).is_dir() or not path.is_file():
        raise DataError(f"{root} should hold {subset} and annotations/{path.name}")
    coco_tools()
    by_image: dict[object, tuple[ImageEntry, list[Instance]]] = {}
    for key, image, instance in _read_instances(path, strict):
        if not instance.crowd and _area(instance, image) >= least_area:
            by_image.setdefault(key, (image, []))[1].append(instance)
    parts = [_still(root / subset, image, instances) for image, instances in by_image.values()]
    return collect(f"{root} {subset}", parts)


def _read_instances(path: pathlib.Path, strict: bool) -> list[tuple[object, ImageEntry, Instance]]:
    """(image id, image, instance) of the usable annotations."""
    content = read_json(path)
    fields = content if isinstance(content, dict) else {}
    images, annotations = fields.get("images"), fields.get("annotations")
    if not isinstance(images, list) or not isinstance(annotations, list):
        raise DataError(f"{path} is not a COCO instance annotation file: an object of lists, images and annotations")
    by_id = {_field(image, "id"): image for image in images}

    def read(index: int) -> tuple[object, ImageEntry, Instance]:
        key = _field(annotations[index], "image_id")
        if key is None or key not in by_id:
            raise DataError(f"{path}, annotation number {index}: there is no image of its image_id {str(key)[:20]!r}")
        image = check_image(by_id[key], path)
        return key, image, check_instance(annotations[index], image, path)

    return gather(range(len(annotations)), read, path, strict, what="annotations")


def _field(entry: object, name: str) -> object:
    """A field of an entry; None if the entry is not an object, or the field is neither a number nor a text."""
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, int | str) else None


def _area(instance: Instance, image: ImageEntry) -> float:
    if instance.area is not None:
        return instance.area
    runs = as_run_lengths(instance.mask, image.height, image.width, str(image.file))
    return float(coco_tools().area(runs))


def _still(
    folder: pathlib.Path, image: ImageEntry, instances: list[Instance]
) -> tuple[RunLengthSequence, list[VideoObject]]:
    """The still and its objects, numbered from the largest: where two overlap, the smaller counts as in front."""
    ordered = sorted(instances, key=lambda instance: -_area(instance, image))[:LAST_OBJECT]
    masks = {number: instance.mask for number, instance in enumerate(ordered, start=1)}
    sequence = RunLengthSequence(image.name, (folder / image.file,), {0: masks}, size=(image.height, image.width))
    boxes = {number: instance.box or box_of(sequence, 0, number) for number, instance in enumerate(ordered, start=1)}
    return sequence, objects_of(sequence, {0: {number: box for number, box in boxes.items() if box}})
