import numpy as np
import pytest

from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.tracker import Tracker


@pytest.fixture
def frames():
    """A textured 12 x 10 patch that moves over noise by (3, -2) pixels a frame."""
    rng = np.random.default_rng(0)
    patch, background = rng.integers(0, 256, (10, 12, 3), np.uint8), rng.integers(0, 60, (60, 80, 3), np.uint8)
    images = []
    for index in range(6):
        image = background.copy()
        image[30 - 2 * index : 40 - 2 * index, 20 + 3 * index : 32 + 3 * index] = patch
        images.append(image)
    return images


@pytest.mark.parametrize("start", ["box", "polygon", "mask"])
def test_follows_a_moving_patch_exactly(frames, start):
    tracker = Tracker("ncc", "default").create_tracker()
    mask = np.zeros((60, 80), bool)
    mask[30:40, 20:32] = True
    info = {
        "box": {"init_bbox": [20, 30, 12, 10]},
        "polygon": {"init_bbox": [20, 30, 32, 30, 32, 40, 20, 40]},
        "mask": {"init_mask": mask},
    }[start]
    assert tracker.initialize(frames[0], info)["target_bbox"].tolist() == [20, 30, 12, 10]
    for index, image in enumerate(frames[1:], start=1):
        out = tracker.track(image)
        assert out["target_bbox"].tolist() == [20 + 3 * index, 30 - 2 * index, 12, 10]
        assert out["segmentation"].sum() == 120
        assert out["score"] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("factor", [0, -1.0, "wide", None, float("nan"), 1e300])
def test_a_factor_out_of_its_range_is_refused(factor):
    with pytest.raises(SettingsError, match="search_factor"):
        Tracker("ncc", "default").create_tracker(search_factor=factor)


def test_target_at_the_border_and_smaller_frames_do_not_break_it(frames):
    tracker = Tracker("ncc", "default").create_tracker()
    tracker.initialize(frames[0], {"init_bbox": [75, 55, 20, 20]})
    assert tracker.track(frames[1])["target_bbox"].tolist()[2:] == [5, 5]
    assert tracker.track(frames[1][:3, :3])["score"] == 0
    with pytest.raises(DataError, match="outside"):
        tracker.initialize(frames[0], {"init_bbox": [95, 55, 20, 20]})
