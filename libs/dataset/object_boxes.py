"""Boxes of the objects in label masks, computed once and kept in the project's own cache folder."""

import contextlib
import hashlib
import json
import os
import pathlib
import warnings

import numpy as np

from libs.media.files import read_json
from libs.media.images import read_size
from libs.media.masks import read_mask
from libs.utils.errors import DataError
from libs.utils.masks import mask_to_box

VOID = 255
LARGEST = 2**31
FORMAT = 1


def read_labels(path):
    """A label mask, uint8 (H, W): 0 background, k object k.

    The value 255 is the object of a binary mask (0 and 255, as DAVIS 2016 has them), which is read as 1; beside other
    values it marks void pixels and is read as background.

    Raises:
        DataError: naming the file, when it cannot be read.
    """
    labels = read_mask(path)
    void = labels == VOID
    if void.any():
        labels[void] = 0 if labels[~void].any() else 1
    return labels


def label_boxes(labels):
    """Tight boxes of the objects of a label mask (H, W): id -> [x, y, w, h], integers, in ascending order of id."""
    present = np.flatnonzero(np.bincount(labels.ravel()))
    return {int(k): mask_to_box(labels == k).astype(int).tolist() for k in present if k}


def folder_boxes(folder, pairs):
    """Boxes of the objects in the masks of one folder, from the cache where a mask has not changed since.

    Args:
        folder: names the cache's file, with the name and modification time of each mask.
        pairs: (image path, mask path) of the masks asked for, all in `folder`.

    Returns:
        list of {id: [x, y, w, h]}, one for each pair.

    Raises:
        DataError: a mask is unreadable or has another size than its image.
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


def cache_folder():
    """Where boxes are kept: $DMB_CACHE, else $XDG_CACHE_HOME/dmb, else ~/.cache/dmb."""
    if os.environ.get("DMB_CACHE"):
        return pathlib.Path(os.environ["DMB_CACHE"]).expanduser()
    root = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(root).expanduser() / "dmb"


def check_same_size(image_path, image_shape, mask_path, mask_shape):
    """Raises DataError naming both files unless image and mask have the same height and width."""
    if tuple(image_shape[:2]) != tuple(mask_shape[:2]):
        image_size, mask_size = (f"{shape[1]} x {shape[0]}" for shape in (image_shape, mask_shape))
        raise DataError(f"mask {mask_path} is {mask_size} pixels but its image {image_path} is {image_size}")


def _checked_boxes(image, mask):
    labels = read_labels(mask)
    try:
        shape = read_size(image)[::-1]
    except DataError:
        # Reported when the image is read for a clip, so that one bad file does not stop the indexing of all.
        shape = labels.shape
    check_same_size(image, shape, mask, labels.shape)
    return label_boxes(labels)


def _read_cache(path):
    """name -> {modified, boxes}; empty when there is no cache or it is damaged, for then it is made anew."""
    try:
        content = read_json(path)
    except DataError:
        return {}
    sound = isinstance(content, dict) and content.get("format") == FORMAT and isinstance(content.get("masks"), dict)
    return content["masks"] if sound else {}


def _is_entry(entry):
    """Whether an entry of the cache is as it was written: {modified: integer, boxes: {id: four integers}}."""
    boxes = entry.get("boxes") if isinstance(entry, dict) else None
    return (
        isinstance(boxes, dict)
        and isinstance(entry.get("modified"), int)
        and all(key.isdecimal() and len(key) <= 3 and 0 < int(key) < VOID for key in boxes)
        and all(isinstance(box, list) and len(box) == 4 for box in boxes.values())
        and all(type(number) is int and 0 <= number < LARGEST for box in boxes.values() for number in box)
    )


def _write_cache(path, content):
    """Writes beside the file and renames, so that a reader in another process never sees half of it."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(content), encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        warnings.warn(f"object boxes are not cached ({error}); set DMB_CACHE to a folder for them", stacklevel=2)
