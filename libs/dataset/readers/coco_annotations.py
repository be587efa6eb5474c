"""Checks of a COCO annotation file, whose masks are drawn by C code that checks nothing."""

import math

from libs.dataset.names import check_name
from libs.media.images import MOST_PIXELS
from libs.utils.errors import DataError


def check_image(image, origin):
    """Returns an entry of `images`.

    Raises:
        DataError: its file name is no plain name, or its size is not that of an image; `origin` begins the message.
    """
    fields = image if isinstance(image, dict) else {}
    check_name(fields.get("file_name"), f"{origin}, file_name of an image")
    sides = [fields.get(side) for side in ("height", "width")]
    if not all(type(side) is int and side > 0 for side in sides) or math.prod(sides) > MOST_PIXELS:
        raise DataError(f"{origin}, image {fields['file_name']}: its height and width are {sides}")
    return image


def check_instance(instance, image, origin):
    """Returns an entry of `annotations`.

    Raises:
        DataError: a field that is used is missing or malformed, or the mask is not one of the image.
    """
    fields = instance if isinstance(instance, dict) else {}
    box, area = fields.get("bbox"), fields.get("area")
    sound = fields.get("iscrowd") in (0, 1) and _are_numbers([area]) and _are_numbers(box) and len(box) == 4
    if not sound or not _is_mask(fields.get("segmentation"), image["height"], image["width"]):
        raise DataError(
            f"{origin}, annotation {str(fields.get('id'))[:20]} of {image['file_name']}: it needs iscrowd (0 or 1), "
            "area, bbox (4 numbers) and segmentation (polygons in the image, or the lengths of runs that fill it)"
        )
    return instance


def _is_mask(mask, height, width):
    """Whether it is a list of polygons near the image, or run lengths that fill the image exactly."""
    if isinstance(mask, list):
        return bool(mask) and all(_is_polygon(polygon, 2 * max(height, width)) for polygon in mask)
    if not isinstance(mask, dict) or mask.get("size") != [height, width]:
        return False
    runs = mask.get("counts")
    runs = _decoded_runs(runs) if isinstance(runs, str) else runs
    sound = isinstance(runs, list) and all(type(run) is int and run >= 0 for run in runs)
    return sound and sum(runs) == height * width


def _is_polygon(polygon, farthest):
    sound = _are_numbers(polygon) and len(polygon) >= 6 and len(polygon) % 2 == 0
    return sound and all(abs(number) <= farthest for number in polygon)


def _are_numbers(values):
    return isinstance(values, list) and all(type(value) in (int, float) and abs(value) < 1e9 for value in values)


def _decoded_runs(text):
    """Run lengths of COCO's compressed form: 5 bits a character, 6th bit: more to come, from the 4th run differences.

    None where the text is not complete.
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
