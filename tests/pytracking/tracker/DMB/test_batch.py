"""Several objects go through a frame as one batch, each as if it were alone."""

import numpy as np
import pytest
import torch

from libs.dataset.rendered.videos import render_video
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session
from pytracking.tracker.base.together import copy_tracker, follow_together
from pytracking.tracker.DMB.dmb import DMB
from tests.waits import count_readings


@pytest.fixture(scope="module")
def video():
    return render_video("similar_distractor", 4, (96, 72))


@pytest.fixture(scope="module")
def starts(video):
    labels = video.labels(0)
    starts = {int(number): {"init_mask": labels == number} for number in np.unique(labels) if number}
    return {1: starts[1], 2: starts[2], 3: {"init_bbox": [40, 30, 20, 16]}}


@pytest.fixture(params=[False, True], ids=["two crops", "one crop"])
def trackers(request, video, starts):
    tracker = Tracker("DMB", "DMB_paper").create_tracker(device="cpu", augmentation={}, share_crop=request.param)
    copies = [copy_tracker(tracker) for _ in starts]
    for copy, info in zip(copies, starts.values(), strict=True):
        copy.initialize(video.frame(0), info)
    return copies


def tracker_of_any_batch():
    """As on a GPU, where any number of objects form one batch."""
    tracker = Tracker("DMB", "DMB_paper").create_tracker(device="cpu", augmentation={})
    tracker.most_together, tracker.side_by_side = 254, 1
    return tracker


def test_each_sees_and_learns_as_if_it_were_alone(trackers, video):
    """Only rounding differs, because a batch is summed in another order."""
    alone = [copy_tracker(tracker) for tracker in trackers]
    for number in (1, 2):
        image = video.frame(number)
        expected = [tracker.track(image) for tracker in alone]
        sights = DMB.predict_all(trackers, image)
        found = DMB.update_all(trackers, sights, [None] * len(trackers))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one["target_bbox"], other["target_bbox"], atol=0.5)
            assert (one["segmentation"] != other["segmentation"]).mean() < 0.005
            assert one["state"] is other["state"]
    for one, other in zip(trackers, alone, strict=True):
        assert one.segmenter.bank.frames == other.segmenter.bank.frames == [0, 2]
        for part, same in zip(one.segmenter.bank.tokens, other.segmenter.bank.tokens, strict=True):
            torch.testing.assert_close(part, same, atol=5e-2, rtol=5e-2)


def test_threads_change_nothing(trackers, video):
    alone = {number: copy_tracker(tracker) for number, tracker in enumerate(trackers, 1)}
    beside = {number: copy_tracker(tracker) for number, tracker in enumerate(trackers, 1)}
    for group, side_by_side in ((alone, 1), (beside, 3)):
        for tracker in group.values():
            tracker.most_together, tracker.side_by_side = 1, side_by_side
    for number in (1, 2):
        found, expected = (follow_together(video.frame(number), group, {}) for group in (beside, alone))
        for one, other in zip(found.values(), expected.values(), strict=True):
            np.testing.assert_array_equal(one.box, other.box)
            np.testing.assert_array_equal(one.mask, other.mask)


def test_a_target_that_is_not_segmented_leaves_the_others_alone(trackers, video, monkeypatch):
    monkeypatch.setattr(trackers[1].rules, "is_segmented", lambda located: False)
    sights = DMB.predict_all(trackers, video.frame(1))
    assert [sight.probability is None for sight in sights] == [False, True, False]
    outs = DMB.update_all(trackers, sights, [None] * 3)
    assert not outs[1]["segmentation"].any()
    assert [tracker.segmenter.bank.frames for tracker in trackers] == [[0, 1], [0], [0, 1]]


def test_the_device_is_waited_for_twice_a_frame_for_any_number_of_objects(video, starts, monkeypatch):
    """Once for where the targets are, once for their masks. On a CPU, calls that would wait for a GPU are counted."""
    session = Session(tracker_of_any_batch())
    session.step(video.frame(0), starts)
    read = count_readings(monkeypatch)
    session.step(video.frame(1))
    assert read == ["cpu", "cpu"]


def test_every_pass_of_the_network_is_one_batch(video, starts, monkeypatch):
    tracker = tracker_of_any_batch()
    network, session = tracker.network, Session(tracker)
    session.step(video.frame(0), starts)
    passes = []
    for name in ("filter_features", "encode", "decode", "memorize"):
        method = getattr(network, name)
        monkeypatch.setattr(network, name, lambda *args, name=name, method=method: passes.append(name) or method(*args))
    session.step(video.frame(1))
    assert passes == ["filter_features", "encode", "decode", "memorize"]
