"""The spatial memory bank: a correlation filter, learned online, that says where the target is and how sure it is.

Positions in arguments and results are (x, y) in image pixels, edge coordinates. Score maps and labels are indexed (row,
column); `libs.dcf.labels.score_index` converts one to the other.
"""

import collections
import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from libs.dcf.conjugate_gradient import Direction
from libs.dcf.correlation import Correlation
from libs.dcf.filter_problems import DataTerm
from libs.dcf.fourier import ScoreSampler
from libs.dcf.labels import gaussian_labels, label_sigma, score_index
from libs.dcf.localization import Flag, Peak, Thresholds, judge_peaks, peak_numbers, read_peaks
from libs.dcf.projection import normalize_features, principal_axes, project, random_projection
from libs.memory.augmentation import augment_crop
from libs.memory.filter_learning import improve_filter, start_filter
from libs.memory.sample_memory import SampleMemory
from libs.memory.spatial_params import SpatialMemoryParams
from libs.memory.target import TargetState
from libs.utils.crops import CropWindow, crop_inputs, normalize_crops
from libs.utils.devices import read_back
from libs.utils.errors import SettingsError

__all__ = ["Flag", "Localization", "SpatialMemoryBank", "SpatialMemoryParams"]

FRAMES_WITHOUT_UNCERTAINTY = 5


class Response(NamedTuple):
    """A filter's response to one search crop, left on the bank's device.

    Attributes:
        sample: (1, K, h, w), the projected features of the crop.
        score_map: (P, P), windowed scores.
        peaks: (4,), see `peak_numbers`.
    """

    sample: Tensor
    score_map: Tensor
    peaks: Tensor


@dataclasses.dataclass(frozen=True)
class Localization:
    """Where the filter sees the target in one frame.

    Attributes:
        centre: (2,) x, y of the target's centre in image pixels.
        displacement: (2,) x, y from the centre of the search crop, in image pixels.
        score: the highest windowed score; about 1 or less for what the filter learned.
        flag: Flag.
        uncertainty: mean of the last peak scores over this one: about 1 is usual, 3 doubtful; 0 in the first 5 frames,
            inf if the peak is not positive.
        score_map: (P, P) windowed scores on the search crop; `score_upsample_factor` points per crop pixel.
        rival: (2,) x, y of the highest score outside the target's neighbourhood in image pixels, or None.
        window: of the search crop.
        sample: (1, K, h, w), the projected features of the search crop, from which the filter may `learn`.
    """

    centre: np.ndarray
    displacement: np.ndarray
    score: float
    flag: Flag
    uncertainty: float
    score_map: np.ndarray
    rival: np.ndarray | None
    window: CropWindow
    sample: Tensor

    def score_at(self, point: np.ndarray) -> float:
        """The windowed score at a point (x, y) of the image; outside the search crop, the score at its border."""
        points = self.score_map.shape[-1]
        column, row = np.clip(np.rint(self.window.to_crop(point) * (points / self.window.size)), 0, points - 1)
        return float(self.score_map[int(row), int(column)])


class SpatialMemoryBank:
    """The spatial memory: built once, initialised for every target; one crop and one feature pass per frame.

    Args:
        params: SpatialMemoryParams (or a derived class); read only.
        extract_features: function from ImageNet-normalised crops (N, 3, S, S) on `device` to features (N, C, h, w) of
            stride 16.
        device: torch device of crops and memory.

    Raises:
        SettingsError: a parameter is out of its range.
    """

    def __init__(
        self, params: SpatialMemoryParams, extract_features: Callable[[Tensor], Tensor], device: torch.device | str
    ):
        params.check_sizes()
        self.params = params
        self.extract_features = extract_features
        self.device = torch.device(device)
        self.memory = SampleMemory(params.sample_memory_size)

    @torch.inference_mode()
    def initialize(self, image: np.ndarray, state: TargetState) -> None:
        """Forget everything and learn filter and projection from one frame.

        Args:
            image: (H, W, 3) RGB uint8.
            state: TargetState.

        Raises:
            SettingsError: `compressed_dim` exceeds the channels of the features, or the augmented crops exceed the
                memory.
        """
        params = self.params
        window = state.search_window(params.sample_size)
        augmented = augment_crop(image, window, params.augmentation, params.augmentation_expansion_factor)
        features = self._features(augmented.crops)
        self._check_sizes(features)
        self._prepare_scores(features)
        self._sigma = label_sigma(state.base_size, self._stride, params.output_sigma_factor)
        labels = self._labels(params.sample_size / 2 + augmented.shifts, features)
        self._start_filter(features, labels)
        self.memory.reset(project(features, self.projection), labels)
        self._direction: Direction | None = None
        self._update_filter(params.post_init_CG_iter)
        self._frames = 0
        self._peak_scores = collections.deque(maxlen=params.response_budget_sz)

    def locate(self, image: np.ndarray, state: TargetState) -> Localization:
        """Look for the target around its last position.

        Args:
            image: (H, W, 3) RGB uint8.
            state: the last one known.
        """
        window = state.search_window(self.params.sample_size)
        features = self.extract_features(crop_inputs(image, [window], self.device))
        return locate_together([self], features, [window], [state])[0]

    @property
    def typical_score(self) -> float:
        """Mean of the last peak scores; 0 before the first."""
        return sum(self._peak_scores) / max(1, len(self._peak_scores))

    def respond(self, features: Tensor, state: TargetState) -> Response:
        """Apply the filter to a search crop.

        Args:
            features: (1, C, h, w) of the crop, as `extract_features` returns them.
            state: the last one known.
        """
        params = self.params
        sample = project(normalize_features(features), self.projection)
        score_map = self._sampler(Correlation(sample, params.kernel_size)(self.filter))[0]
        neighbourhood = params.target_neighborhood_scale * params.score_upsample_factor * state.base_size[::-1]
        return Response(sample, score_map, peak_numbers(score_map, neighbourhood))

    def judge(self, sample: Tensor, score_map: np.ndarray, peaks: np.ndarray, window: CropWindow) -> Localization:
        """Where the target is, by a `Response` to the crop of a window; all of it but the sample is on the host."""
        self._frames += 1
        first, second = read_peaks(peaks.tolist(), score_map.shape[1])
        thresholds = Thresholds(*(getattr(self.params, name) for name in Thresholds._fields))
        flag, peak = judge_peaks(first, second, score_map.shape, thresholds)
        centre = self._to_image(peak, window)
        return Localization(
            centre=centre,
            displacement=centre - window.centre,
            score=first.score,
            flag=flag,
            uncertainty=self._uncertainty(first.score),
            score_map=score_map,
            rival=None if second is None else self._to_image(second, window),
            window=window,
            sample=sample,
        )

    def scores(self, crops: np.ndarray | Sequence[np.ndarray]) -> Tensor:
        """(N, h, w) scores of crops (N, S, S, 3), RGB uint8, of any size: neither windowed nor upsampled."""
        features = self._features(crops)
        return Correlation(project(features, self.projection), self.params.kernel_size)(self.filter)

    @torch.inference_mode()
    def peak_scores(self, image: np.ndarray, states: Sequence[TargetState]) -> list[float]:
        """The highest windowed score in the search crop of each candidate state."""
        windows = [state.search_window(self.params.sample_size) for state in states]
        scores = self.scores([window.extract(image) for window in windows])
        return self._sampler(scores).flatten(1).amax(dim=1).tolist()

    @torch.inference_mode()
    def learn(self, located: Localization, target_centre: np.ndarray) -> None:
        """Remember a frame's sample and, every `train_skipping` frames, improve the filter.

        After a hard negative the sample weighs more and the filter is improved at once.

        Args:
            located: the result of `locate` for the frame.
            target_centre: (2,) x, y in image pixels, where the target is in the frame.
        """
        params = self.params
        hard_negative = located.flag is Flag.HARD_NEGATIVE
        label = self._labels(located.window.to_crop(target_centre)[None], located.sample)[0]
        rate = params.hard_negative_learning_rate if hard_negative else params.learning_rate
        self.memory.add(located.sample[0], label, rate, self._frames)
        if hard_negative:
            self._update_filter(params.hard_negative_CG_iter)
        elif self._frames % params.train_skipping == 0:
            self._update_filter(params.CG_iter)

    @torch.inference_mode()
    def correct(self, features: Tensor, window: CropWindow, target_centre: np.ndarray) -> None:
        """Learn at once, and with a larger weight, from a frame in which somebody marked the target.

        It replaces what was learned from this frame earlier, and forgets the peak scores that led to the mistake.

        Args:
            features: (1, C, h, w) of the search crop, as `extract_features` returns them.
            window: of that crop. target_centre: (2,) x, y in image pixels.
        """
        params = self.params
        self.memory.forget_since(self._frames)
        sample = project(normalize_features(features), self.projection)
        label = self._labels(window.to_crop(target_centre)[None], sample)[0]
        self.memory.add_correction(sample[0], label, params.correction_weight, self._frames)
        self._update_filter(params.correction_CG_iter)
        score = float(self._sampler(Correlation(sample, params.kernel_size)(self.filter)).max())
        self._peak_scores.clear()
        self._peak_scores.append(max(0.0, score))

    def mark(self) -> Any:
        """The state that `locate` and `learn` change, for `return_to`."""
        return self._frames, list(self._peak_scores), self.filter, self._direction, self.memory.mark()

    def return_to(self, mark: Any) -> None:
        """Return to a `mark`; since then at most one frame was learned, and none corrected."""
        self._frames, scores, self.filter, self._direction, memory = mark
        self._peak_scores.clear()
        self._peak_scores.extend(scores)
        self.memory.return_to(memory)

    def state_dict(self) -> dict[str, Any]:
        """Everything learned, as tensors and numbers."""
        return {
            "filter": self.filter,
            "projection": self.projection,
            "direction": None if self._direction is None else list(self._direction),
            "memory": self.memory.state_dict(),
            "sigma": self._sigma,
            "frames": self._frames,
            "peak_scores": list(self._peak_scores),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned, from a bank with these parameters."""
        self.filter, self.projection = state["filter"], state["projection"]
        self._direction = None if state["direction"] is None else Direction(*state["direction"])
        self.memory.load_state_dict(state["memory"])
        self._prepare_scores(state["memory"]["samples"])
        self._sigma, self._frames = state["sigma"], state["frames"]
        self._peak_scores = collections.deque(state["peak_scores"], maxlen=self.params.response_budget_sz)

    def _prepare_scores(self, features: Tensor) -> None:
        """Prepare for score maps of the size of these features (N, C, h, w)."""
        params = self.params
        self._stride = params.sample_size // features.shape[-1]
        self._sampler = ScoreSampler(
            features.shape[-2:],
            self._stride,
            params.kernel_size,
            params.score_upsample_factor,
            params.window_output,
            like=features,
        )

    def _features(self, crops: np.ndarray | Sequence[np.ndarray]) -> Tensor:
        return normalize_features(self.extract_features(normalize_crops(crops, self.device)))

    def _labels(self, centres: np.ndarray, like: Tensor) -> Tensor:
        """Labels with their maxima at centres (N, 2), x, y in crop pixels."""
        places = score_index(torch.as_tensor(centres), self._stride, self.params.kernel_size)
        places = places.to(like.device, like.dtype, non_blocking=True)
        return gaussian_labels(places, like.shape[-2:], self._sigma)

    def _check_sizes(self, features: Tensor) -> None:
        n_samples, n_channels = features.shape[:2]
        if self.params.compressed_dim > n_channels:
            raise SettingsError(
                f"parameter 'compressed_dim' is {self.params.compressed_dim}, but the network has {n_channels} channels"
            )
        if self.params.sample_memory_size < n_samples:
            raise SettingsError(
                f"parameter 'sample_memory_size' is {self.params.sample_memory_size}, but 'augmentation' makes "
                f"{n_samples} samples of the first frame"
            )

    def _start_filter(self, features: Tensor, labels: Tensor) -> None:
        params = self.params
        start_projection = principal_axes if params.proj_init_method == "pca" else random_projection
        projection = start_projection(features, params.compressed_dim)
        filter_ = features.new_zeros(params.compressed_dim, *params.kernel_size)
        if params.filter_init_method == "randn":
            generator = torch.Generator().manual_seed(0)
            filter_ += (torch.randn(filter_.shape, generator=generator) / filter_.numel()).to(features)
        learned = start_filter(params, features, labels, filter_, projection, params.init_GN_iter)
        self.filter, self.projection = learned

    def _update_filter(self, iterations: int) -> None:
        """One Gauss-Newton step of the filter on all stored samples; the projection stays."""
        if iterations == 0:
            return
        params = self.params
        data = DataTerm(*self.memory.stored(), params.kernel_size, params.activation)
        self.filter, self._direction = improve_filter(params, data, self.filter, iterations, self._kept_direction())

    def _kept_direction(self) -> Direction | None:
        params = self.params
        if self._direction is None or params.CG_forgetting_rate is None:
            return None
        kept = (1 - params.learning_rate) ** params.CG_forgetting_rate
        return self._direction._replace(rho=self._direction.rho / kept)

    def _to_image(self, peak: Peak, window: CropWindow) -> np.ndarray:
        return window.to_image(np.array([peak.column, peak.row]) / self.params.score_upsample_factor)

    def _uncertainty(self, score: float) -> float:
        """Mean of the last peak scores over this one, which is then added to them; scores below zero count as zero."""
        scores = [*self._peak_scores, max(0.0, score)][-self.params.response_budget_sz :]
        if not score > 0:
            uncertainty = math.inf
        elif self._frames <= FRAMES_WITHOUT_UNCERTAINTY:
            uncertainty = 0.0
        else:
            uncertainty = sum(scores) / len(scores) / score
        if uncertainty <= self.params.budget_uncertainty_thr:
            self._peak_scores.append(scores[-1])
        return uncertainty


@torch.inference_mode()
def locate_together(
    banks: Sequence[SpatialMemoryBank],
    features: Tensor,
    windows: Sequence[CropWindow],
    states: Sequence[TargetState],
) -> list[Localization]:
    """Locate N targets, each with its own filter, and wait for the device once.

    Args:
        banks: of the targets.
        features: (N, C, h, w) of their search crops, as `extract_features` returns them.
        windows: of the crops, with `sample_size` pixels and the states' scales.
        states: the last ones known.
    """
    crops = zip(banks, features.split(1), states, strict=True)
    responses = [bank.respond(crop, state) for bank, crop, state in crops]
    read = read_back([response[1:] for response in responses])
    each = zip(banks, responses, read, windows, strict=True)
    return [bank.judge(response.sample, scores, peaks, window) for bank, response, (scores, peaks), window in each]
