"""Known faults of the reference that show in the whole tracker or between its parts (numbers as in README.md).

Nothing here needs the recorded files. Faults of a single module are tested with the module's other tests.
"""

import dataclasses
import types

import cv2
import numpy as np
import pytest
import torch

from libs.dataset.rendered.sequences import render_sequence
from libs.dcf.localization import Flag
from libs.memory.appearance import AppearanceMemoryParams
from libs.memory.policy import Decision
from libs.memory.segmenter import Segmenter
from libs.utils.boxes import box_to_polygon
from libs.utils.crops import CropWindow
from libs.utils.masks import box_to_mask, mask_to_box
from libs.utils.polygons import polygon_to_mask
from libs.utils.rectangle_fit import fit_rotated_rectangle, fit_upright_rectangle
from pytracking.evaluation.tracker import Tracker
from pytracking.tracker.DMB import batch
from pytracking.tracker.DMB.scale import ScaleFollower
from pytracking.tracker.DMB.sight import Seen


@pytest.fixture(scope="module")
def tracker():
    return Tracker("DMB", "DMB_paper").create_tracker(device="cpu")


@pytest.fixture(scope="module")
def easy():
    return render_sequence("easy", frames=8)


def test_fault_7_the_callers_box_stays_as_it_is(tracker, easy):
    given = [216.0, 72.0, 77.0, 44.0]
    first = tracker.initialize(easy.frame(0), {"init_bbox": given})
    assert given == [216, 72, 77, 44]
    assert first["target_bbox"].tolist() == given


def test_fault_8_a_start_from_a_mask_leaves_the_settings(tracker, easy):
    before = tracker.params.as_dict()
    box = {"init_bbox": easy.regions[0]}
    tracker.initialize(easy.frame(0), {"init_mask": easy.mask(0)})
    assert (tracker.rules.mask_threshold, tracker.rules._scale.limits[1]) == (0.2, 1.1)
    tracker.initialize(easy.frame(0), box)
    assert (tracker.rules.mask_threshold, tracker.rules._scale.limits[1]) == (0.5, 1.05)
    assert tracker.params.as_dict() == before


def test_fault_9_a_start_reads_and_builds_nothing(tracker, easy, monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("a start reads no file and builds no module")

    network = tracker.network
    monkeypatch.setattr(torch, "load", refused)
    monkeypatch.setattr(torch.nn.Module, "__init__", refused)
    tracker.initialize(easy.frame(0), {"init_bbox": easy.regions[0]})
    assert tracker.network is tracker.segmenter.network is network


@pytest.mark.parametrize("version", ["3.4.20", "4.1.2", "4.10.0", "4.14.0", "5.0.0"])
def test_fault_10_contours_of_every_opencv_generation(monkeypatch, version):
    """OpenCV 3 returns the image first; the version's text decides nothing."""
    find_contours, mask = cv2.findContours, box_to_mask((30, 50, 80, 40), (200, 200))
    if version.startswith("3"):
        monkeypatch.setattr(cv2, "findContours", lambda image, *rest: (image, *find_contours(image, *rest)))
    monkeypatch.setattr(cv2, "__version__", version)
    assert fit_upright_rectangle(mask).tolist() == box_to_polygon((30, 50, 80, 40)).tolist()
    assert mask_to_box(polygon_to_mask(fit_rotated_rectangle(mask), mask.shape)).tolist() == [30, 50, 80, 40]


def test_fault_11_pixels_are_counted_in_one_unit(tracker, easy, monkeypatch):
    """In image pixels. The frame of the given mask again, segmented perfectly; in crop pixels, 2.4 times as many."""
    mask, counts = easy.mask(0), []
    monkeypatch.setattr(
        ScaleFollower, "step", lambda self, scale, new_scale, pixels, doubt, limits: counts.append(pixels) or 1
    )
    tracker.initialize(easy.frame(0), {"init_mask": mask})
    crop = types.SimpleNamespace(key=None)
    monkeypatch.setattr(batch, "look", lambda segmenters, image, windows: [Seen(windows[0], crop)])
    monkeypatch.setattr(batch, "read", lambda segmenters, seen, at: [torch.tensor(seen[0].window.extract_mask(mask))])
    monkeypatch.setattr(batch, "remember", lambda *arguments: [Decision.FORGET])
    monkeypatch.setattr(tracker.segmenter.likeness, "of", lambda key, mask: torch.tensor(1.0))
    tracker.track(easy.frame(0))
    assert tracker.state.segmentation_window(tracker.crop_factor, tracker.segmenter.crop_size).scale < 0.7
    assert counts == pytest.approx([mask.sum()], rel=0.1)


def test_fault_13_an_uncertain_frame_teaches_neither_memory(tracker, easy, monkeypatch):
    """The flag alone says so: the peak is as high as in any frame, and the ratio to the others is 1."""
    judge = tracker.spatial.judge

    def uncertain_in_frame_5(*response):
        flag = Flag.UNCERTAIN if tracker.number == 5 else Flag.FOUND
        return dataclasses.replace(judge(*response), flag=flag, uncertainty=1.0)

    tracker.initialize(easy.frame(0), {"init_bbox": easy.regions[0]})
    monkeypatch.setattr(tracker.spatial, "judge", uncertain_in_frame_5)
    for index in range(1, 7):
        tracker.track(easy.frame(index))
    assert sorted(tracker.segmenter.bank.frames) == [0, 6]
    assert tracker.spatial.memory.count == 27 + 5


@pytest.mark.parametrize("region", [(40, 50, 60, 30), (40, 50, 30, 60)])
def test_fault_16_a_filled_region_is_dilated_slightly(bundled_network, monkeypatch, region):
    """Boxes, too, as documented: by 5 % of the mean side, here 2 pixels. (A network that finds target everywhere.)"""
    segmenter = Segmenter(bundled_network, AppearanceMemoryParams())
    monkeypatch.setattr(segmenter, "read", lambda frame, centre=None: torch.ones(256, 256))
    window = CropWindow.segmentation(region, 4, 256)
    image = np.zeros((150, 160, 3), np.uint8)
    refined = segmenter.refine_region(segmenter.encode(image, window), window, box_to_mask(region, (150, 160)))
    x, y, width, height = region
    assert mask_to_box(refined).tolist() == [x - 2, y - 2, width + 4, height + 4]


def test_fault_16_a_given_mask_is_taken_as_it_is(tracker, easy):
    output = tracker.initialize(easy.frame(0), {"init_mask": easy.mask(0)})
    np.testing.assert_array_equal(output["segmentation"], easy.mask(0))


def test_a_mask_at_the_border_is_not_cut_off_when_turned():
    """Not among the 30: the reference turns the mask on a canvas of the mask's own size, which loses its ends.

    On such a canvas the rectangle of this bar, 70 degrees steep and cut by three borders, covers 0.81 of it.
    """
    bar = cv2.boxPoints(((190, 40), (100, 30), 70)).astype(np.float64)
    mask = polygon_to_mask(bar, (120, 200))
    found = polygon_to_mask(fit_rotated_rectangle(mask), mask.shape)
    assert (found & mask).sum() > 0.95 * mask.sum()
