import types
import warnings

import numpy as np
import pytest
import torch

from libs.dataset.rendered.sequences import render_sequence
from libs.memory.target import TargetState
from libs.utils.crops import CropWindow
from libs.utils.metrics import region_similarity
from pytracking.evaluation.tracker import Tracker
from pytracking.tracker.DMB.look_ahead import segment_ahead

FRAMES = 15


@pytest.fixture(scope="module")
def sequence():
    return render_sequence("easy", frames=FRAMES)


def build(device="cpu"):
    return Tracker("DMB", "DMB_default_params").create_tracker(device=device, precision="fp32")


def run(tracker, sequence):
    tracker.initialize(sequence.frame(0), {"init_bbox": sequence.regions[0]})
    return [tracker.track(sequence.frame(index)) for index in range(1, FRAMES)]


class RecordingSegmenter:
    """Notes the crop it is given, and is sure of every pixel."""

    crop_size = 32

    def encode_crop(self, crop):
        self.crop = crop

    def read(self):
        return torch.full((32, 32), 0.9)


@pytest.mark.parametrize("place", [(60.3, 41.9), (-5.0, 20.5), (130.0, 95.0)], ids=["inside", "left", "right, below"])
def test_the_crop_is_the_one_that_the_tracker_would_ask_for(place):
    state = TargetState.from_box((10.2, 20.7, 21.5, 13.25), 4.5, 256)
    frame = torch.zeros(90, 120, 3, dtype=torch.uint8)
    segmenter = RecordingSegmenter()
    ahead = segment_ahead(segmenter, frame, torch.tensor(place, dtype=torch.float64), state, 8 / 3, 0.5)
    asked = state.moved_to(np.clip(place, 0, (120, 90))).segmentation_window(8 / 3, 32)
    assert ahead.is_of(asked)
    assert not ahead.is_of(CropWindow(asked.x + 1, asked.y, asked.side, 32))
    assert segmenter.crop.shape == (1, 3, 32, 32)
    assert ahead.on_target.all()


def test_a_place_that_is_no_number_is_of_no_crop():
    state = TargetState.from_box((10, 20, 20, 10), 4.5, 256)
    place = torch.tensor([torch.nan, 40.0], dtype=torch.float64)
    ahead = segment_ahead(RecordingSegmenter(), torch.zeros(90, 120, 3, dtype=torch.uint8), place, state, 4, 0.5)
    assert not ahead.is_of(state.segmentation_window(4, 32))


def test_looking_ahead_gives_the_boxes_of_looking_twice(sequence):
    tracker = build()
    twice = run(tracker, sequence)
    tracker.looks_ahead = True
    passes = []
    encode = tracker.network.query_encoder.forward
    tracker.network.query_encoder.forward = lambda images: passes.append(1) or encode(images)
    ahead = run(tracker, sequence)
    assert len(passes) == 2 + 2 * (FRAMES - 1)  # the start's two, then both crops of each frame: no guess was wrong
    for first, second in zip(twice, ahead, strict=True):
        assert region_similarity(first["segmentation"], second["segmentation"]) > 0.9


def test_a_wrong_guess_is_segmented_again(sequence):
    """In frames the filter is not certain of, the position stays; what was segmented at the peak is not taken."""
    tracker = build()
    tracker.looks_ahead = True
    tracker.initialize(sequence.frame(0), {"init_bbox": sequence.regions[0]})
    judge = tracker.spatial.judge

    def doubt(scores):
        located = judge(scores)
        object.__setattr__(located, "uncertainty", 5.0)  # over tracking_uncertainty_thr, under uncertainty_segment_thr
        return located

    tracker.spatial.judge = doubt
    tracker.spatial.score = lambda image, state, score=tracker.spatial.score: _displaced(score(image, state))
    asked = []
    segment = tracker.segmenter.segment
    tracker.segmenter.segment = lambda image, window: asked.append(window) or segment(image, window)
    sight = tracker.predict(sequence.frame(1))
    assert asked == [sight.window]


def _displaced(scores):
    return types.SimpleNamespace(**vars(scores), best=scores.best + 10)


@pytest.mark.cuda
def test_the_host_waits_once_a_frame(sequence):
    tracker = build("cuda")
    tracker.initialize(sequence.frame(0), {"init_bbox": sequence.regions[0]})
    for index in range(1, FRAMES - 1):
        tracker.track(sequence.frame(index))
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            tracker.track(sequence.frame(FRAMES - 1))
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert sum("synchronizing" in str(warning.message) for warning in caught) == 1
