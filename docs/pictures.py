"""Makes the moving pictures of README, docs/tracked.webp and docs/correction.webp, from the bundled clip.

python docs/pictures.py
"""

import pathlib

import numpy as np

from libs.media.images import encode_animation
from libs.media.sources import open_source
from libs.utils.drawing import draw_text
from pytracking.evaluation.loop import Step
from pytracking.evaluation.output import draw_results
from pytracking.evaluation.tracker import Tracker
from pytracking.prompts import make_prompt
from pytracking.propagation import propagate
from pytracking.tracker.base.basetracker import BaseTracker
from pytracking.web.work_routes import CLIP

STRIDE = 3
"""Every so many frames of the clip are followed."""
QUALITY = 55
SHOWN, CORRECTED = 60, 117
"""Frames of the clip: the one that shows the objects, and the one that shows the paw again."""
BUNNY, STONE, PAW = (85, 30, 225, 290), (45, 135, 90, 130), (88, 38, 38, 42)
"""x, y, w, h in frame 60."""
PAW_AGAIN = (142, 215, 28, 42)
"""In frame 117."""
VIEW = (slice(0, 300), slice(20, 340))
"""Rows and columns that the second picture shows."""
PAUSE = 8
"""How many times the frame of the correction is repeated."""


def tracked(tracker: BaseTracker, frames: list[np.ndarray]) -> list[np.ndarray]:
    """Two objects, shown in one frame, followed from there in both directions."""
    prompts = {SHOWN // STRIDE: {1: make_prompt(BUNNY, None, None), 2: make_prompt(STONE, None, None)}}
    return [
        draw_results(step.image, step.results, str(STRIDE * step.index), scores=True)
        for step in propagate(tracker, frames, prompts)
    ]


def correction(tracker: BaseTracker, frames: list[np.ndarray]) -> list[np.ndarray]:
    """A paw followed from frame 60 alone, and beside it with a correction in frame 117."""
    place = (CORRECTED - SHOWN) // STRIDE
    once = {0: {1: make_prompt(PAW, None, None)}}
    twice = once | {place: {1: make_prompt(PAW_AGAIN, None, None)}}
    frames = frames[SHOWN // STRIDE :]
    pictures = []
    left = propagate(tracker, frames, once)
    right = propagate(tracker, frames, twice, choose="score")
    for alone, corrected in zip(left, right, strict=True):
        is_shown = corrected.index == place
        words = "shown again" if is_shown else f"shown in {SHOWN} and {CORRECTED}"
        picture = np.hstack([_view(alone, f"shown in {SHOWN}"), _view(corrected, words)])
        pictures += [picture] * (PAUSE if is_shown else 1)
    return pictures


def _view(step: Step, caption: str) -> np.ndarray:
    picture = draw_results(step.image, step.results, scores=True)[VIEW]
    return draw_text(picture, f"{SHOWN + STRIDE * step.index}  {caption}")


def main() -> None:
    """Track, and write both pictures."""
    with open_source(next(CLIP.glob("*.mp4"))) as video:
        frames, rate = list(video.frames())[::STRIDE], video.frames_per_second / STRIDE
    tracker = Tracker("DMB").create_tracker()
    for make in (tracked, correction):
        path = pathlib.Path(__file__).with_name(f"{make.__name__}.webp")
        path.write_bytes(encode_animation(make(tracker, frames), rate, QUALITY))
        print(f"written: {path} ({path.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
