"""The spatial memory: a correlation filter, learned online, that locates the target and says how sure it is."""

import collections
import dataclasses
import enum
import math

import cv2
import numpy as np

from dmb_onnx.augmentation import augment
from dmb_onnx.programs import Programs
from dmb_onnx.target import Target
from dmb_onnx.windows import Window, around

FRAMES_WITHOUT_UNCERTAINTY = 5
LARGEST_SEARCH = 48
"""Largest side, in cells, of the crop of the whole frame."""
PLACES = 3
"""Number of places in the whole frame to look at closely."""


class Flag(enum.Enum):
    """What the scores say about the target."""

    FOUND, NOT_FOUND, HARD_NEGATIVE, UNCERTAIN = range(4)


@dataclasses.dataclass(frozen=True)
class Located:
    """Where the filter sees the target: centre (2,) in the image, peak score, uncertainty, scores (P, P), sample."""

    centre: np.ndarray
    score: float
    flag: Flag
    uncertainty: float
    score_map: np.ndarray
    window: Window
    sample: np.ndarray

    def score_at(self, point: np.ndarray) -> float:
        """The score at a point (x, y) of the image; outside the crop, the score of the border."""
        points = self.score_map.shape[-1]
        column, row = np.clip(np.rint(self.window.to_crop(point) * (points / self.window.size)), 0, points - 1)
        return float(self.score_map[int(row), int(column)])


class Filter:
    """A filter that learns from the first frame when it is built."""

    def __init__(self, programs: Programs, image: np.ndarray, target: Target):
        self._programs, self._params, self._stride = programs, programs.params, programs.facts["stride"]
        self._size = programs.facts["search_crop"]["size"]
        params, window = self._params, target.search_window(self._size)
        crops, moved = augment(image, window, params.augmentation, params.augmentation_expansion_factor)
        sigma = math.sqrt(target.base_size.prod()) / self._stride * params.output_sigma_factor
        self._start(np.concatenate([self._features(crop) for crop in crops]), self._size / 2 + moved, sigma)
        self._frames, self._last = 0, None
        self._peak_scores = collections.deque(maxlen=params.response_budget_sz)

    @property
    def typical_score(self) -> float:
        """Mean of the last peak scores; 0 before the first."""
        return sum(self._peak_scores) / max(1, len(self._peak_scores))

    def locate(self, image: np.ndarray, target: Target) -> Located:
        """Look for the target around its last position."""
        self._frames += 1
        params, window = self._params, target.search_window(self._size)
        seen = self._score(window.extract(image), target)
        width = seen["score_map"].shape[1]
        scores, places = seen["peaks"][:2].tolist(), [divmod(int(place), width) for place in seen["peaks"][2:]]
        flag, place = self._judge(scores, places, width)
        centre = window.to_image(np.array(place[::-1]) / params.score_upsample_factor)
        uncertainty = self._uncertainty(scores[0])
        return Located(centre, scores[0], flag, uncertainty, seen["score_map"], window, seen["sample"])

    def peak_score(self, image: np.ndarray, target: Target) -> float:
        """The highest score around a possible target; changes nothing."""
        return float(self._score(target.search_window(self._size).extract(image), target)["peaks"][0])

    def learn(self, located: Located, centre: np.ndarray) -> None:
        """Remember a frame's sample with its target at `centre`, and improve the filter when an update is due."""
        params, memory = self._params, self._memory
        hard = located.flag is Flag.HARD_NEGATIVE
        rate = params.hard_negative_learning_rate if hard else params.learning_rate
        index = int(self._weights.argmin())
        if self._last is None:
            self._weights /= 1 - rate
            self._weights[index] = rate
        else:
            self._weights[index] = self._weights[self._last] / (1 - rate)
        self._weights /= self._weights.sum()
        self._last = index
        memory["samples"][index], memory["centres"][index] = located.sample, located.window.to_crop(centre)
        if hard or self._frames % params.train_skipping == 0:
            learned = {**memory, "filter": self._learned["filter"], "weights": self._weights}
            self._learned["filter"] = self._programs.run("filter_update", learned)["new_filter"]

    def search(self, image: np.ndarray, target: Target) -> list[Target]:
        """The places of a frame that look most like the target, best first."""
        window = self._frame_window(image.shape, target)
        features = self._features(window.extract(image))
        scores = self._programs.run("filter_search", {"features": features, **self._learned})["scores"]
        index = np.moveaxis(np.indices(scores.shape), 0, -1) + [side % 2 / 2 for side in self._params.kernel_size]
        points = window.to_image(index[..., ::-1] * self._stride)
        inside = ((points >= 0) & (points <= (image.shape[1], image.shape[0]))).all(axis=-1)
        scores = np.where(inside, scores, -np.inf)
        apart = np.maximum(np.rint(target.base_size / self._stride), 1).astype(int)
        highest = cv2.dilate(scores.astype(np.float32), np.ones(2 * apart[::-1] + 1, np.uint8))
        rows, columns = np.nonzero((scores >= highest) & np.isfinite(scores))
        best = np.argsort(-scores[rows, columns])[:PLACES]
        return [target.moved(points[rows[place], columns[place]]) for place in best]

    def _start(self, features: np.ndarray, centres: np.ndarray, sigma: float) -> None:
        """Projection and filter from the features of N crops, by Gauss-Newton from the principal axes and zeros."""
        params, channels = self._params, self._params.compressed_dim
        covariance = self._programs.run("filter_covariance", {"features": features})["covariance"]
        axes = np.linalg.eigh(covariance)[1][:, ::-1].T[:channels]
        self._learned = {"projection": axes, "filter": np.zeros((channels, *params.kernel_size), np.float32)}
        for _ in range(params.init_GN_iter):
            given = {"features": features, **self._learned, "centres": centres, "sigma": sigma}
            step = self._programs.run("filter_start", given)
            self._learned = {"projection": step["new_projection"], "filter": step["new_filter"]}
        capacity, count, samples = params.sample_memory_size, len(features), step["samples"]
        self._memory = {
            "samples": np.zeros((capacity, *samples.shape[1:]), np.float32),
            "centres": np.zeros((capacity, 2), np.float32),
            "sigma": sigma,
        }
        self._memory["samples"][:count], self._memory["centres"][:count] = samples, centres
        self._weights = np.zeros(capacity)
        self._weights[:count] = 1 / count

    def _features(self, crop: np.ndarray) -> np.ndarray:
        return self._programs.run("features", {"pixels": crop[None]})["features"]

    def _score(self, crop: np.ndarray, target: Target) -> dict[str, np.ndarray]:
        params = self._params
        near = params.target_neighborhood_scale * params.score_upsample_factor * target.base_size[::-1]
        given = {"features": self._features(crop), **self._learned, "neighbourhood": near}
        return self._programs.run("filter_score", given)

    def _judge(self, scores: list[float], places: list[tuple[int, int]], width: int) -> tuple[Flag, tuple[int, int]]:
        """The flag and the place (row, column) to follow, from the scores of the peak and its rival (-inf: none)."""
        params, (first, second) = self._params, scores
        if first < params.target_not_found_threshold:
            return Flag.NOT_FOUND, places[0]
        if not first > 0:
            return Flag.UNCERTAIN, places[0]
        if second > params.distractor_threshold * first:
            limit = params.displacement_scale * width / 2
            far = [math.hypot(row - width // 2, column - width // 2) for row, column in places]
            if far[0] < limit < far[1] or far[1] < limit < far[0]:
                return Flag.HARD_NEGATIVE, places[far[1] < far[0]]
            return Flag.UNCERTAIN, places[0]
        if second > max(params.hard_negative_threshold * first, params.target_not_found_threshold):
            return Flag.HARD_NEGATIVE, places[0]
        return Flag.FOUND, places[0]

    def _uncertainty(self, score: float) -> float:
        """Mean of the last peak scores divided by this one; adds this one to them."""
        params = self._params
        scores = [*self._peak_scores, max(0.0, score)][-params.response_budget_sz :]
        average = sum(scores) / len(scores) if self._frames > FRAMES_WITHOUT_UNCERTAINTY else 0.0
        uncertainty = average / score if score > 0 else math.inf
        if uncertainty <= params.budget_uncertainty_thr:
            self._peak_scores.append(scores[-1])
        return uncertainty

    def _frame_window(self, shape: tuple[int, ...], target: Target) -> Window:
        size = min(math.ceil(max(shape[:2]) / target.scale / self._stride), LARGEST_SEARCH) * self._stride
        frame, side = np.array([shape[1], shape[0]]), size * target.scale
        slack = np.maximum(frame - side, 0) / 2
        return around(np.clip(target.centre, frame / 2 - slack, frame / 2 + slack), side, size)
