"""The debug pictures of the whole tracker on rendered frames."""

import dataclasses

import numpy as np
import pytest

from libs.dataset.rendered.sequences import render_sequence
from libs.memory.policy import Decision, PaperPolicy
from libs.utils.state import State
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session
from pytracking.tracker.DMB import debug_view
from pytracking.tracker.DMB.batch import read_masks
from pytracking.tracker.DMB.debug_view import PEAK_COLOUR, RIVAL_COLOUR, TITLE, describe
from pytracking.tracker.DMB.sight import Judgement

FRAMES = 8


@pytest.fixture(scope="module")
def tracker():
    # The filter starts on 2 crops and not 27: for speed.
    return Tracker("DMB", "DMB_paper").create_tracker(device="cpu", augmentation={"fliplr": True})


@pytest.fixture(scope="module")
def sequence():
    return render_sequence("easy", FRAMES, (160, 120))


def start(tracker, sequence, **info):
    return tracker.initialize(sequence.frame(0), {"init_bbox": sequence.regions[0], **info})


def has_colour(picture, colour):
    return (picture == colour).all(axis=-1).any()


def test_a_picture_of_every_frame_and_the_same_results(tracker, sequence):
    start(tracker, sequence)
    plain = [tracker.track(sequence.frame(index)) for index in range(1, FRAMES)]
    assert "debug" not in plain[0]
    first = start(tracker, sequence, debug=True)["debug"]
    assert first.dtype == np.uint8
    for index, expected in enumerate(plain, start=1):
        out = tracker.track(sequence.frame(index))
        assert out["debug"].shape == first.shape
        assert np.array_equal(out["polygon"], expected["polygon"])
    assert sorted(tracker.debug_view._thumbnails) == [0, 5, 7]
    assert sorted(tracker.segmenter.bank.frames) == [0, 5, 7]


def test_the_panels_show_what_was_seen(tracker, sequence, monkeypatch):
    shown = {}
    monkeypatch.setattr(debug_view, "_titled", lambda panel, title: shown.update({title: panel}) or panel)
    start(tracker, sequence, debug=True)
    sight = tracker.predict(sequence.frame(1))
    picture = tracker.update(sight)["debug"]
    crop = sight.window.extract(sight.image)
    assert np.array_equal(shown["segmentation crop"], crop)  # of 256 pixels, as the panels
    assert not np.array_equal(shown["mask"], crop)
    for colour in (PEAK_COLOUR, RIVAL_COLOUR):
        assert has_colour(shown["search crop: scores"], colour)
    row, column = np.unravel_index(int(sight.located.score_map.argmax()), sight.located.score_map.shape)
    assert tuple(shown["search crop: scores"][row, column]) == PEAK_COLOUR
    assert picture[TITLE:].any()


def test_attention_of_the_frames_is_written_below_them(tracker, sequence, monkeypatch):
    written = []
    draw = debug_view.draw_text

    def draw_and_note(image, text, *rest, **options):
        written.append(text)
        return draw(image, text, *rest, **options)

    monkeypatch.setattr(debug_view, "draw_text", draw_and_note)
    start(tracker, sequence, debug=True)
    for index in range(1, FRAMES):
        written.clear()
        sight = tracker.predict(sequence.frame(index))
        attention = tracker.segmenter.attention(sight.frame)
        tracker.update(sight)
    assert sorted(attention) == [0, 5, 6]
    expected = [f"{frame}: {100 * attention[frame]:.1f} %" for frame in sorted(attention)]
    assert [text for text in written if text.endswith("%")] == expected


def decisions(tracker, sight, shape, believed, decision=Decision.FORGET):
    evidence = tracker._evidence(sight, shape, believed, 0.8)
    lines = describe(tracker, Judgement(sight, shape, evidence, 0.37, State.DOUBTFUL), decision)
    return {line.split(":")[0]: line.split(": ")[1] for line, _ in lines if ":" in line}


def test_decisions_are_told(tracker, sequence):
    start(tracker, sequence, debug=True)
    for index in range(1, 6):
        sight = tracker.predict(sequence.frame(index))
        shares, _ = read_masks([tracker.segmenter], [sight], [None])[0]
        shape = tracker.fitter.fit(shares[0] > 0.5, shares[0], sight.window, sight.image.shape)
        told = decisions(tracker, sight, shape, True, Decision.KEEP)
        doubted = decisions(tracker, sight, shape, False)
        tracker.update(sight)
    assert told["remembered"] == "kept"
    assert told["filter learns"] == told["rectangle found"] == told["mask believed"] == "yes"
    assert doubted["remembered"] == doubted["mask believed"] == "no"
    assert tracker.segmenter.bank.frames == [0, 5]
    assert told["position follows the peak"] == "yes (uncertainty < 3)"


def test_a_frame_that_is_not_believed_is_told_as_such(tracker, sequence):
    start(tracker, sequence, debug=True)
    seen = tracker.predict(sequence.frame(1))
    sight = dataclasses.replace(seen, frame=None, probability=None, attention={}, certain=False, confident=False)
    picture = tracker.update(sight)["debug"]
    told = decisions(tracker, sight, None, False)
    assert told["segmented"].startswith("no")
    assert told["remembered"] == told["filter learns"] == "no"
    assert has_colour(picture, RIVAL_COLOUR)
    assert tracker.segmenter.bank.frames == [0]


def test_every_object_has_its_picture(tracker, sequence):
    session = Session(tracker)
    region = {"init_bbox": sequence.regions[0], "debug": True}
    session.step(sequence.frame(0), {1: region, 2: {"init_bbox": [5, 5, 20, 20], "debug": True}})
    results = session.step(sequence.frame(1))
    assert results[1].debug.shape == results[2].debug.shape
    assert not np.array_equal(results[1].debug, results[2].debug)


class Counting(PaperPolicy):
    """Keeps every second frame that it is offered, whatever its number."""

    asked = 0

    def decide(self, offer):
        self.asked += 1
        return Decision.FORGET if self.asked % 2 else Decision.KEEP


def test_a_policy_is_asked_once_with_pictures_and_without(sequence):
    tracker = Tracker("DMB", "DMB_paper").create_tracker(device="cpu", memory_policy=f"{__name__}:Counting")
    for debug in (False, True):
        start(tracker, sequence, debug=debug)
        for index in range(1, FRAMES):
            tracker.track(sequence.frame(index))
        assert (tracker.segmenter.bank.policy.asked, tracker.segmenter.bank.frames) == (7, [0, 2, 4, 6])
