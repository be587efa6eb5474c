"""What is believed of a frame: whether a mask counts, where the target is, and how large.

Each rule is a parameter (`pytracking/tracker/DMB/params.py`). Those that the paper does not have break part collapse: a
mask that loses the legs, then the trunk, while scale, memory and filter follow it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from libs.memory.spatial import Flag, Localization
from libs.memory.target import TargetState
from libs.utils.boxes import box_to_polygon
from libs.utils.polygons import polygon_area, polygon_to_box
from pytracking.tracker.DMB.params import DMBParams
from pytracking.tracker.DMB.scale import ScaleFollower
from pytracking.tracker.DMB.shape import Shape

ScoresOf = Callable[[Sequence[TargetState]], list[float]]

WITNESSED_FROM = 1.07
"""A change of scale by less than this factor needs no witness: masks are that exact."""
WITNESS_STEP = 1.075
"""By how much larger or smaller the filter looks for the target when it is asked."""


class Rules:
    """The rules for one target.

    Args:
        params: of the tracker.
        from_mask: the tracker was started from a mask.
        pixels: of the first mask, in image pixels.
        upright: whether upright regions are reported.
    """

    def __init__(self, params: DMBParams, from_mask: bool, pixels: float, upright: bool):
        self.params, self.upright, self._from_mask = params, upright, from_mask
        self._size: np.ndarray | None = None
        self.mask_threshold = params.mask_init_segm_mask_thr if from_mask else params.segm_mask_thr
        self._scale = ScaleFollower(params, from_mask, pixels)

    def state_dict(self) -> dict[str, Any]:
        """What the rules know of their target, as numbers."""
        return {
            "from_mask": self._from_mask,
            "upright": self.upright,
            "pixels": self._scale.pixels,
            "size": None if self._size is None else self._size.tolist(),
        }

    @classmethod
    def from_state_dict(cls, params: DMBParams, state: Mapping[str, Any]) -> "Rules":
        """The rules of which `state_dict` told."""
        rules = cls(params, state["from_mask"], 1.0, state["upright"])
        rules._scale.pixels = state["pixels"]
        rules._size = None if state["size"] is None else np.array(state["size"])
        return rules

    @property
    def expected_pixels(self) -> float:
        """Mean number of pixels of the last masks, in image pixels."""
        return self._scale.average_pixels

    def is_certain(self, located: Localization) -> bool:
        """Whether the spatial memory is believed, so that the position moves to its peak."""
        return located.uncertainty < self.params.tracking_uncertainty_thr

    def is_confident(self, located: Localization) -> bool:
        """Whether both memories may learn from the frame."""
        return self.is_certain(located) and located.flag not in (Flag.UNCERTAIN, Flag.NOT_FOUND)

    def is_segmented(self, located: Localization) -> bool:
        """Whether the frame is worth segmenting."""
        return located.uncertainty <= self.params.uncertainty_segment_thr

    def believes(self, shape: Shape, located: Localization, state: TargetState) -> bool:
        """Whether a mask counts: a spatial memory that is certain must see the target at its centre too, and its area
        must be about the target's."""
        if shape.polygon is None or not self.is_certain(located):
            return True
        ratio = self.params.mask_area_ratio
        if ratio is not None and not 1 / ratio <= polygon_area(shape.polygon) / state.size.prod() <= ratio:
            return False
        share = self.params.mask_agreement
        return share == 0 or self.agreement(shape, located) >= share

    def agreement(self, shape: Shape | None, located: Localization) -> float:
        """The filter's score at the centre of a mask in its highest one, at most 1; 0 where there is no mask."""
        if shape is None or shape.polygon is None or not located.score > 0:
            return 0.0
        return max(0.0, located.score_at(shape.centre) / located.score)

    def follow(
        self,
        state: TargetState,
        shape: Shape,
        located: Localization,
        image_shape: tuple[int, ...],
        scores_of: ScoresOf,
    ) -> TargetState:
        """The target's state after a mask that is believed: its scale, and its position where the mask decides that.

        Args:
            state: at the spatial memory's peak where that is certain, else the last one.
            scores_of: gives the filter's highest score in this frame around each of some states.
        """
        if shape.polygon is None:
            return state
        # Not beyond the image's longer side: where all is segmented, also what is repeated outside the image, the
        # target would grow for ever.
        largest = max(max(image_shape[:2]) ** 2, state.size.prod())
        area = min(polygon_area(shape.polygon), largest)
        new_scale = state.scale * math.sqrt(area / state.size.prod())
        limits = self._scale_limits(state, new_scale / state.scale, located, scores_of)
        state = state.rescaled(self._scale.step(state.scale, new_scale, shape.pixels, located.uncertainty, limits))
        return moved_inside(state, self._centre(shape, located, self.params.filter_share), image_shape)

    def region(self, shape: Shape, located: Localization) -> tuple[np.ndarray, np.ndarray]:
        """What is reported of a mask that is believed and has a rectangle: that's corners (4, 2), and the box (4,)."""
        centre = self._centre(shape, located, self.params.region_filter_share)
        assert shape.polygon is not None
        assert shape.box is not None
        polygon = shape.polygon + centre - shape.centre
        if not self.upright:
            box = shape.box if self.params.box_from == "mask" else polygon_to_box(polygon)
            return polygon, box
        size = polygon_to_box(polygon)[2:]
        share = self.params.region_smoothing
        self._size = size if self._size is None else self._size**share * size ** (1 - share)
        box = np.concatenate([centre - self._size / 2, self._size])
        return box_to_polygon(box), box

    def _centre(self, shape: Shape, located: Localization, share: float) -> np.ndarray:
        """(2,) between the centre of a mask that is believed and, where it is certain, the filter's peak."""
        share = share if self.is_certain(located) else 0.0
        return (1 - share) * shape.centre + share * located.centre

    def _scale_limits(
        self, state: TargetState, change: float, located: Localization, scores_of: ScoresOf
    ) -> tuple[float, float]:
        """Smallest and largest factor by which the scale may change in this frame."""
        widest = self._scale.limits
        if not self.params.scale_witness or 1 / WITNESSED_FROM < change < WITNESSED_FROM:
            return widest
        step = WITNESS_STEP if change > 1 else 1 / WITNESS_STEP
        if not self.is_certain(located):
            return self.params.slow_scale_change
        now, then = scores_of([state, state.rescaled(step)])
        return widest if then > now else self.params.slow_scale_change


def moved_inside(state: TargetState, centre: np.ndarray, image_shape: tuple[int, ...]) -> TargetState:
    """The state at a centre (x, y), or at the point of the image next to it."""
    height, width = image_shape[:2]
    return state.moved_to(np.clip(centre, 0, (width, height)))
