"""One picture of what the tracker did in a frame: what each memory saw, which frames were read, what was decided.

Nothing of this is computed unless the tracker was started with `info["debug"]`.
"""

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from libs.memory.appearance import AppearanceMemoryBank
from libs.memory.merging import Shares
from libs.memory.policy import Decision
from libs.utils.crops import CropWindow
from libs.utils.drawing import RESULT_COLOUR, TEXT_COLOUR, TRUTH_COLOUR, draw_mask, draw_polygon, draw_text
from libs.utils.state import State
from pytracking.tracker.DMB.initial_region import InitialRegion
from pytracking.tracker.DMB.sight import Judgement, Sight

if TYPE_CHECKING:
    from pytracking.tracker.DMB.dmb import DMB

PANEL = 256
FRAME_WIDTH = 400
TEXT_WIDTH = 320
GAP = 8
TITLE = 26
THUMBNAIL = 96
BAR = 5
LINE = 20
BACKGROUND = 32
SEARCH_COLOUR = (90, 180, 255)
CROP_COLOUR = (255, 225, 90)
PEAK_COLOUR = (90, 255, 120)
RIVAL_COLOUR = (255, 90, 90)
QUIET_COLOUR = (170, 170, 170)
Line = tuple[str, tuple[int, int, int]]
"""A line of text and its colour."""
MEMORY = {Decision.KEEP: "kept", Decision.LAST: "as the last frame", Decision.FORGET: "no"}


class DebugView:
    """Draws the pictures of one run and keeps, for them, a thumbnail of each remembered frame."""

    def __init__(self) -> None:
        self._thumbnails: dict[int, np.ndarray] = {}

    def start(
        self, tracker: "DMB", image: np.ndarray, window: CropWindow, mask: np.ndarray, region: InitialRegion
    ) -> np.ndarray:
        """The picture of the first frame.

        Args:
            tracker: DMB, initialised. image: RGB uint8 (H, W, 3). window: CropWindow of the remembered crop.
            mask: (H, W) bool that is remembered. region: InitialRegion.

        Returns:
            RGB uint8 picture; all pictures of a run have the same size.
        """
        origin = "the mask that was given" if region.exact else "a region; its mask is the network's"
        lines = [
            ("frame 0", TEXT_COLOUR),
            (f"started from {origin}", PEAK_COLOUR),
            (f"mask: {mask.sum()} pixels", QUIET_COLOUR),
        ]
        crop = window.extract(image)
        masked = _masked(crop, window, mask, region.polygon)
        search = tracker.state.search_window(tracker.spatial.params.sample_size)
        panels = {
            "frame": _frame(image, mask, region.polygon, search, window),
            "search crop": _fit(search.extract(image)),
            "segmentation crop": _fit(crop),
            "mask to remember": _fit(masked),
        }
        self._thumbnails = {0: _thumbnail(masked)}
        return self._compose(panels, lines, tracker.segmenter.bank, {})

    def draw(
        self,
        tracker: "DMB",
        judgement: Judgement,
        decision: Decision,
        merged: Shares | None,
    ) -> np.ndarray:
        """The picture of a frame, with the frames that were remembered before it.

        Args:
            tracker: DMB. judgement: what it makes of the frame. decision: of the memory policy.
            merged: as for `SegmentationTracker.update`.
        """
        sight, shape = judgement.sight, judgement.shape
        crop = masked = sight.window.extract(sight.image)
        mask, polygon, title = None, None, "not segmented"
        if shape is not None:
            mask, polygon = shape.mask, shape.polygon
            masked = _masked(crop, sight.window, mask, polygon)
            title = "mask" if merged is None else f"mask, merged with {len(merged.values) - 2} more"
        panels = {
            "frame": _frame(sight.image, mask, polygon, sight.located.window, sight.window),
            "search crop: scores": _scores(sight),
            "segmentation crop": _fit(crop),
            title: _fit(masked),
        }
        bank = tracker.segmenter.bank
        lines = describe(tracker, judgement, decision)
        picture = self._compose(panels, lines, bank, sight.attention)
        self._thumbnails[tracker.number] = _thumbnail(masked)
        # This frame may be remembered later, when it is corrected.
        lasting = {*bank.frames, tracker.number}
        self._thumbnails = {frame: image for frame, image in self._thumbnails.items() if frame in lasting}
        return picture

    def _compose(
        self, panels: dict[str, np.ndarray], lines: list[Line], bank: AppearanceMemoryBank, attention: dict[int, float]
    ) -> np.ndarray:
        columns = [_titled(panel, title) for title, panel in panels.items()]
        columns.append(_titled(_text(lines), "decision"))
        row = np.hstack([part for column in columns for part in (_blank(len(column), GAP), column)])
        return np.vstack([row, self._memory(bank, attention, row.shape[1])])

    def _memory(self, bank: AppearanceMemoryBank, attention: dict[int, float], width: int) -> np.ndarray:
        """The remembered frames with the attention that each received, in rows that have room for a full bank."""
        step, height = THUMBNAIL + GAP, THUMBNAIL + BAR + LINE
        per_row = (width - GAP) // step
        canvas = _blank(TITLE + math.ceil(bank.capacity / per_row) * height, width)
        title = "remembered frames, and the share of the attention that each received"
        canvas = draw_text(canvas, title, (GAP, 7), height=12)
        for place, frame in enumerate(sorted(self._thumbnails.keys() & set(attention or bank.frames))):
            x, y = GAP + place % per_row * step, TITLE + place // per_row * height
            canvas[y : y + THUMBNAIL, x : x + THUMBNAIL] = self._thumbnails[frame]
            text = str(frame)
            if frame in attention:
                bar = canvas[y + THUMBNAIL : y + THUMBNAIL + BAR, x : x + THUMBNAIL]
                bar[:] = 2 * BACKGROUND
                bar[:, : round(attention[frame] * THUMBNAIL)] = RESULT_COLOUR
                text = f"{frame}: {100 * attention[frame]:.1f} %"
            canvas = draw_text(canvas, text, (x, y + THUMBNAIL + BAR + 4), height=10)
        return canvas


def describe(
    tracker: "DMB",
    judgement: Judgement,
    decision: Decision,
) -> list[Line]:
    """What the tracker measured and decided in a frame; green is yes, red is no."""
    params, sight, shape = tracker.params, judgement.sight, judgement.shape
    located, state = sight.located, judgement.state
    rival = "none" if located.rival is None else f"{located.score_at(located.rival):.3f}"
    return [
        (f"frame {tracker.number} since the start", TEXT_COLOUR),
        (f"{state.value}: score {judgement.score:.2f}", PEAK_COLOUR if state is State.TRACKED else RIVAL_COLOUR),
        (f"peak {located.score:.3f}, rival {rival}", QUIET_COLOUR),
        (f"uncertainty {located.uncertainty:.2f}", QUIET_COLOUR),
        (f"scores say: {located.flag.value.replace('_', ' ')}", QUIET_COLOUR),
        _decision("position follows the peak", sight.certain, f"uncertainty < {params.tracking_uncertainty_thr:g}"),
        _decision("segmented", shape is not None, f"uncertainty <= {params.uncertainty_segment_thr:g}"),
        (f"mask: {0 if shape is None else round(shape.pixels)} pixels", QUIET_COLOUR),
        _decision("rectangle found", shape is not None and shape.polygon is not None),
        _decision("mask believed", judgement.evidence.believed),
        _decision("filter learns", sight.confident),
        (f"remembered: {MEMORY[decision]}", RIVAL_COLOUR if decision is Decision.FORGET else PEAK_COLOUR),
    ]


def _decision(what: str, taken: bool, rule: str = "") -> Line:
    reason = f" ({rule})" if rule else ""
    return f"{what}: {'yes' if taken else 'no'}{reason}", PEAK_COLOUR if taken else RIVAL_COLOUR


def _scores(sight: "Sight") -> np.ndarray:
    """The search crop under its scores, with the peak and its rival."""
    located = sight.located
    crop = _fit(located.window.extract(sight.image))
    scores = _fit(located.score_map)
    share = np.clip(scores / max(float(scores.max()), 1e-6), 0, 1)
    heat = cv2.cvtColor(cv2.applyColorMap((255 * share).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    weight = 0.25 + 0.6 * share[..., None]
    picture = ((1 - weight) * crop + weight * heat).astype(np.uint8)
    marks = (("rival", located.rival, RIVAL_COLOUR), ("peak", located.centre, PEAK_COLOUR))
    for place, (name, point, colour) in enumerate(marks):
        if point is not None:
            x, y = np.rint(located.window.to_crop(point) * (PANEL / located.window.size)).astype(int).tolist()
            cv2.drawMarker(picture, (x, y), colour, cv2.MARKER_TILTED_CROSS, 14, 2, cv2.LINE_AA)
            corner = (6, PANEL - LINE * (place + 1))
            picture = draw_text(picture, f"{name} {located.score_at(point):.2f}", corner, colour, 11)
    return picture


def _frame(
    image: np.ndarray, mask: np.ndarray | None, polygon: np.ndarray | None, search: CropWindow, crop: CropWindow
) -> np.ndarray:
    """The image with the result and both crops, fitted into `FRAME_WIDTH` x `PANEL`."""
    if mask is not None:
        image = draw_mask(image, mask)
    thickness = max(1, round(image.shape[1] / FRAME_WIDTH))
    for square, colour in ((search, SEARCH_COLOUR), (crop, CROP_COLOUR)):
        corners = square.to_image(square.size * np.array([[0, 0], [1, 0], [1, 1], [0, 1]]))
        image = draw_polygon(image, corners, colour, thickness)
    if polygon is not None:
        image = draw_polygon(image, polygon, RESULT_COLOUR, thickness)
    scale = min(FRAME_WIDTH / image.shape[1], PANEL / image.shape[0])
    size = [max(1, round(length * scale)) for length in image.shape[1::-1]]
    panel = _blank(PANEL, FRAME_WIDTH)
    x, y = (FRAME_WIDTH - size[0]) // 2, (PANEL - size[1]) // 2
    panel[y : y + size[1], x : x + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return panel


def _masked(crop: np.ndarray, window: CropWindow, mask: np.ndarray, polygon: np.ndarray | None) -> np.ndarray:
    """A crop with a mask and polygon that are given in image coordinates."""
    crop = draw_mask(crop, window.extract_mask(mask) > 0.5)
    return crop if polygon is None else draw_polygon(crop, window.to_crop(polygon), TRUTH_COLOUR, 1)


def _thumbnail(crop: np.ndarray) -> np.ndarray:
    return cv2.resize(crop, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)


def _fit(crop: np.ndarray) -> np.ndarray:
    return cv2.resize(crop, (PANEL, PANEL), interpolation=cv2.INTER_AREA)


def _blank(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), BACKGROUND, dtype=np.uint8)


def _titled(panel: np.ndarray, title: str) -> np.ndarray:
    return np.vstack([draw_text(_blank(TITLE, panel.shape[1]), title, (0, 7), height=12), panel])


def _text(lines: list[Line]) -> np.ndarray:
    panel = _blank(PANEL, TEXT_WIDTH)
    for number, (line, colour) in enumerate(lines):
        panel = draw_text(panel, line, (0, 4 + 25 * number), colour, height=11)
    return panel
