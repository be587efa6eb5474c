import numpy as np
import torch

from pytracking.evaluation.objects import ObjectTrackers, copy_tracker, read_output
from pytracking.evaluation.tracker import Tracker
from pytracking.tracker.base.basetracker import BaseTracker

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


def test_copies_share_the_network_and_nothing_else():
    tracker = Mover()
    other = copy_tracker(tracker)
    assert other.network is tracker.network
    tracker.initialize(IMAGE, {"init_bbox": [0, 0, 5, 5]})
    other.initialize(IMAGE, {"init_bbox": [20, 0, 5, 5]})
    assert other.track(IMAGE)["target_bbox"].tolist() == [21, 0, 5, 5]
    assert tracker.track(IMAGE)["target_bbox"].tolist() == [1, 0, 5, 5]


def test_objects_are_followed_apart_and_started_anew():
    objects = ObjectTrackers(Mover())
    starts = [{"init_bbox": [0, 0, 5, 5]}, {"init_bbox": [20, 0, 5, 5]}]
    assert [result.box[0] for result in objects.initialize(IMAGE, starts)] == [0, 20]
    assert [result.box[0] for result in objects.track(IMAGE)] == [1, 21]
    assert [result.box[0] for result in objects.initialize(IMAGE, starts[1:])] == [20]
    assert [result.box[0] for result in objects.track(IMAGE)] == [21]


def test_two_objects_of_the_dmb_tracker_share_weights_and_match_single_runs(small_sequences):
    sequence = small_sequences[0]
    tracker = Tracker("DMB", "DMB_default_params").create_tracker(device="cpu")
    starts = [{"init_bbox": list(sequence.regions[0])}, {"init_bbox": [8.0, 8.0, 20.0, 16.0]}]
    objects = ObjectTrackers(tracker)
    together = [objects.initialize(sequence.frame(0), starts), objects.track(sequence.frame(1))]
    assert objects._copies[1].spatial is not objects._copies[0].spatial
    assert objects._copies[1].segmenter.network is tracker.network
    for number, start in enumerate(starts):
        tracker.initialize(sequence.frame(0), start)
        np.testing.assert_array_equal(tracker.track(sequence.frame(1))["polygon"], together[1][number].polygon)


def test_outputs_with_parts_missing():
    only_box = read_output({"target_bbox": (1, 2, 3, 4)})
    assert only_box.polygon.tolist() == [[1, 2], [4, 2], [4, 6], [1, 6]]
    assert only_box.mask is None
    only_polygon = read_output({"polygon": [[1, 2], [4, 2], [4, 6], [1, 6]], "segmentation": [[0, 2]]})
    assert only_polygon.box.tolist() == [1, 2, 3, 4]
    assert only_polygon.mask.tolist() == [[False, True]]
    nothing = read_output({}, {"init_bbox": [1, 2, 3, 4]})
    assert nothing.box.tolist() == [1, 2, 3, 4]
