"""Masks as COCO writes them: polygons, or lengths of runs down the columns, plain or compressed to text.

pycocotools draws them with C code that checks nothing, so they are checked here first.
"""

from types import ModuleType
from typing import Any, TypeGuard

import numpy as np

from libs.utils.errors import DataError, SettingsError

RunLengths = dict[str, Any]


def coco_tools() -> ModuleType:
    """The module `pycocotools.mask`. Raises SettingsError, which says how to install it, if it is missing."""
    try:
        from pycocotools import mask
    except ImportError as error:
        raise SettingsError(
            "masks in COCO's form are read and written with pycocotools: pip install pycocotools"
        ) from error
    return mask


def as_run_lengths(mask: object, height: int, width: int, origin: str) -> RunLengths:
    """A mask in any of COCO's forms as compressed run lengths, which pycocotools takes.

    Args:
        mask: polygons, or {'size': [height, width], 'counts': text or list}.
        height, width: of the image.
        origin: what an error message begins with.

    Raises:
        DataError: it is not a mask, or does not fill the image.
    """
    if not is_mask(mask, height, width):
        raise DataError(f"{origin}: no polygons in the image, nor the lengths of runs that fill its {width} x {height}")
    tools = coco_tools()
    if isinstance(mask, dict) and isinstance(mask["counts"], str):
        return mask
    runs = tools.frPyObjects(mask, height, width)
    return tools.merge(runs) if isinstance(runs, list) else runs


def encode_mask(mask: np.ndarray) -> RunLengths:
    """A mask (H, W), nonzero on the object, as compressed run lengths with counts as text, for JSON."""
    runs = coco_tools().encode(np.asfortranarray(mask, dtype=np.uint8))
    return {"size": [int(side) for side in runs["size"]], "counts": runs["counts"].decode("ascii")}


def draw(runs: RunLengths) -> np.ndarray:
    """(H, W) bool from the compressed run lengths that `as_run_lengths` returns."""
    return np.asarray(coco_tools().decode(runs), dtype=bool)


def is_mask(mask: object, height: int, width: int) -> TypeGuard[list | dict]:
    """Whether it is a list of polygons near the image, or run lengths that fill the image exactly."""
    if isinstance(mask, list):
        return bool(mask) and all(_is_polygon(polygon, 2 * max(height, width)) for polygon in mask)
    if not isinstance(mask, dict) or mask.get("size") != [height, width]:
        return False
    runs = mask.get("counts")
    runs = _decoded_runs(runs) if isinstance(runs, str) else runs
    if not isinstance(runs, list) or not all(type(run) is int and run >= 0 for run in runs):
        return False
    return sum(runs) == height * width


def are_numbers(values: object) -> TypeGuard[list[float]]:
    """Whether it is a list of finite numbers, none of them huge."""
    return isinstance(values, list) and all(type(value) in (int, float) and abs(value) < 1e9 for value in values)


def _is_polygon(polygon: object, farthest: int) -> bool:
    if not are_numbers(polygon) or len(polygon) < 6 or len(polygon) % 2:
        return False
    return all(abs(number) <= farthest for number in polygon)


def _decoded_runs(text: str) -> list[int] | None:
    """Run lengths from COCO's compressed form: 5 bits a character, a 6th for "more", differences from the 4th run on.

    None if the text is incomplete.
    """
    runs, value, shift = [], 0, 0
    for character in text:
        bits = ord(character) - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if not 0 <= bits < 64 or shift > 60:
            return None
        if not bits & 0x20:
            value -= (bits & 0x10) and 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return None if shift else runs
