"""What a tracker reports of its target in a frame."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import cv2
import numpy as np

from libs.utils.masks import join_masks, mask_to_box
from libs.utils.polygons import polygon_to_box, region_to_polygon
from libs.utils.state import State


@dataclasses.dataclass(frozen=True)
class Result:
    """One target in one frame.

    Attributes:
        box: (4,) x, y, w, h in image pixels: the mask's, as the tracker reports it.
        polygon: (4, 2) corners of the rotated rectangle; those of the box where the tracker reports none; NaN, as the
            box is, where the target is lost.
        mask: (H, W) bool, or None where the tracker reports none.
        score: probability that the region overlaps the target by more than half, 0..1; None where the tracker does
            not say.
        state: how sure the tracker is; TRACKED where it does not say.
        seconds: that the tracker took; None where it does not say.
        debug: RGB uint8 picture of what the tracker did, where it was asked for and has one.
    """

    box: np.ndarray
    polygon: np.ndarray
    mask: np.ndarray | None
    score: float | None = None
    state: State = State.TRACKED
    seconds: float | None = None
    debug: np.ndarray | None = None


Results = dict[int, Result]
"""Number of each object -> what is known of it in a frame."""


def read_output(out: Mapping[str, Any], info: Mapping[str, Any] | None = None) -> Result:
    """What a tracker returned, as an Result.

    Args:
        out: dict of `BaseTracker.track`, of which only one of `target_bbox` and `polygon` is needed.
        info: what the tracker was started with; stands in where `initialize` returned nothing.
    """
    info = info or {}
    mask = out.get("segmentation", info.get("init_mask"))
    mask = None if mask is None else np.asarray(mask) > 0
    reported = [out.get("polygon"), out.get("target_bbox"), info.get("init_bbox")]
    region = next((region for region in reported if region is not None), None)
    if region is None and info.get("init_mask") is not None:
        region = mask_to_box(np.asarray(info["init_mask"]) > 0)
    polygon = _polygon_of(region)
    box = out.get("target_bbox")
    box = polygon_to_box(polygon) if box is None or np.size(box) != 4 else np.asarray(box, dtype=np.float64).ravel()
    state = State(out.get("state", State.TRACKED))
    return Result(box, polygon, mask, _number(out, "score"), state, _number(out, "time"), out.get("debug"))


def _number(out: Mapping[str, Any], name: str) -> float | None:
    return None if out.get(name) is None else float(out[name])


def _polygon_of(region: Any) -> np.ndarray:
    """(4, 2) corners of a reported region, NaN where it is none: a lost target."""
    if region is None or np.size(region) not in (4, 8) or not np.isfinite(np.asarray(region, dtype=float)).all():
        return np.full((4, 2), np.nan)
    return region_to_polygon(region)


def share_pixels(results: Results) -> Results:
    """The same results with masks that share no pixel."""
    masks = {number: result.mask for number, result in results.items() if result.mask is not None}
    if len(masks) < 2 or not _overlap(masks.values()):
        return results
    labels = join_masks(masks)
    return {
        number: dataclasses.replace(result, mask=labels == number) if number in masks else result
        for number, result in results.items()
    }


def _overlap(masks: Iterable[np.ndarray]) -> bool:
    """Whether two of some masks (H, W) claim the same pixel, or differ in size, which `join_masks` refuses."""
    first, *others = masks
    claimed = first.copy()
    for mask in others:
        if mask.shape != claimed.shape or cv2.countNonZero((claimed & mask).view(np.uint8)):
            return True
        claimed |= mask
    return False
