import collections
import pathlib
import sys

import numpy as np
import pytest
import torch

from libs.dataset.rendered.videos import render_video
from libs.memory.merging import merge_targets
from libs.models.amb import AMB
from libs.models.checkpoint import save_checkpoint
from libs.utils.crops import CropWindow
from libs.utils.errors import CheckpointError, DataError, DMBError, SettingsError
from libs.utils.masks import tight_box
from libs.utils.metrics import region_similarity
from libs.utils.params import Params
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker, SegmentationTracker
from pytracking.tracker.base.together import copy_tracker
from pytracking.tracker.DMB.dmb import DMB
from pytracking.tracker.DMB.params import DMBParams
from pytracking.tracker.DMB.rules import Rules
from pytracking.tracker.static.static import Static
from tests.networks import SMALL

IMAGE = np.zeros((40, 50, 3), np.uint8)


class Mover(BaseTracker):
    """Moves its box by one pixel a frame; like DMB, has a network, a list and a method of its own."""

    def __init__(self):
        super().__init__({})
        self.network = torch.nn.Linear(2, 2)
        self.boxes = []
        self.step = self._step

    def initialize(self, image, info):
        self.boxes = [np.array(info["init_bbox"], float)]

    def track(self, image, info=None):
        self.boxes.append(self.step())
        return {"target_bbox": self.boxes[-1]}

    def _step(self):
        return self.boxes[-1] + [1, 0, 0, 0]


class Halves(SegmentationTracker):
    """Sees its target everywhere in the image with the probability `init_bbox[2] / 10`; notes what it is told."""

    class Sight:
        window = CropWindow(0, 0, 50, 50)

        def __init__(self, probability):
            self.probability = torch.full((50, 50), probability)

    def __init__(self):
        super().__init__({})

    def initialize(self, image, info):
        self.probability = info["init_bbox"][2] / 10
        return {"target_bbox": info["init_bbox"], "segmentation": info.get("init_mask")}

    def predict(self, image):
        return self.Sight(self.probability)

    def update(self, sight, merged=None):
        share = sight.probability if merged is None else merged.values[1]
        return {"target_bbox": [0, 0, 5, 5], "segmentation": np.full((40, 50), True), "debug": share}


def box(x, width=5):
    return {"init_bbox": [x, 0, width, 5]}


def columns(results):
    return {number: result.box[0] for number, result in results.items()}


def test_a_new_number_is_above_all_that_were_until_they_are_used_up():
    session = Session(Static())
    frame = np.zeros((20, 30, 3), np.uint8)
    assert session.free_number() == 1
    session.add(frame, box=(1, 1, 5, 5), number=7)
    assert session.free_number() == 8
    assert session.free_number({3, 11}) == 12
    assert session.free_number([254]) == 1


def test_copies_share_the_network_and_nothing_else():
    tracker = Mover()
    other = copy_tracker(tracker)
    assert other.network is tracker.network
    tracker.initialize(IMAGE, box(0))
    other.initialize(IMAGE, box(20))
    assert other.track(IMAGE)["target_bbox"].tolist() == [21, 0, 5, 5]
    assert tracker.track(IMAGE)["target_bbox"].tolist() == [1, 0, 5, 5]


def test_objects_are_followed_apart_begin_later_and_are_started_anew():
    session = Session(Mover())
    assert columns(session.step(IMAGE, {1: box(0), 4: box(20)})) == {1: 0, 4: 20}
    assert columns(session.step(IMAGE)) == {1: 1, 4: 21}
    later = session.step(IMAGE, {2: box(9), 4: box(30)})
    assert list(later) == [1, 2, 4]
    assert columns(later) == {1: 2, 2: 9, 4: 30}
    assert columns(session.step(IMAGE)) == {1: 3, 2: 10, 4: 31}
    session.clear()
    assert columns(session.step(IMAGE, {2: box(20)})) == {2: 20}
    assert columns(session.step(IMAGE)) == {2: 21}
    assert all(result.mask is None for result in later.values())


def test_a_box_tracker_without_objects_yet():
    assert Session(Mover()).step(IMAGE) == {}


@pytest.mark.parametrize(
    ("number", "info", "message"),
    [
        (0, box(0), "object 0: give objects numbers from 1 to 254"),
        (256, box(0), "object 256"),
        ("cat", box(0), "object 'cat'"),
        (1, box(60), "lies wholly outside"),
        (1, {"init_mask": np.zeros((40, 50))}, "mask is empty"),
    ],
)
def test_starts_that_cannot_be_used(number, info, message):
    with pytest.raises(DataError, match=message):
        Session(Mover()).step(IMAGE, {number: info})


def test_each_object_learns_from_its_share_of_the_merged_masks():
    """Odds 4 and 1 of the objects, 1/9 of the background, as in tests/libs/memory/test_merging.py."""
    session = Session(Halves())
    alone = session.step(IMAGE, {1: box(0, 8)})
    alone = session.step(IMAGE)
    assert alone[1].debug[5, 5] == pytest.approx(0.8)
    session.clear()
    session.step(IMAGE, {1: box(0, 8), 2: box(0, 5)})
    results = session.step(IMAGE)
    assert results[1].debug[5, 5] == pytest.approx(36 / 46)
    assert results[2].debug[5, 5] == pytest.approx(9 / 46)
    # Both claim every pixel; they are equally large, so the lower number gets them.
    assert results[1].mask.all()
    assert not results[2].mask.any()


def test_an_object_that_begins_takes_its_pixels_from_those_that_are_followed():
    session = Session(Halves())
    session.step(IMAGE, {1: box(0, 9)})
    mask = np.zeros((40, 50), bool)
    mask[:20] = True
    results = session.step(IMAGE, {2: {**box(0), "init_mask": mask}})
    assert results[1].debug[10, 10] < 1e-5
    assert results[1].debug[30, 10] > 0.9
    assert np.array_equal(results[2].mask, mask)
    assert np.array_equal(results[1].mask, ~mask)


@pytest.fixture(scope="module")
def dmb():
    return Tracker("DMB", "DMB_default_params").create_tracker(device="cpu")


def test_one_object_of_the_dmb_tracker_is_followed_as_without_others(dmb, small_sequences):
    sequence = small_sequences[0]
    start = {"init_bbox": list(sequence.regions[0])}
    session = Session(dmb)
    session.step(sequence.frame(0), {3: start})
    together = [session.step(sequence.frame(index))[3] for index in (1, 2)]
    dmb.initialize(sequence.frame(0), start)
    for index, result in zip((1, 2), together, strict=True):
        out = dmb.track(sequence.frame(index))
        np.testing.assert_array_equal(out["polygon"], result.polygon)
        np.testing.assert_array_equal(out["segmentation"], result.mask)


def test_objects_of_the_dmb_tracker_share_weights_and_remember_their_shares(dmb, monkeypatch):
    video = render_video("similar_distractor", 4, (96, 72))
    labels = video.labels(0)
    starts = {int(k): {"init_mask": labels == k} for k in np.unique(labels) if k}
    assert len(starts) > 1
    merged, remembered = {}, []

    def merge_and_note(*args):
        merged.update(merge_targets(*args))
        return merged

    monkeypatch.setattr("libs.memory.merging.merge_targets", merge_and_note)
    memorize = dmb.network.memorize
    session = Session(dmb)
    session.step(video.frame(0), starts)
    monkeypatch.setattr(dmb.network, "memorize", lambda *args: remembered.append(args[1]) or memorize(*args))
    results = session.step(video.frame(0))
    assert sum(result.mask.astype(int) for result in results.values()).max() == 1
    assert list(merged) == list(starts)
    for number, mask in zip(merged, torch.cat(remembered), strict=True):
        assert torch.equal(mask, merged[number].values[1])
        assert region_similarity(results[number].mask, labels == number) > 0.5


def state_of(session):
    """The state of a session and its trackers, in a comparable form."""
    known = {number: vars(tracker).copy() for number, tracker in session._active.items()}
    return session.index, dict(session.results), known


def test_objects_are_added_to_the_frame_just_seen():
    session = Session(Mover())
    assert session.add(IMAGE, box=(0, 0, 5, 5)) == 1
    assert session.add(IMAGE, box=(20, 0, 5, 5)) == 2
    assert session.index == 0
    assert columns(session.results) == {1: 0, 2: 20}
    assert columns(session.step(IMAGE + 1)) == {1: 1, 2: 21}
    assert session.add(IMAGE + 1, box=(9, 0, 5, 5), number=7) == 7
    assert columns(session.results) == {1: 1, 2: 21, 7: 9}
    session.remove(2)
    assert session.add(IMAGE + 1, box=(30, 0, 5, 5)) == 8
    assert columns(session.step(IMAGE)) == {1: 2, 7: 10, 8: 31}
    assert session.index == 2


def test_a_tracker_that_cannot_be_corrected_is_started_anew():
    session = Session(Mover())
    session.step(IMAGE, {1: box(0), 2: box(20)})
    session.step(IMAGE)
    assert session.correct(2, box=(40, 0, 5, 5)).box[0] == 40
    assert columns(session.results) == {1: 1, 2: 40}
    assert columns(session.step(IMAGE)) == {1: 2, 2: 41}


def mask_of(*rows):
    mask = np.zeros((40, 50), bool)
    mask[slice(*rows)] = True
    return mask


class Painter(Mover):
    """Reports the mask that it was started with."""

    def initialize(self, image, info):
        self.mask = info["init_mask"]
        self.boxes = [np.zeros(4)]

    def track(self, image, info=None):
        return {"target_bbox": self._step(), "segmentation": self.mask}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda session: session.correct(3, box=(0, 0, 5, 5)), "object 3 is not followed; those that are: 1, 2"),
        (lambda session: session.remove(3), "object 3 is not followed"),
        (lambda session: session.correct(1, mask=np.ones((4, 5))), "mask of shape .4, 5. for an image of shape"),
        (lambda session: session.correct(1, mask=mask_of(0, 0)), "mask is empty"),
        (lambda session: session.correct(1), "nothing is given of the object"),
        (lambda session: session.correct(1, box=(0, 0, 5, 5), polygon=range(8)), "a box and a polygon"),
        (lambda session: session.correct(1, box=(90, 0, 5, 5)), "lies wholly outside"),
        (lambda session: session.add(IMAGE, mask=np.ones((4, 5))), "mask of shape"),
        (lambda session: session.add(IMAGE, mask=mask_of(0, 0)), "mask is empty"),
        (lambda session: session.add(IMAGE, mask=mask_of(0, 13)), "object 3 would cover object 1, .* by 77%"),
        (lambda session: session.add(IMAGE, mask=mask_of(30, 35), number=2), "object 2 is followed already"),
        (lambda session: session.add(IMAGE, mask=mask_of(30, 35), number=255), "object 255: give objects numbers from"),
        (lambda session: session.add(IMAGE + 1, mask=mask_of(30, 35)), "added to the frame just seen: call step"),
        (lambda session: session.add(IMAGE[..., :2], mask=mask_of(30, 35)), "image of shape"),
        (lambda session: session.step(IMAGE[..., :2]), "image of shape"),
        (lambda session: session.step(IMAGE, {3: {"init_mask": mask_of(0, 0)}}), "mask is empty"),
        (lambda session: session.step(IMAGE, {n: {"init_mask": mask_of(30, 35)} for n in range(3, 9)}), "object"),
    ],
)
def test_an_error_leaves_the_session_as_it_was(call, message):
    session = Session(Painter(), max_objects=4)
    session.add(IMAGE, mask=mask_of(0, 10))
    session.add(IMAGE, mask=mask_of(15, 20))
    session.step(IMAGE)
    before = state_of(session)
    with pytest.raises(DMBError, match=message):
        call(session)
    assert state_of(session) == before
    assert list(session.step(IMAGE)) == [1, 2]


def test_the_only_object_stays():
    session = Session(Mover())
    session.add(IMAGE, box=(0, 0, 5, 5))
    with pytest.raises(SettingsError, match=r"object 1 is the only one; add another one first, or clear\(\)"):
        session.remove(1)
    assert columns(session.step(IMAGE)) == {1: 1}


def test_a_tracker_that_fails_in_a_frame_leaves_all_before_it():
    class Fails(Halves):
        def predict(self, image):
            if self.probability == 0.5 and image.any():
                raise RuntimeError("out of memory")
            return super().predict(image)

    session = Session(Fails())
    session.step(IMAGE, {1: box(0, 8), 2: box(0, 5)})
    session.step(IMAGE)
    before = session.index, session.results
    with pytest.raises(RuntimeError, match="out of memory"):
        session.step(IMAGE + 1)
    assert (session.index, session.results) == before
    assert list(session.step(IMAGE)) == [1, 2]


def test_a_frame_whose_results_cannot_be_used_is_not_seen():
    class Odd(Painter):
        def track(self, image, info=None):
            out = super().track(image)
            return {**out, "segmentation": np.ones((3, 3), bool)} if image.any() and self.mask.sum() == 250 else out

    session = Session(Odd())
    session.add(IMAGE, mask=mask_of(0, 10))
    session.add(IMAGE, mask=mask_of(15, 20))
    before = session.index, session.image, session.results
    with pytest.raises(DataError, match=r"mask of shape \(3, 3\)"):
        session.step(IMAGE + 1)
    assert (session.index, session.image, session.results) == before


@pytest.fixture(scope="module")
def two_objects():
    """The frames of a video, and the masks of two objects in each."""
    video = render_video("similar_distractor", 8, (160, 120), seed=2)
    labels = [video.labels(index) for index in range(8)]
    numbers = [int(number) for number in np.unique(labels[0]) if number][:2]
    return [video.frame(index) for index in range(8)], [[label == number for number in numbers] for label in labels]


def test_a_correction_of_dmb_is_remembered_and_the_rest_too(dmb, two_objects):
    frames, masks = two_objects
    session = Session(dmb)
    session.add(frames[0], mask=masks[0][0])
    for frame in frames[1:5]:
        session.step(frame)
    wrong = np.roll(masks[4][0], 40, axis=1)
    session.correct(1, mask=wrong)
    result = session.correct(1, mask=masks[4][0])
    assert np.array_equal(result.mask, masks[4][0])
    tracker = session._active[1]
    assert tracker.segmenter.bank.frames[0] == 0
    assert 4 in tracker.segmenter.bank.frames
    np.testing.assert_allclose(tracker.state.centre, tight_box(masks[4][0])[:2] + tight_box(masks[4][0])[2:] / 2)
    # A share of 1/4 of the last correction; nothing of the one before it, nor of what was learned from this frame.
    memory = tracker.spatial.memory
    assert memory.weights[memory.numbers == 4].tolist() == [pytest.approx(0.25)]
    assert region_similarity(session.step(frames[5])[1].mask, masks[5][0]) > 0.5


def test_a_correction_brings_back_what_was_lost(dmb, two_objects):
    frames, masks = two_objects
    session = Session(dmb)
    session.add(frames[0], mask=masks[0][1])
    for index in range(1, 8):
        session.step(frames[index])
        if index == 3:
            # As if it had been following the other object.
            session.correct(1, mask=masks[3][0])
    lost = session.results[1]
    found = session.correct(1, box=tight_box(masks[7][1]), forget_since=3)
    assert region_similarity(found.mask, masks[7][1]) > 0.5 > region_similarity(lost.mask, masks[7][1])
    # The mistake was given as a correction, which stays; frames remembered since then do not.
    assert sorted(session._active[1].segmenter.bank.frames) == [0, 3, 7]


def test_objects_that_do_not_meet_do_not_know_of_each_other(dmb, two_objects):
    frames, masks = two_objects
    alone = Session(dmb)
    alone.add(frames[0], mask=masks[0][0])
    apart = [alone.step(frame)[1] for frame in frames[1:6]]
    session = Session(dmb)
    session.add(frames[0], mask=masks[0][0])
    session.step(frames[1])
    far = np.zeros_like(masks[0][0])
    # The target is never near this corner.
    far[:12, :12] = True
    other = session.add(frames[1], mask=far)
    session.step(frames[2])
    session.correct(other, mask=far)
    session.step(frames[3])
    session.remove(other)
    session.step(frames[4])
    session.step(frames[5])
    np.testing.assert_array_equal(session.results[1].mask, apart[-1].mask)
    np.testing.assert_array_equal(session.results[1].polygon, apart[-1].polygon)


def parts(value, path="", seen=None):
    """Path -> every number, tensor, array and text that an object reaches, except networks and encoded frames."""
    seen = {} if seen is None else seen
    if id(value) in seen:
        return {}
    if isinstance(value, (int, float, str, type(None))):
        return {path: value}
    seen[id(value)] = value
    if isinstance(value, (np.ndarray, torch.Tensor)):
        return {path: np.array(value)}
    if isinstance(value, (torch.nn.Module, Params, torch.device)) or callable(value):
        return {}
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, (list, tuple, set, collections.deque)):
        items = enumerate(sorted(value) if isinstance(value, set) else value)
    else:
        items = vars(value).items()
    found = {}
    for name, item in items:
        if name not in ("checkpoint", "frame", "_before"):
            found |= parts(item, f"{path}.{name}", seen)
    return found


def is_buffered(path):
    """Whether it is a buffer, which holds old values beyond its valid entries."""
    return any(name in path for name in ("_store", "memory._", "_replaced"))


def known_to(session):
    """The whole state of a session's trackers, except for values in buffers beyond the valid entries."""
    known = {}
    for number, tracker in session._active.items():
        known |= {path: part for path, part in parts(tracker, str(number)).items() if not is_buffered(path)}
        stored = *tracker.segmenter.bank.tokens, *tracker.spatial.memory.stored()[:2]
        known |= {(number, index): np.array(part) for index, part in enumerate(stored)}
    return known


@pytest.mark.parametrize("capacity", [20, 2])
def test_objects_that_have_learned_go_back_where_a_later_one_fails(dmb, two_objects, monkeypatch, capacity):
    """The second object fails at the frame's last step, when the first has learned, and itself in part."""
    frames, masks = two_objects
    # Whatever the network sees, both objects learn from every frame.
    monkeypatch.setattr(Rules, "believes", lambda self, shape, *seen: shape.polygon is not None)
    monkeypatch.setattr(Rules, "is_confident", lambda self, located: True)
    session = Session(DMB(dmb.params.replace(memory_capacity=capacity, sample_memory_size=30, lost_score=0.0)))
    for mask in masks[0]:
        session.add(frames[0], mask=mask)
    learned = []

    def fail(*arguments):
        learned.append([session.index + 1 in each.spatial.memory.numbers for each in session._active.values()])
        raise RuntimeError("out of memory")

    for frame in frames[1:6]:
        before, seen = known_to(session), (session.index, session.image, session.results)
        with monkeypatch.context() as patched:
            patched.setattr(session._active[2].segmenter.bank, "remember", fail)
            with pytest.raises(RuntimeError, match="out of memory"):
                session.step(frame)
        assert (session.index, session.image, session.results) == seen
        after = known_to(session)
        assert after.keys() == before.keys()
        for name, part in before.items():
            np.testing.assert_array_equal(after[name], part, err_msg=str(name))
        session.step(frame)
    assert [True, True] in learned


def test_a_saved_session_goes_on_to_the_same_bit(dmb, two_objects, tmp_path):
    frames, masks = two_objects
    session = Session(dmb, max_objects=3)
    session.add(frames[0], box=tight_box(masks[0][0]))
    session.add(frames[0], mask=masks[0][1])
    for frame in frames[1:4]:
        session.step(frame)
    session.correct(2, mask=masks[3][1])
    session.save(tmp_path / "video.session")
    other = Session.load(tmp_path / "video.session", copy_tracker(dmb))
    assert other.index == session.index == 3
    for number in (1, 2):
        there, here = parts(other._active[number]), parts(session._active[number])
        for name in there.keys() | here.keys():
            if not is_buffered(name):
                np.testing.assert_array_equal(there[name], here[name], err_msg=name)
    for frame in frames[4:6]:
        for mine, theirs in zip(session.step(frame).values(), other.step(frame).values(), strict=True):
            np.testing.assert_array_equal(mine.mask, theirs.mask)
            np.testing.assert_array_equal(mine.polygon, theirs.polygon)
            assert mine.score == theirs.score
    fixed = [each.correct(1, box=tight_box(masks[5][0])).mask for each in (session, other)]
    np.testing.assert_array_equal(*fixed)
    assert other.add(frames[5], mask=np.roll(masks[5][0], 60, axis=1)) == 3


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_fifty_objects_run_and_their_memory_does_not_grow(tmp_path):
    """With an untrained network of crops of 64 pixels. After 6 frames both memories of all of them are full."""
    torch.manual_seed(0)
    path = tmp_path / "small.pth.tar"
    save_checkpoint(path, net=AMB(SMALL).state_dict(), constructor=SMALL, stage="none")
    small = {"memory_capacity": 3, "memory_interval": 1, "sample_memory_size": 6, "compressed_dim": 8}
    params = DMBParams(pth_path=str(path), device="cpu", augmentation={}, max_image_sample_size=64**2, **small)
    session = Session(DMB(params), max_objects=50)
    image = np.random.default_rng(0).integers(0, 255, (120, 200, 3), np.uint8)
    for number in range(50):
        session.add(image, box=(20 * (number % 10), 24 * (number // 10), 15, 18))
    held = []
    for index in range(1, 15):
        results = session.step(np.roll(image, index % 3, axis=1))
        held.append(int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20)
    assert len(results) == 50
    assert sum(result.mask.astype(int) for result in results.values()).max() <= 1
    print(f"resident memory: {held[6]:.0f} MiB at frame 7, {held[-1]:.0f} MiB at frame 14")
    assert held[-1] - held[6] < 16


def change(path, **fields):
    content = torch.load(path, weights_only=True)
    content.update(fields)
    torch.save(content, path)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: change(path, version=2), "session of version 2; this program reads those up to 1"),
        (lambda path: change(path, format="x"), "is no session; give a file that Session.save wrote"),
        (lambda path: change(path, objects={1: {}}), "is damaged"),
        (lambda path: path.write_bytes(b"PK\x03\x04 no"), "truncated or no checkpoint"),
        (lambda path: path.unlink(), "does not exist"),
    ],
)
def test_session_files_that_cannot_be_used(dmb, two_objects, tmp_path, spoil, message):
    path = tmp_path / "video.session"
    Session(dmb).save(path)
    spoil(path)
    with pytest.raises(CheckpointError, match=message):
        Session.load(path, dmb)


def test_a_session_of_other_weights_or_parameters_is_refused(dmb, tmp_path):
    path = tmp_path / "video.session"
    Session(dmb).save(path)
    content = torch.load(path, weights_only=True)
    made_with = content["made_with"]
    change(path, made_with={**made_with, "checkpoint": {"file": "mine.pth", "sha256": "0" * 64}})
    with pytest.raises(CheckpointError, match=r"checkpoint: mine.pth \(sha256 000000000000\) there, .* load it with"):
        Session.load(path, dmb)
    change(path, made_with={**made_with, "parameters": {**made_with["parameters"], "memory_interval": 77}})
    with pytest.raises(CheckpointError, match="parameter memory_interval: 77 there"):
        Session.load(path, dmb)
    change(path, made_with={**made_with, "parameters": {**made_with["parameters"], "backbone": "os:system"}})
    with pytest.raises(SettingsError, match="give the tracker"):
        Session.load(path)


def test_a_session_is_loaded_without_its_tracker(dmb, tmp_path):
    Session(dmb, max_objects=7).save(tmp_path / "video.session")
    session = Session.load(tmp_path / "video.session")
    assert session._max_objects == 7
    assert session._trackers[0].checkpoint["path"] == dmb.checkpoint["path"]


def test_trackers_that_cannot_be_saved_say_so(tmp_path):
    session = Session(Mover())
    session.add(IMAGE, box=(0, 0, 5, 5))
    with pytest.raises(SettingsError, match="Mover cannot be saved"):
        session.save(tmp_path / "x")
    session = Session(Halves())
    session.add(IMAGE, box=(0, 0, 5, 5))
    with pytest.raises(SettingsError, match="Halves cannot be saved: it has no state_dict"):
        session.save(tmp_path / "x")
