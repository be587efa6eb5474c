"""The tracker: the order of a frame."""

import time
from typing import Any

import numpy as np

from dmb_onnx.bank import Bank
from dmb_onnx.errors import InputError
from dmb_onnx.filter import Filter, Located
from dmb_onnx.programs import Programs
from dmb_onnx.regions import Start, box_to_polygon, dilate, polygon_to_box, read_start
from dmb_onnx.rules import Recovery, Rules
from dmb_onnx.shape import Shape, ShapeFitter
from dmb_onnx.target import Target
from dmb_onnx.windows import Window


class Tracker:
    """Follows one object by its pixels.

    Args:
        folder: of exported programs.
        providers: onnxruntime's execution providers, in order of preference.
        threads: of the CPU; 0 for one a core.

    Raises:
        InputError: the folder cannot be used.
    """

    def __init__(
        self, folder: str = "exported", providers: tuple[str, ...] = ("CPUExecutionProvider",), threads: int = 0
    ):
        self.programs = Programs(folder, providers, threads)

    def initialize(self, image: np.ndarray, info: dict[str, Any]) -> dict[str, Any]:
        """Start on a target.

        Args:
            image: (H, W, 3) RGB uint8.
            info: `init_bbox` (x, y, w, h, or four corners), `init_mask` (H, W), or both.

        Returns:
            dict of target_bbox (4,), polygon (4, 2), segmentation (H, W) bool, score 0..1, state and time (seconds).
        """
        started, image, params = time.perf_counter(), _rgb(image), self.programs.params
        start = read_start(info, image.shape)
        self._number, search = 0, self.programs.facts["search_crop"]
        scale = float(np.sqrt(start.box[2:].prod())) * search["factor"] / search["size"]
        self._target = Target(start.box[:2] + start.box[2:] / 2, start.box[2:] / scale, scale)
        self._filter = Filter(self.programs, image, self._target)
        window = self._window()
        frame = self._encode(image, window)
        self._start_bank(frame, window, start.mask)
        mask = start.mask if start.exact else self._refined(frame, window, start)
        upright = params.upright_region and start.upright
        self._rules = Rules(self.programs, start.exact, float(mask.sum()), upright)
        self._fitter = ShapeFitter(upright, params.segm_optimize_polygon)
        if params.calibrate_region:
            self._fitter.calibrate(start.polygon, mask, window)
        self._recovery = Recovery(self.programs)
        return _output(start.polygon, polygon_to_box(start.polygon), mask, 1.0, "tracked", started)

    def track(self, image: np.ndarray, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """Follow the target into the next frame, (H, W, 3) RGB uint8; see `initialize`."""
        started, image, rules = time.perf_counter(), _rgb(image), self._rules
        self._number += 1
        # 1. Where does the filter see the target?
        target = self._target.moved_inside(self._target.centre, image.shape)
        target = self._recovery.look(image, target, self._filter)
        located = self._filter.locate(image, target)
        if rules.is_certain(located):
            target = target.moved_inside(located.centre, image.shape)
        self._target = target
        window = self._window()
        # 2. Which pixels belong to it?
        frame, seen, shape, believed = {}, {"likeness": np.zeros(())}, None, False
        if located.uncertainty <= rules.params.uncertainty_segment_thr:
            frame = self._encode(image, window)
            seen = self.programs.run("segment", {**frame, **self._bank.arrays, "look": self._look})
            on_target = seen["probability"] > rules.mask_threshold
            shape = self._fitter.fit(on_target, seen["probability"], window, image.shape)
            believed = rules.believes(shape, located, target)
        # 3. Where is it, how large, and is it lost?
        if shape is not None and believed:
            args = image.shape, lambda state: self._filter.peak_score(image, state)
            target = rules.follow(target, shape, located, *args)
        score = self._score(located, shape, float(seen["likeness"]))
        self._target, state = self._recovery.settle(target, self._state(score))
        # 4. Both memories learn.
        lost = state == "lost"
        confident = rules.is_confident(located) and not lost
        if confident:
            self._filter.learn(located, self._target.centre)
        if shape is not None and believed and not lost:
            self._remember(frame, seen["memory_mask"], confident)
        if shape is None or shape.polygon is None or not believed or lost:
            region = box_to_polygon(self._target.box), self._target.box
        else:
            region = rules.region(shape, located)
        mask = np.zeros(image.shape[:2], bool) if shape is None or lost else shape.mask
        return _output(*region, mask, score, state, started)

    def _window(self) -> Window:
        crop = self.programs.facts["segmentation_crop"]
        return self._target.segmentation_window(crop["factor"], crop["size"])

    def _encode(self, image: np.ndarray, window: Window) -> dict[str, np.ndarray]:
        pixels = {"pixels": window.extract(image)[None]}
        return {**pixels, **self.programs.run("encode", pixels)}

    def _start_bank(self, frame: dict[str, np.ndarray], window: Window, mask: np.ndarray) -> None:
        first = self.programs.run("remember", {**frame, "mask": window.extract_mask(mask)[None]})
        self._look = first["look"]
        self._bank = Bank(self.programs.params.memory_capacity, first["memory_key"], first["memory_value"])

    def _refined(self, frame: dict[str, np.ndarray], window: Window, start: Start) -> np.ndarray:
        """The network's mask (H, W) of the target in a region; it replaces the region's mask in the memory."""
        seen = self.programs.run("segment", {**frame, **self._bank.arrays, "look": self._look})
        probability = window.paste_mask(seen["probability"], start.mask.shape)
        near = dilate(start.mask, max(1, round(0.05 * np.sqrt(start.mask.sum()))))
        mask = (probability > self.programs.params.init_segm_mask_thr) & near
        mask = mask if mask.any() else start.mask
        self._start_bank(frame, window, mask)
        return mask

    def _remember(self, frame: dict[str, np.ndarray], mask: np.ndarray, confident: bool) -> None:
        params = self.programs.params
        keep = confident and self._number % params.memory_interval == 0
        if keep or params.remember_last:
            seen = self.programs.run("remember", {**frame, "mask": mask})
            self._bank.remember(keep, seen["memory_key"], seen["memory_value"])

    def _score(self, located: Located, shape: Shape | None, likeness: float) -> float:
        """The probability that the region overlaps the target by more than half."""
        mask_score = 0.0 if shape is None else shape.score
        seen = (1.0, located.score, mask_score, self._rules.agreement(shape, located), likeness)
        return float(1 / (1 + np.exp(-np.clip(np.dot(self.programs.params.score_weights, seen), -50, 50))))

    def _state(self, score: float) -> str:
        if score < self.programs.params.lost_score:
            return "lost"
        return "tracked" if score >= 0.5 else "doubtful"


def _rgb(image: np.ndarray) -> np.ndarray:
    image = np.asarray(image)
    channels = (*image.shape, 1)[2] if image.ndim in (2, 3) else 0
    if channels not in (1, 3, 4) or image.size == 0:
        raise InputError(f"image of shape {image.shape}; give (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with pixels")
    if image.dtype == np.uint16:
        image = np.round(image / np.float32(257)).astype(np.uint8)
    if image.dtype != np.uint8:
        raise InputError(f"image of type {image.dtype}; give uint8 (0..255) or uint16 (0..65535)")
    if channels == 1:
        return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(image[..., :3])


def _output(
    polygon: np.ndarray, box: np.ndarray, mask: np.ndarray, score: float, state: str, started: float
) -> dict[str, Any]:
    return {
        "target_bbox": box,
        "polygon": polygon,
        "segmentation": mask,
        "score": score,
        "state": state,
        "time": time.perf_counter() - started,
    }
