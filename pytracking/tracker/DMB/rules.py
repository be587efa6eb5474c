"""What is believed of a frame: whether a mask counts, where the target is, and how large.

Each rule is a parameter (`pytracking/tracker/DMB/params.py`). Those that the paper does not have break part collapse: a
mask that loses the legs, then the trunk, while scale, memory and filter follow it.
"""

import math

import numpy as np

from libs.memory.spatial import Flag, Localization
from libs.memory.target import TargetState
from libs.utils.polygons import polygon_area
from pytracking.tracker.DMB.params import DMBParams
from pytracking.tracker.DMB.scale import ScaleFollower
from pytracking.tracker.DMB.shape import Shape


class Rules:
    """The rules for one target.

    Args:
        params: of the tracker.
        from_mask: the tracker was started from a mask.
        pixels: of the first mask, in image pixels.
    """

    def __init__(self, params: DMBParams, from_mask: bool, pixels: float):
        self.params = params
        self.mask_threshold = params.mask_init_segm_mask_thr if from_mask else params.segm_mask_thr
        self._scale = ScaleFollower(params, from_mask, pixels)

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
        return share == 0 or located.score_at(shape.polygon.mean(axis=0)) >= share * located.score

    def follow(
        self, state: TargetState, shape: Shape, located: Localization, image_shape: tuple[int, ...]
    ) -> TargetState:
        """The target's state after a mask that is believed: its scale, and its position where the mask decides that.

        Args:
            state: at the spatial memory's peak where that is certain, else the last one.
        """
        if shape.polygon is None:
            return state
        # Not beyond the image's longer side: where all is segmented, also what is repeated outside the image, the
        # target would grow for ever.
        largest = max(max(image_shape[:2]) ** 2, state.size.prod())
        area = min(polygon_area(shape.polygon), largest)
        new_scale = state.scale * math.sqrt(area / state.size.prod())
        state = state.rescaled(self._scale.step(state.scale, new_scale, shape.pixels, located.uncertainty))
        if self.params.position_from == "filter" and self.is_certain(located):
            return state
        return moved_inside(state, shape.polygon.mean(axis=0), image_shape)


def moved_inside(state: TargetState, centre: np.ndarray, image_shape: tuple[int, ...]) -> TargetState:
    """The state at a centre (x, y), or at the point of the image next to it."""
    height, width = image_shape[:2]
    return state.moved_to(np.clip(centre, 0, (width, height)))
