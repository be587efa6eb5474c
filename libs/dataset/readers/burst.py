"""Reader of BURST (Athar et al., WACV 2023): run lengths in one JSON file for each part, frames as in TAO.

`annotations/<part>/all_classes.json`, or `annotations/<part>/<part>.json`; `frames/<part>/<source>/<video>/<image>`.
Videos are named `<source>_<video>`, because two sources may use the same name.
"""

import pathlib
from typing import Any

from libs.dataset.folders import check_folder, inner_folder
from libs.dataset.gathering import gather
from libs.dataset.names import check_name, plain_path
from libs.dataset.run_lengths import RunLengthSequence, box_of
from libs.dataset.segmented import SegmentationDataset, VideoObject, collect, objects_of
from libs.dataset.selection import Lines, choose
from libs.media.coco_masks import coco_tools
from libs.media.files import read_json
from libs.media.void import LAST_OBJECT
from libs.utils.errors import DataError


def load_burst(
    folder: pathlib.Path | str,
    part: str = "val",
    split: Lines | None = None,
    held_out: Lines | None = None,
    strict: bool = False,
) -> SegmentationDataset:
    """Reads a part of BURST.

    Args:
        folder: holds `annotations` and `frames`.
        part: 'train', 'val' or 'test'.
        split: list file (lines `video` or `video-object`) or list of lines; None takes all.
        held_out: in the same form, what to leave out.
        strict: as for `gather`.

    Raises:
        SettingsError: pycocotools is not installed.
        DataError: as `gather`; the annotations are missing or malformed.
    """
    coco_tools()
    root = check_folder(folder, "BURST's annotations/ and frames/")
    entries = _read_entries(root / "annotations", part)
    frames = inner_folder(root, [f"frames/{part}", "frames", part])
    chosen = {name: (only, without) for name, only, without in choose(split, held_out, list(entries), root, strict)}

    def read(name: str) -> tuple[RunLengthSequence, list[VideoObject]]:
        sequence = _read_sequence(name, entries[name], frames)
        boxes = {
            index: {number: box for number in masks if (box := box_of(sequence, index, number))}
            for index, masks in sequence.masks.items()
        }
        return sequence, objects_of(sequence, boxes, *chosen[name])

    return collect(f"{root} {part}", gather(chosen, read, root, strict))


def _read_entries(folder: pathlib.Path, part: str) -> dict[str, dict[str, Any]]:
    """Name -> entry of the videos in the annotation file of a part."""
    candidates = [folder / part / "all_classes.json", folder / part / f"{part}.json", folder / f"{part}.json"]
    path = next((each for each in candidates if each.is_file()), candidates[0])
    content = read_json(path)
    try:
        return {
            check_name(f"{entry['dataset']}_{entry['seq_name']}".replace("/", "_"), path): entry
            for entry in content["sequences"]
        }
    except (KeyError, TypeError) as error:
        raise DataError(f"{path} is no annotation file of BURST ({error!r})") from error


def _read_sequence(name: str, entry: dict[str, Any], frames: pathlib.Path) -> RunLengthSequence:
    try:
        folder = frames / plain_path(f"{entry['dataset']}/{entry['seq_name']}", name)
        size = int(entry["height"]), int(entry["width"])
        annotated = list(entry["annotated_image_paths"])
        every = [image for image in entry.get("all_image_paths", []) if (folder / image).is_file()]
        images = tuple(folder / plain_path(image, name) for image in every or annotated)
        places = {image.name: index for index, image in enumerate(images)}
        masks = {
            places[pathlib.PurePosixPath(image).name]: _masks(shown, size)
            for image, shown in zip(annotated, entry["segmentations"], strict=True)
        }
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DataError(f"{name}: its entry in BURST's annotations cannot be used ({error!r})") from error
    missing = [image for image in images if not image.is_file()]
    if missing:
        raise DataError(f"{missing[0]} is missing, with {len(missing)} of {len(images)} images of {name}")
    return RunLengthSequence(name, images, masks, size=size)


def _masks(shown: dict[str, dict[str, Any]], size: tuple[int, int]) -> dict[int, dict[str, Any]]:
    masks = {int(key): {"size": list(size), "counts": each["rle"]} for key, each in shown.items()}
    if any(not 0 < key <= LAST_OBJECT for key in masks):
        raise ValueError(f"objects are numbered from 1 to {LAST_OBJECT}")
    return masks
