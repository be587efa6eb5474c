"""The DMB tracker: two memories, one frame at a time (Xie et al., arXiv 2009.09669)."""

import dataclasses
import functools
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from libs.media.images import as_rgb
from libs.memory.merging import Shares
from libs.memory.policy import Decision, Evidence
from libs.memory.segmenter import Segmenter
from libs.memory.spatial import Localization, SpatialMemoryBank, locate_together
from libs.memory.target import TargetState
from libs.models.amb import EncodedFrame
from libs.models.checkpoint import load_network
from libs.models.inference import (
    allow_tf32,
    begin_compiled_step,
    compile_for_inference,
    precision_of,
    prepare_for_inference,
)
from libs.models.own_backbones import import_backbone
from libs.utils.boxes import box_to_polygon
from libs.utils.crops import CropWindow, crop_inputs
from libs.utils.devices import find_device
from libs.utils.polygons import polygon_to_box
from libs.utils.state import State
from pytracking.evaluation.environment import network_path
from pytracking.tracker.base.basetracker import started
from pytracking.tracker.base.batch import BatchTracker
from pytracking.tracker.DMB import batch
from pytracking.tracker.DMB.confidence import score_of, state_of
from pytracking.tracker.DMB.debug_view import DebugView
from pytracking.tracker.DMB.initial_region import InitialRegion, parse_initial_region
from pytracking.tracker.DMB.params import DMBParams
from pytracking.tracker.DMB.recovery import Recovery
from pytracking.tracker.DMB.rules import Rules, moved_inside
from pytracking.tracker.DMB.shape import Shape, ShapeFitter
from pytracking.tracker.DMB.sight import Judgement, Seen, Sight

TOGETHER_ON_CPU = 2
"""Objects in a batch on a CPU. One thread of a CPU with AVX2 encodes two crops in 0.8 to 0.9 of the time of two single
ones; five, which its caches do not hold, take 1.2 times as long as five single ones."""


class DMB(BatchTracker):
    """Tracks one object by its pixels with an appearance and a spatial memory bank on one network.

    Weights are read once, here; `initialize` may be called any number of times.

    Args:
        params: of the tracker, which keeps a frozen copy: what they leave open is filled in from the checkpoint.

    Raises:
        SettingsError: a parameter is out of its range. CheckpointError: the weights cannot be used.
    """

    def __init__(self, params: DMBParams):
        self.device = find_device(params.device)
        if self.device.type == "cpu":
            self.most_together, self.side_by_side = TOGETHER_ON_CPU, torch.get_num_threads()
        if params.backbone:
            import_backbone(params.backbone)
        network, self.checkpoint = load_network(network_path(params.pth_path), self.device)
        params = params.completed(self.checkpoint.get("tracking", {}), self.checkpoint["path"])
        params.check()
        allow_tf32(params.tf32)
        self.network = prepare_for_inference(network, params.precision)
        if params.compile:
            compile_for_inference(self.network)
        # What 'auto' means here is part of what the results were made with.
        params.precision = precision_of(self.network)
        super().__init__(params.freeze())
        self.crop_factor = params.segm_search_area_factor or self.network.config.crop_factor
        self.segmenter = Segmenter(self.network, params, params.segm_output_sz, params.segm_use_dist)
        self.spatial = SpatialMemoryBank(self._spatial_params(), self._filter_features_of_many, self.device)
        self._state: TargetState | None = None
        self._seen: Seen | None = None

    @property
    def state(self) -> TargetState:
        """Where the target is. Raises SettingsError before `initialize`."""
        return started(self._state)

    @state.setter
    def state(self, state: TargetState) -> None:
        self._state = state

    @torch.inference_mode()
    def initialize(self, image: np.ndarray, info: dict[str, Any]) -> dict[str, Any]:
        """Start on a new sequence; see BaseTracker.initialize."""
        start = time.perf_counter()
        image, params = as_rgb(image), self.params
        region = parse_initial_region(info, image.shape)
        self.number = 0
        self._begin_step()
        self.state = self._state_in(region)
        self.spatial.initialize(image, self.state)
        window, mask = self._segmentation_window(), region.mask
        frame = self.segmenter.encode(image, window)
        if not region.exact:
            mask = self.segmenter.refine_region(frame, window, mask, params.init_segm_mask_thr)
        self.segmenter.initialize(frame, window, mask)
        self._seen = self._kept(window, frame)
        self._expect(region, mask, window, params.upright_region and region.upright)
        self.recovery = Recovery(params)
        self.debug_view = DebugView() if info.get("debug") else None
        picture = self.debug_view and self.debug_view.start(self, image, window, mask, region)
        return _shown(region, mask, time.perf_counter() - start, picture)

    @torch.inference_mode()
    def correct(self, image: np.ndarray, info: dict[str, Any], forget_since: int | None = None) -> dict[str, Any]:
        """Learn where the target is in the frame just seen; see SegmentationTracker.correct.

        Both memories keep what they have; a box or polygon becomes a mask by all that is remembered.
        """
        start = time.perf_counter()
        image = as_rgb(image)
        if self.number == 0:
            return self.initialize(image, info)
        region = parse_initial_region(info, image.shape)
        if forget_since is not None:
            self.segmenter.bank.forget_since(forget_since)
            self.spatial.memory.forget_since(forget_since)
        self.state = self._state_in(region)
        window, frame = self._seen_around(image)
        mask, threshold = region.mask, self.params.init_segm_mask_thr
        if not region.exact:
            args = self.number, frame, window, mask, threshold, self._expected(window)
            mask = self.segmenter.refine_correction(*args)
        self.segmenter.correct(self.number, frame, window, mask)
        shared = frame if self.params.share_crop else None
        search = window if shared else self.state.search_window(self.spatial.params.sample_size)
        self.spatial.correct(self._search_features(image, [search], shared), search, self.state.centre)
        upright = self.rules.upright
        if info.get("init_bbox") is not None:
            upright = self.params.upright_region and region.upright
        self._expect(region, mask, window, upright)
        self.recovery = Recovery(self.params)
        return _shown(region, mask, time.perf_counter() - start)

    @property
    def batch_key(self) -> int:
        """See BatchTracker.batch_key."""
        return id(self.network)

    @classmethod
    @torch.inference_mode()
    def predict_all(cls, trackers: Sequence["DMB"], image: np.ndarray) -> list[Sight]:
        """First half of a frame: where the targets are, and which pixels; see BatchTracker.predict_all."""
        start = time.perf_counter()
        image, share_crop = as_rgb(image), trackers[0].params.share_crop
        trackers[0]._begin_step()
        segmenters, states = [tracker.segmenter for tracker in trackers], [tracker._next(image) for tracker in trackers]
        seen = batch.look(segmenters, image, cls._segmentation_windows(trackers)) if share_crop else []
        located = cls._locate(trackers, image, states, seen)
        certain = [tracker._move(found, image) for tracker, found in zip(trackers, located, strict=True)]
        rows = [row for row, found in enumerate(located) if trackers[row].rules.is_segmented(found)]
        segmenters = [segmenters[row] for row in rows]
        if not share_crop:
            seen = [Seen(window, None) for window in cls._segmentation_windows(trackers)]
            looks = batch.look(segmenters, image, [seen[row].window for row in rows])
            for row, look in zip(rows, looks, strict=True):
                seen[row] = look
        expected = [trackers[row]._expected(seen[row].window) for row in rows]
        read = batch.read(segmenters, [seen[row] for row in rows], expected)
        probabilities = dict(zip(rows, read, strict=True))
        seconds = (time.perf_counter() - start) / len(trackers)
        return [
            tracker._sight(image, located[row], certain[row], seen[row], probabilities.get(row), seconds)
            for row, tracker in enumerate(trackers)
        ]

    @classmethod
    @torch.inference_mode()
    def update_all(
        cls, trackers: Sequence["DMB"], predictions: Sequence[Sight], merged: Sequence[Shares | None]
    ) -> list[dict[str, Any]]:
        """Second half: the targets' shapes, and what is learned from them; see BatchTracker.update_all."""
        start = time.perf_counter()
        segmenters = [tracker.segmenter for tracker in trackers]
        masks = batch.read_masks(segmenters, predictions, merged)
        judged = [
            tracker._judge(sight, found) for tracker, sight, found in zip(trackers, predictions, masks, strict=True)
        ]
        decisions = batch.remember(segmenters, predictions, merged, [judgement.evidence for judgement in judged])
        seconds = (time.perf_counter() - start) / len(trackers)
        return [
            tracker._report(judged[row], merged[row], decisions[row], seconds) for row, tracker in enumerate(trackers)
        ]

    def state_dict(self) -> dict[str, Any]:
        """See SegmentationTracker.state_dict."""
        window = started(self._seen).window
        return {
            "number": self.number,
            "target": self.state.numbers,
            "seen": [window.x, window.y, window.side, window.size],
            "appearance": self.segmenter.bank.state_dict(),
            "spatial": self.spatial.state_dict(),
            "looks": self.segmenter.likeness.looks,
            "rules": self.rules.state_dict(),
            "missed": self.recovery.missed,
            "factors": self.fitter.factors.tolist(),
            "offset": self.fitter.offset.tolist(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See SegmentationTracker.load_state_dict."""
        self.number, self.state = state["number"], TargetState.from_numbers(state["target"])
        self._seen = Seen(CropWindow(*state["seen"]), None)
        self.segmenter.bank.load_state_dict(state["appearance"])
        self.spatial.load_state_dict(state["spatial"])
        self.rules = Rules.from_state_dict(self.params, state["rules"])
        self.segmenter.likeness.looks = state["looks"]
        self.recovery = Recovery(self.params, state["missed"])
        self.fitter = ShapeFitter(self.rules.upright, self.params.segm_optimize_polygon)
        self.fitter.factors, self.fitter.offset = np.array(state["factors"]), np.array(state["offset"])
        self.debug_view = None

    def _mark(self) -> Any:
        own = self.state, self.number, self._seen, self.rules.state_dict(), self.recovery.missed
        return own, self.segmenter.bank.mark(), self.spatial.mark()

    @torch.inference_mode()
    def _return_to(self, mark: Any) -> None:
        (self.state, self.number, self._seen, rules, missed), appearance, spatial = mark
        self.rules = Rules.from_state_dict(self.params, rules)
        self.recovery = Recovery(self.params, missed)
        self.segmenter.bank.return_to(appearance)
        self.spatial.return_to(spatial)

    def _state_in(self, region: InitialRegion) -> TargetState:
        spatial = self.spatial.params
        return TargetState.from_box(region.box, spatial.search_area_scale, spatial.sample_size)

    def _expect(self, region: InitialRegion, mask: np.ndarray, window: CropWindow, upright: bool) -> None:
        """Take a region, and the target's mask (H, W) in the crop of `window`, as the measure of what follows."""
        self.rules = Rules(self.params, region.exact, float(mask.sum()), upright)
        self.fitter = ShapeFitter(upright, self.params.segm_optimize_polygon)
        if self.params.calibrate_region:
            self.fitter.calibrate(region.polygon, mask, window)

    def _expected(self, window: CropWindow) -> np.ndarray | None:
        """Where in the crop of a window the target is expected; None: at its centre."""
        return window.to_crop(self.state.centre) if self.params.share_crop else None

    def _next(self, image: np.ndarray) -> TargetState:
        """Where to look for the target in the next frame."""
        self.number += 1
        # Frames may change their size.
        state = moved_inside(self.state, self.state.centre, image.shape)
        self.state = self.recovery.look(image, state, self.spatial)
        return self.state

    @staticmethod
    def _locate(
        trackers: Sequence["DMB"], image: np.ndarray, states: Sequence[TargetState], seen: Sequence[Seen]
    ) -> list[Localization]:
        """Where the spatial memories see the targets, in crops of their own unless there are some to share."""
        first = trackers[0]
        windows = [look.window for look in seen]
        windows = windows or [state.search_window(first.spatial.params.sample_size) for state in states]
        features = first._search_features(image, windows, batch.join(seen) if seen else None)
        return locate_together([tracker.spatial for tracker in trackers], features, windows, states)

    def _move(self, located: Localization, image: np.ndarray) -> bool:
        """Go where the spatial memory sees the target, if it is believed; whether it is."""
        certain = self.rules.is_certain(located)
        if certain:
            self.state = moved_inside(self.state, located.centre, image.shape)
        return certain

    def _sight(
        self,
        image: np.ndarray,
        located: Localization,
        certain: bool,
        seen: Seen,
        probability: Tensor | None,
        seconds: float,
    ) -> Sight:
        attention = {}
        if self.debug_view and seen.frame is not None and probability is not None:
            attention = self.segmenter.attention(seen.frame)
        confident = self.rules.is_confident(located)
        return Sight(image, located, certain, confident, seen.window, seen.frame, probability, attention, seconds)

    def _search_features(self, image: np.ndarray, windows: Sequence[CropWindow], shared: EncodedFrame | None) -> Tensor:
        """Of the spatial memories' crops, which are those of `shared` where there are crops to share."""
        if shared is None:
            return self._filter_features(crop_inputs(image, windows, self.device))
        return self._filter_features(shared.images) if self.network.has_filter_encoder else shared.r4.float()

    def _seen_around(self, image: np.ndarray) -> tuple[CropWindow, EncodedFrame]:
        """A crop of the frame just seen around the target's state: the one that was seen, if that serves."""
        window, seen = self._segmentation_window(), self._seen
        if seen is not None and self.params.share_crop and seen.is_about(window):
            window = seen.window
            if seen.frame is not None:
                return window, seen.frame
        self._begin_step()
        return window, self.segmenter.encode(image, window)

    def _kept(self, window: CropWindow, frame: EncodedFrame | None) -> Seen:
        """A crop just seen; with CUDA graphs, what was encoded lasts until the next call of the network alone."""
        return Seen(window, None if self.params.compile else frame)

    def _begin_step(self) -> None:
        if self.params.compile:
            begin_compiled_step()

    def _spatial_params(self) -> DMBParams:
        """Of the spatial memory; with `share_crop`, its search crop is the segmentation crop."""
        if not self.params.share_crop:
            return self.params
        area = self.segmenter.crop_size**2
        return self.params.replace(max_image_sample_size=area, search_area_scale=self.crop_factor)

    def _filter_features(self, images: Tensor) -> Tensor:
        return self.network.filter_features(images).float()

    def _filter_features_of_many(self, images: Tensor) -> Tensor:
        """Of a start's crops, in batches no larger than a frame's, for which `most_together` holds too."""
        return torch.cat([self._filter_features(batch) for batch in images.split(self.most_together)])

    def _judge(self, sight: Sight, masks: tuple[np.ndarray, float] | None) -> Judgement:
        """What a frame says of the target, by `read_masks`; its state follows, and the spatial memory learns."""
        shape, likeness = None, 0.0
        if masks is not None:
            shares, likeness = masks
            on_target = (shares[0] > self.rules.mask_threshold) & (shares[0] >= shares.max(axis=0))
            shape = self.fitter.fit(on_target, shares[0], sight.window, sight.image.shape)
        believed = shape is not None and self.rules.believes(shape, sight.located, self.state)
        if shape is not None and believed:
            scores_of = functools.partial(self.spatial.peak_scores, sight.image)
            self.state = self.rules.follow(self.state, shape, sight.located, sight.image.shape, scores_of)
        evidence = self._evidence(sight, shape, believed, likeness)
        score = score_of(sight.located.score, evidence, self.params)
        self.state, found = self.recovery.settle(self.state, state_of(score, self.params))
        if found is State.LOST:
            sight = dataclasses.replace(sight, confident=False)
            evidence = dataclasses.replace(evidence, confident=False, believed=False)
        if sight.confident:
            self.spatial.learn(sight.located, self.state.centre)
        return Judgement(sight, shape, evidence, score, found)

    def _report(
        self, judgement: Judgement, merged: Shares | None, decision: Decision, seconds: float
    ) -> dict[str, Any]:
        sight, shape, found = judgement.sight, judgement.shape, judgement.state
        picture = self.debug_view and self.debug_view.draw(self, judgement, decision, merged)
        region = self._region(shape, sight.located, judgement.evidence.believed)
        mask = shape.mask if shape is not None and found is not State.LOST else np.zeros(sight.image.shape[:2], bool)
        self._seen = self._kept(sight.window, sight.frame)
        return _output(*region, mask, judgement.score, found, sight.seconds + seconds, picture)

    def _evidence(self, sight: Sight, shape: Shape | None, believed: bool, likeness: float) -> Evidence:
        return Evidence(
            number=self.number,
            confident=sight.confident,
            believed=believed,
            uncertainty=sight.located.uncertainty,
            mask_score=0.0 if shape is None else shape.score,
            area_ratio=0.0 if shape is None else shape.pixels / self.rules.expected_pixels,
            agreement=self.rules.agreement(shape, sight.located),
            likeness=likeness,
        )

    @staticmethod
    def _segmentation_windows(trackers: Sequence["DMB"]) -> list[CropWindow]:
        return [tracker._segmentation_window() for tracker in trackers]

    def _segmentation_window(self) -> CropWindow:
        return self.state.segmentation_window(self.crop_factor, self.segmenter.crop_size)

    def _region(self, shape: Shape | None, located: Localization, believed: bool) -> tuple[np.ndarray, np.ndarray]:
        """What is reported: corners (4, 2) and box (4,)."""
        if shape is None or shape.polygon is None or not believed:
            return box_to_polygon(self.state.box), self.state.box
        return self.rules.region(shape, located)


def _shown(
    region: InitialRegion, mask: np.ndarray, seconds: float, picture: np.ndarray | None = None
) -> dict[str, Any]:
    """The output for a frame in which somebody showed the target."""
    return _output(region.polygon, polygon_to_box(region.polygon), mask, 1.0, State.TRACKED, seconds, picture)


def _output(
    polygon: np.ndarray,
    box: np.ndarray,
    mask: np.ndarray,
    score: float,
    state: State,
    seconds: float,
    picture: np.ndarray | None = None,
) -> dict[str, Any]:
    out = {
        "target_bbox": box,
        "polygon": polygon,
        "segmentation": mask,
        "score": score,
        "state": state,
        "time": seconds,
    }
    return out if picture is None else {**out, "debug": picture}
