"""The tracker with files in the format of the released weights, made by the rule of the recorded runs."""

import numpy as np
import pytest
import torch

from libs.dataset.rendered.sequences import render_sequence
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.models.released import DROPPED, convert_released, released_views
from pytracking.evaluation.tracker import Tracker

SMALL = AMBConfig(backbone="resnet18", key_dim=16, value_dim=32, decoder_dim=32)
RELEASED = AMBConfig()


@pytest.fixture
def released_weights(rule_weights):
    """Function: AMBConfig -> state dict with the released names, by the rule."""

    def make(config):
        with torch.device("meta"):
            views = released_views(AMB(config).state_dict(), config)
        shapes = {name: tuple(view.shape) for name, view in views.items()}
        return rule_weights(shapes | dict.fromkeys(DROPPED, (1, 3, 1, 1)))

    return make


def track(path, frames, **overrides):
    """The tracker with these weights, and its outputs on the first frames of a rendered sequence."""
    overrides |= {"pth_path": str(path), "device": "cpu", "precision": "fp32"}
    sequence = render_sequence("easy", frames=frames)
    tracker = Tracker("DMB", "DMB_default_params").create_tracker(**overrides)
    outputs = [tracker.initialize(sequence.frame(0), {"init_bbox": sequence.regions[0]})]
    return tracker, outputs + [tracker.track(sequence.frame(index)) for index in range(1, frames)]


def check_run(tracker, outputs):
    """What holds for any weights: architecture, context and numbers of the released tracker, complete outputs."""
    config = tracker.network.config
    assert (config.memory_mask, config.location_scale) == ("aggregated", None)
    assert (tracker.segmenter.crop_size, tracker.crop_factor) == (384, 4.0)
    assert tracker.checkpoint["stage"] == "released"
    for output in outputs:
        assert output["polygon"].shape == (4, 2)
        assert np.isfinite(output["polygon"]).all()
        assert output["segmentation"].shape == (240, 320)
        assert np.isfinite(output["score"])
    assert tracker.segmenter.bank.frames[0] == 0
    assert len(tracker.segmenter.bank) > 1


@torch.inference_mode()
def check_features(network, weights):
    """The tracker's network (batch norms folded) computes what a network of the converted weights does."""
    expected = AMB(network.config).eval()
    expected.load_state_dict(convert_released(weights, "rule")[0])
    image = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(network.encode(image).r4, expected.encode(image).r4, atol=1e-4, rtol=1e-3)


def test_checkpoint_of_the_released_training_runs(released_weights, tmp_path):
    weights = released_weights(SMALL)
    path = tmp_path / "recurrent.pth.tar"
    content = {"epoch": 23, "state_dict": {f"module.{name}": value for name, value in weights.items()}}
    torch.save(content | {"loss": 0.1, "minloss": 0.1, "optimizer": {"state": {}, "param_groups": []}}, path)
    tracker, outputs = track(path, frames=4)
    check_run(tracker, outputs)
    check_features(tracker.network, weights)
    assert tracker.network.config == SMALL
    assert tracker.checkpoint["epoch"] == 23


def test_resnet50_of_558_entries_runs(released_weights, tmp_path):
    weights = released_weights(RELEASED)
    assert len(weights) == 558
    path = tmp_path / "dmb_resnet50.pth"
    torch.save(weights, path)
    tracker, outputs = track(path, frames=2, augmentation={"fliplr": True})  # 2 crops and not 27: for speed
    check_run(tracker, outputs)
    assert tracker.network.config == RELEASED
