"""The DMB tracker: two memories, one frame at a time (Xie et al., arXiv 2009.09669)."""

import copy
import dataclasses
import math
import time

import numpy as np
import torch

from libs.dcf.localization import Flag
from libs.media.images import as_rgb
from libs.memory.segmenter import Segmenter
from libs.memory.spatial import Localization, SpatialMemoryBank
from libs.memory.target import TargetState
from libs.models.checkpoint import load_network
from libs.models.inference import (
    begin_compiled_step,
    compile_for_inference,
    precision_of,
    prepare_for_inference,
)
from libs.utils.boxes import box_to_polygon
from libs.utils.crops import CropWindow
from libs.utils.device_crops import upload
from libs.utils.errors import SettingsError
from libs.utils.masks import largest_component
from libs.utils.polygons import polygon_area, polygon_to_box
from libs.utils.rectangle_fit import fit_rotated_rectangle
from pytracking.evaluation.environment import network_path
from pytracking.tracker.base.basetracker import SegmentationTracker, require_start
from pytracking.tracker.DMB.debug_view import DebugView
from pytracking.tracker.DMB.initial_region import parse_initial_region
from pytracking.tracker.DMB.look_ahead import segment_ahead
from pytracking.tracker.DMB.scale import ScaleFollower


@dataclasses.dataclass(frozen=True)
class Sight:
    """What both memories see in a frame, before anything is learned from it.

    Attributes:
        image: RGB uint8 (H, W, 3).
        located: what the spatial memory says.
        certain: whether the spatial memory is believed, so that the position moved.
        confident: whether both memories may learn from this frame.
        window: of the crop that the appearance memory segments.
        probability: of the target in that crop, (S, S) tensor in 0..1; None where the frame was not segmented.
        on_target: (S, S) bool tensor, on the host or not, where that is over the mask's threshold; None likewise.
        attention: frame number -> share that it received, as `Segmenter.attention`; empty without a debug view.
        seconds: that it took.
    """

    image: np.ndarray
    located: Localization
    certain: bool
    confident: bool
    window: CropWindow
    probability: torch.Tensor | None
    on_target: torch.Tensor | None
    attention: dict
    seconds: float


@dataclasses.dataclass(frozen=True)
class Shape:
    """What the mask of one frame says of the target.

    Attributes:
        polygon: (4, 2) corners of the fitted rectangle in image pixels, or None where nothing was found.
        mask: (H, W) bool in image coordinates.
        pixels: number of the mask's pixels, in image pixels.
    """

    polygon: np.ndarray | None
    mask: np.ndarray
    pixels: float


class DMB(SegmentationTracker):
    """Tracks one object by its pixels with an appearance and a spatial memory bank on one network.

    Weights are read once, here; `initialize` may be called any number of times.

    Args:
        params: DMBParams; the tracker keeps a frozen copy.

    Raises:
        SettingsError: a parameter is out of its range. CheckpointError: the weights cannot be used.
    """

    def __init__(self, params):
        params.check()
        self.device = _device(params.device)
        network, self.checkpoint = load_network(network_path(params.pth_path), self.device)
        self.network = prepare_for_inference(network, params.precision)
        if params.compile:
            compile_for_inference(self.network)
        # What 'auto' means here is part of what the results were made with.
        params = dataclasses.replace(copy.deepcopy(params), precision=precision_of(self.network)).freeze()
        super().__init__(params)
        self.crop_factor = params.segm_search_area_factor or self.network.config.crop_factor
        self.segmenter = Segmenter(self.network, params, params.segm_output_sz, params.segm_use_dist)
        self.spatial = SpatialMemoryBank(self._spatial_params(), self._filter_features, self.device)
        # With `share_crop` the crop is known before the scores are: there is nothing to look ahead to.
        self.looks_ahead = self.device.type == "cuda" and not params.share_crop
        self.state = None

    @torch.inference_mode()
    def initialize(self, image, info):
        """Start on a new sequence; see BaseTracker.initialize."""
        start = time.perf_counter()
        image = as_rgb(image)
        region = parse_initial_region(info, image.shape)
        self.frame = 0
        self._begin_step()
        spatial = self.spatial.params
        self.state = TargetState.from_box(region.box, spatial.search_area_scale, spatial.sample_size)
        self.spatial.initialize(image, self.state)
        window = self._segmentation_window()
        mask = region.mask
        if not region.exact:
            mask = self.segmenter.refine_region(image, window, mask, self.params.init_segm_mask_thr)
        self.segmenter.initialize(image, window, mask)
        self.mask_threshold = self.params.mask_init_segm_mask_thr if region.exact else self.params.segm_mask_thr
        self.scale_follower = ScaleFollower(self.params, region.exact, mask.sum())
        self.debug_view = DebugView() if info.get("debug") else None
        picture = self.debug_view and self.debug_view.start(self, image, window, mask, region)
        return _output(region.polygon, mask, 1.0, start, picture)

    @torch.inference_mode()
    def predict(self, image):
        """First half of a frame, a `Sight`: where the target is, and which pixels; see SegmentationTracker.predict."""
        start = time.perf_counter()
        require_start(self.state is not None)
        image = as_rgb(image)
        self.frame += 1
        self._begin_step()
        frame = upload(image, self.device) if self.looks_ahead else image
        located, ahead = self._locate(frame)
        certain = located.uncertainty < self.params.tracking_uncertainty_thr
        confident = certain and located.flag not in (Flag.UNCERTAIN, Flag.NOT_FOUND)
        if certain:
            self._move_to(located.centre, image)
        if not self.params.share_crop:
            self.window = self._segmentation_window()
        probability, on_target, attention = None, None, {}
        if located.uncertainty <= self.params.uncertainty_segment_thr:
            probability, on_target = self._segment(frame, ahead)
            attention = self.segmenter.attention() if self.debug_view else {}
        seconds = time.perf_counter() - start
        return Sight(image, located, certain, confident, self.window, probability, on_target, attention, seconds)

    @torch.inference_mode()
    def update(self, sight, merged=None):
        """Second half: the target's shape, and what is learned from it; see SegmentationTracker.update."""
        start = time.perf_counter() - sight.seconds
        shape = None
        if sight.probability is not None:
            shape = self._shape(sight, merged)
            self._follow(shape, sight.located.uncertainty, sight.image)
        picture = self.debug_view and self.debug_view.draw(self, sight, shape, merged)
        if sight.confident:
            self.spatial.learn(self.state.centre, sight.located.flag)
        if shape is not None:
            self.segmenter.remember(self.frame, sight.confident, None if merged is None else merged[1])
        return self._report(sight, shape, start, picture)

    def _begin_step(self):
        if self.params.compile:
            begin_compiled_step()

    def _spatial_params(self):
        """Of the spatial memory; with `share_crop`, its search crop is the segmentation crop."""
        if not self.params.share_crop:
            return self.params
        area = self.segmenter.crop_size**2
        return dataclasses.replace(
            self.params,
            max_image_sample_size=area,
            min_image_sample_size=area,
            search_area_scale=self.crop_factor,
        )

    def _filter_features(self, images):
        return self.network.encode_query(images).r4.float()

    def _locate(self, frame):
        """Where the spatial memory sees the target, and the crop there that was segmented ahead (`Ahead`) or None."""
        if self.params.share_crop:
            self.window = self._segmentation_window()
            features = self.segmenter.encode(frame, self.window)
            return self.spatial.judge(self.spatial.score_in(features.float(), self.window, self.state)), None
        if not self.looks_ahead:
            return self.spatial.locate(frame, self.state), None
        scores = self.spatial.score(frame, self.state)
        ahead = segment_ahead(self.segmenter, frame, scores.best, self.state, self.crop_factor, self.mask_threshold)
        return self.spatial.judge(scores), ahead

    def _segment(self, frame, ahead):
        """The target's probability in `self.window`, and where it is over the threshold."""
        if ahead is not None and ahead.is_of(self.window):
            return ahead.probability, ahead.on_target
        if self.params.share_crop:
            probability = self.segmenter.read(self.window.to_crop(self.state.centre))
        else:
            probability = self.segmenter.segment(frame, self.window)
        return probability, probability > self.mask_threshold

    def _shape(self, sight, merged):
        on_target = sight.on_target
        if merged is not None:
            on_target = (merged[1] > self.mask_threshold) & (merged[1] >= merged[1:].amax(dim=0))
        mask = largest_component(on_target.cpu().numpy(), min_area=50)
        polygon = fit_rotated_rectangle(mask, optimize=self.params.segm_optimize_polygon)
        if polygon is not None:
            polygon = sight.window.to_image(polygon)
        pasted = sight.window.paste_mask(mask, sight.image.shape[:2]) > 0.5
        return Shape(polygon, pasted, mask.sum() * sight.window.scale**2)

    def _follow(self, shape, uncertainty, image):
        if shape.polygon is None:
            return
        # Not beyond the image's longer side: where all is segmented, also what is repeated outside the image, the
        # target would grow for ever.
        largest = max(max(image.shape[:2]) ** 2, self.state.size.prod())
        area = min(polygon_area(shape.polygon), largest)
        new_scale = self.state.scale * math.sqrt(area / self.state.size.prod())
        factor = self.scale_follower.step(self.state.scale, new_scale, shape.pixels, uncertainty)
        self.state = self.state.rescaled(factor)
        self._move_to(shape.polygon.mean(axis=0), image)

    def _move_to(self, centre, image):
        height, width = image.shape[:2]
        self.state = self.state.moved_to(np.clip(centre, 0, (width, height)))

    def _segmentation_window(self):
        return self.state.segmentation_window(self.crop_factor, self.segmenter.crop_size)

    def _report(self, sight, shape, start, picture):
        mask = np.zeros(sight.image.shape[:2], bool) if shape is None else shape.mask
        polygon = box_to_polygon(self.state.box) if shape is None or shape.polygon is None else shape.polygon
        return _output(polygon, mask, sight.located.score, start, picture)


def _output(polygon, mask, score, start, picture=None):
    out = {
        "target_bbox": polygon_to_box(polygon),
        "polygon": polygon,
        "segmentation": mask,
        "score": score,
        "time": time.perf_counter() - start,
    }
    return out if picture is None else {**out, "debug": picture}


def _device(name):
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SettingsError(f"device '{name}' cannot be used: {str(error).splitlines()[0]}") from error
    return device
