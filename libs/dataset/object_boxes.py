"""Boxes of the objects in label masks, computed once and kept in the project's own cache folder."""

import contextlib
import hashlib
import json
import os
import pathlib
import warnings
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from libs.media.files import read_json
from libs.media.images import read_size
from libs.media.masks import read_mask
from libs.media.void import is_void, without_void
from libs.utils.errors import DataError
from libs.utils.local_settings import cache_folder
from libs.utils.masks import tight_box

LARGEST = 2**31
MOST_LABELS = 255
FORMAT = 2


def read_labels(path: pathlib.Path) -> np.ndarray:
    """The label mask of a single file, uint8 (H, W): 0 background, k object k.

    In a binary mask (0 and 255), the value 255 is the object and is read as 1; next to other values it is void and is
    read as background.

    Raises:
        DataError: naming the file, when it cannot be read.
    """
    labels = read_mask(path)
    return without_void(labels, is_void([np.unique(labels).tolist()], str(path)))


def label_boxes(labels: np.ndarray) -> dict[int, list[int]]:
    """Tight boxes of the nonzero values of a label mask (H, W): value -> [x, y, w, h], integers, in ascending order."""
    present = np.flatnonzero(np.bincount(labels.ravel()))
    return {int(k): tight_box(labels == k).astype(int).tolist() for k in present if k}


def folder_boxes(
    folder: pathlib.Path, pairs: Sequence[tuple[pathlib.Path, pathlib.Path]]
) -> list[dict[int, list[int]]]:
    """Boxes of the values in the masks of one folder, from the cache for masks that have not changed.

    Args:
        folder: determines the cache file, which has the name and modification time of each mask.
        pairs: (image path, mask path) of the requested masks, all in `folder`.

    Returns:
        list of {value: [x, y, w, h]}, one for each pair; the caller decides what 255 means (`is_void`).

    Raises:
        DataError: a mask is unreadable or differs in size from its image.
    """
    path = cache_folder() / f"boxes-{hashlib.sha1(str(pathlib.Path(folder).resolve()).encode()).hexdigest()[:20]}.json"
    known = _read_cache(path)
    found, fresh = [], {}
    for image, mask in pairs:
        modified = mask.stat().st_mtime_ns
        entry = known.get(mask.name)
        if not _is_entry(entry) or entry["modified"] != modified:
            boxes = {str(k): box for k, box in _checked_boxes(image, mask).items()}
            entry = fresh[mask.name] = {"modified": modified, "boxes": boxes}
        found.append({int(k): box for k, box in entry["boxes"].items()})
    if fresh:
        _write_cache(path, {"format": FORMAT, "folder": str(folder), "masks": known | fresh})
    return found


def check_same_size(
    image_path: object, image_shape: tuple[int, ...], mask_path: object, mask_shape: tuple[int, ...]
) -> None:
    """Raises DataError naming both files unless image and mask have the same height and width."""
    if tuple(image_shape[:2]) != tuple(mask_shape[:2]):
        image_size, mask_size = (f"{shape[1]} x {shape[0]}" for shape in (image_shape, mask_shape))
        raise DataError(f"mask {mask_path} is {mask_size} pixels but its image {image_path} is {image_size}")


def _checked_boxes(image: pathlib.Path, mask: pathlib.Path) -> dict[int, list[int]]:
    labels = read_mask(mask)
    try:
        shape = read_size(image)[::-1]
    except DataError:
        # Reported when a clip reads the image, so that one bad file does not stop the indexing of the others.
        shape = labels.shape
    check_same_size(image, shape, mask, labels.shape)
    return label_boxes(labels)


def _read_cache(path: pathlib.Path) -> dict[str, Any]:
    """name -> {modified, boxes}; empty if the cache is missing or damaged, in which case it is rebuilt."""
    try:
        content = read_json(path)
    except DataError:
        return {}
    sound = isinstance(content, dict) and content.get("format") == FORMAT and isinstance(content.get("masks"), dict)
    return content["masks"] if sound else {}


def _is_entry(entry: object) -> TypeGuard[dict[str, Any]]:
    """Whether an entry of the cache is well formed: {modified: integer, boxes: {id: four integers}}."""
    fields = entry if isinstance(entry, dict) else {}
    boxes = fields.get("boxes")
    return (
        isinstance(boxes, dict)
        and isinstance(fields.get("modified"), int)
        and all(key.isdecimal() and len(key) <= 3 and 0 < int(key) <= MOST_LABELS for key in boxes)
        and all(isinstance(box, list) and len(box) == 4 for box in boxes.values())
        and all(type(number) is int and 0 <= number < LARGEST for box in boxes.values() for number in box)
    )


def _write_cache(path: pathlib.Path, content: dict[str, Any]) -> None:
    """Writes a temporary file and renames it, so that a reader in another process never sees half of it."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(content), encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        warnings.warn(f"object boxes are not cached ({error}); set DMB_CACHE to a folder for them", stacklevel=2)
