import numpy as np
import pytest
import torch

from libs.dataset.rendered.videos import render_video
from libs.memory.merging import merge_targets
from libs.utils.crops import CropWindow
from libs.utils.errors import DataError
from libs.utils.metrics import region_similarity
from pytracking.evaluation.objects import ObjectTrackers, copy_tracker, read_output
from pytracking.evaluation.tracker import Tracker
from pytracking.tracker.base.basetracker import BaseTracker, SegmentationTracker

IMAGE = np.zeros((40, 50, 3), np.uint8)


class Mover(BaseTracker):
    """Moves its box by one pixel a frame; has a network, a list and a method of its own as DMB has."""

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
    """Sees its target everywhere in the image with the probability `init_bbox[2] / 10`; notes what it was told."""

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
        share = sight.probability if merged is None else merged[1]
        return {"target_bbox": [0, 0, 5, 5], "segmentation": np.full((40, 50), True), "debug": share}


def box(x, width=5):
    return {"init_bbox": [x, 0, width, 5]}


def columns(results):
    return {number: result.box[0] for number, result in results.items()}


def test_copies_share_the_network_and_nothing_else():
    tracker = Mover()
    other = copy_tracker(tracker)
    assert other.network is tracker.network
    tracker.initialize(IMAGE, box(0))
    other.initialize(IMAGE, box(20))
    assert other.track(IMAGE)["target_bbox"].tolist() == [21, 0, 5, 5]
    assert tracker.track(IMAGE)["target_bbox"].tolist() == [1, 0, 5, 5]


def test_objects_are_followed_apart_begin_later_and_are_started_anew():
    objects = ObjectTrackers(Mover())
    assert columns(objects.initialize(IMAGE, {1: box(0), 4: box(20)})) == {1: 0, 4: 20}
    assert columns(objects.track(IMAGE)) == {1: 1, 4: 21}
    later = objects.track(IMAGE, {2: box(9), 4: box(30)})
    assert list(later) == [1, 2, 4]
    assert columns(later) == {1: 2, 2: 9, 4: 30}
    assert columns(objects.track(IMAGE)) == {1: 3, 2: 10, 4: 31}
    assert columns(objects.initialize(IMAGE, {2: box(20)})) == {2: 20}
    assert columns(objects.track(IMAGE)) == {2: 21}
    assert all(result.mask is None for result in later.values())


def test_a_box_tracker_without_objects_yet():
    assert ObjectTrackers(Mover()).track(IMAGE) == {}


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
        ObjectTrackers(Mover()).initialize(IMAGE, {number: info})


def test_each_object_learns_from_its_share_of_the_merged_masks():
    """Odds 4 and 1 of the objects, 1/9 of the background, as in tests/libs/memory/test_merging.py."""
    objects = ObjectTrackers(Halves())
    alone = objects.initialize(IMAGE, {1: box(0, 8)})
    alone = objects.track(IMAGE)
    assert alone[1].debug[5, 5] == pytest.approx(0.8)
    objects.initialize(IMAGE, {1: box(0, 8), 2: box(0, 5)})
    results = objects.track(IMAGE)
    assert results[1].debug[5, 5] == pytest.approx(36 / 46)
    assert results[2].debug[5, 5] == pytest.approx(9 / 46)
    # Both claim every pixel; as large as each other, the lower number has them.
    assert results[1].mask.all()
    assert not results[2].mask.any()


def test_an_object_that_begins_takes_its_pixels_from_those_that_are_followed():
    objects = ObjectTrackers(Halves())
    objects.initialize(IMAGE, {1: box(0, 9)})
    mask = np.zeros((40, 50), bool)
    mask[:20] = True
    results = objects.track(IMAGE, {2: {**box(0), "init_mask": mask}})
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
    objects = ObjectTrackers(dmb)
    objects.initialize(sequence.frame(0), {3: start})
    together = [objects.track(sequence.frame(index))[3] for index in (1, 2)]
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
    objects = ObjectTrackers(dmb)
    objects.initialize(video.frame(0), starts)
    monkeypatch.setattr(dmb.network, "memorize", lambda *args: remembered.append(args[1]) or memorize(*args))
    results = objects.track(video.frame(0))
    assert sum(result.mask.astype(int) for result in results.values()).max() == 1
    assert list(merged) == list(starts)
    for number, mask in zip(merged, remembered, strict=True):
        assert torch.equal(mask[0], merged[number][1])
        assert region_similarity(results[number].mask, labels == number) > 0.5


def test_outputs_with_parts_missing():
    only_box = read_output({"target_bbox": (1, 2, 3, 4)})
    assert only_box.polygon.tolist() == [[1, 2], [4, 2], [4, 6], [1, 6]]
    assert only_box.mask is None
    only_polygon = read_output({"polygon": [[1, 2], [4, 2], [4, 6], [1, 6]], "segmentation": [[0, 2]]})
    assert only_polygon.box.tolist() == [1, 2, 3, 4]
    assert only_polygon.mask.tolist() == [[False, True]]
    nothing = read_output({}, {"init_bbox": [1, 2, 3, 4]})
    assert nothing.box.tolist() == [1, 2, 3, 4]
