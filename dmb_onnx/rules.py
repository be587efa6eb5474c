"""Rules for each frame: whether the mask counts, where the target is, how large it is, and whether it is lost."""

import collections
import math
from collections.abc import Callable

import numpy as np

from dmb_onnx.filter import Filter, Flag, Located
from dmb_onnx.programs import Programs
from dmb_onnx.regions import box_to_polygon, polygon_area, polygon_to_box
from dmb_onnx.shape import Shape
from dmb_onnx.target import Target

WITNESSED_FROM = 1.07
WITNESS_STEP = 1.075


class Rules:
    """The rules for one target, whose first mask was given (`from_mask`) or estimated, and has `pixels` pixels."""

    def __init__(self, programs: Programs, from_mask: bool, pixels: float, upright: bool):
        self.params = params = programs.params
        self.upright, self._size = upright, None
        self.mask_threshold = params.mask_init_segm_mask_thr if from_mask else params.segm_mask_thr
        prefix = "mask_init_" if from_mask else ""
        self._limits = tuple(getattr(params, f"{prefix}{end}_scale_change_factor") for end in ("min", "max"))
        self._pixels = collections.deque([pixels], maxlen=params.mask_pixels_budget_sz)

    def is_certain(self, located: Located) -> bool:
        """Whether the target moves to the filter's peak."""
        return located.uncertainty < self.params.tracking_uncertainty_thr

    def is_confident(self, located: Located) -> bool:
        """Whether both memories may learn."""
        return self.is_certain(located) and located.flag not in (Flag.UNCERTAIN, Flag.NOT_FOUND)

    def believes(self, shape: Shape, located: Located, target: Target) -> bool:
        """Whether a mask counts."""
        if shape.polygon is None or not self.is_certain(located):
            return True
        ratio, share = self.params.mask_area_ratio, self.params.mask_agreement
        if ratio is not None and not 1 / ratio <= polygon_area(shape.polygon) / target.size.prod() <= ratio:
            return False
        return share == 0 or self.agreement(shape, located) >= share

    def agreement(self, shape: Shape | None, located: Located) -> float:
        """The filter's score at the mask's centre, as a share of its highest score."""
        if shape is None or shape.polygon is None or not located.score > 0:
            return 0.0
        return max(0.0, located.score_at(shape.centre) / located.score)

    def follow(
        self,
        target: Target,
        shape: Shape,
        located: Located,
        image_shape: tuple[int, ...],
        score_of: Callable[[Target], float],
    ) -> Target:
        """The target after a mask that counts; `score_of` gives the filter's peak score for another state."""
        if shape.polygon is None:
            return target
        area = min(polygon_area(shape.polygon), max(max(image_shape[:2]) ** 2, target.size.prod()))
        change = math.sqrt(area / target.size.prod())
        limits = self._scale_limits(target, change, located, score_of)
        target = target.rescaled(self._step(target.scale, change, shape.pixels, located.uncertainty, limits))
        return target.moved_inside(self._centre(shape, located, self.params.filter_share), image_shape)

    def region(self, shape: Shape, located: Located) -> tuple[np.ndarray, np.ndarray]:
        """Corners (4, 2) and box (4,) to report for a mask that counts."""
        assert shape.polygon is not None
        assert shape.box is not None
        centre = self._centre(shape, located, self.params.region_filter_share)
        polygon = shape.polygon + centre - shape.centre
        if not self.upright:
            return polygon, shape.box if self.params.box_from == "mask" else polygon_to_box(polygon)
        size, share = polygon_to_box(polygon)[2:], self.params.region_smoothing
        self._size = size if self._size is None else self._size**share * size ** (1 - share)
        box = np.concatenate([centre - self._size / 2, self._size])
        return box_to_polygon(box), box

    def _centre(self, shape: Shape, located: Located, share: float) -> np.ndarray:
        share = share if self.is_certain(located) else 0.0
        return (1 - share) * shape.centre + share * located.centre

    def _scale_limits(
        self, target: Target, change: float, located: Located, score_of: Callable[[Target], float]
    ) -> tuple[float, float]:
        if not self.params.scale_witness or 1 / WITNESSED_FROM < change < WITNESSED_FROM:
            return self._limits
        step = WITNESS_STEP if change > 1 else 1 / WITNESS_STEP
        if self.is_certain(located) and score_of(target.rescaled(step)) > score_of(target):
            return self._limits
        return tuple(self.params.slow_scale_change)

    def _step(
        self, scale: float, change: float, pixels: float, uncertainty: float, limits: tuple[float, float]
    ) -> float:
        """Factor for the scale; 1 when the measurement does not count."""
        params, average = self.params, float(np.mean(self._pixels))
        deviation = abs(pixels - average) / average
        if deviation < params.consider_segm_pixels_ratio:
            self._pixels.append(pixels)
        believed = (
            params.segm_scale_estimation
            and uncertainty < params.uncertainty_segm_scale_thr
            and deviation < params.segm_pixels_ratio
            and scale * change > params.segm_min_scale
            and abs(change - 1) < params.max_rel_scale_ch_thr
        )
        return float(np.clip(change, *limits)) if believed else 1.0


class Recovery:
    """Decides when the target is lost, and then looks for it in the whole frame."""

    def __init__(self, programs: Programs):
        self._params, self._missed, self._left = programs.params, 0, None

    def look(self, image: np.ndarray, target: Target, filter_: Filter) -> Target:
        """Where to look for the target: at its last place, or where the filter finds it in the whole frame."""
        self._left = None
        params, frames_lost = self._params, self._missed - self._params.lost_after
        if params.redetection_interval is None or frames_lost < 0 or frames_lost % params.redetection_interval:
            return target
        places = [(filter_.peak_score(image, place), place) for place in filter_.search(image, target)]
        score, best = max(places, key=lambda pair: pair[0], default=(-math.inf, target))
        if score < params.redetection_score * filter_.typical_score:
            return target
        self._left = target
        return best

    def settle(self, target: Target, found: str) -> tuple[Target, str]:
        """The target to keep, and the state to report."""
        left, self._left = self._left, None
        failed = left is not None and found != "tracked"
        self._missed = self._missed + 1 if failed or found == "lost" else 0
        if left is not None and failed:
            return left, "lost"
        if found != "lost":
            return target, found
        return target, "lost" if self._missed >= self._params.lost_after else "doubtful"
