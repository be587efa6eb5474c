"""Settings: defaults of the stages, ranges, architecture."""

from typing import get_args

import pytest

from libs.models.config import AMBConfig
from libs.models.inference import PRECISIONS, Precision
from libs.utils.errors import SettingsError
from libs.utils.losses import LOSSES, Loss
from ltr.admin.settings import TrainSettings, load_settings


def test_stage_2_has_the_documented_defaults():
    settings = load_settings("DMB", "stage2")
    assert (settings.batch_size, settings.optimizer, settings.lr, settings.lr_decay) == (4, "adam", 1e-5, 0.1)
    assert (settings.clips_per_epoch, settings.frame_gap, settings.frame_gap_max) == (32000, 2, 50)
    assert (settings.scale_jitter, settings.centre_jitter) == (0.25, 1.5)
    assert (settings.memory, settings.loss, settings.freeze_encoders) == ("recurrent", "bootstrapped", True)
    assert (settings.architecture().crop_size, settings.architecture().crop_factor) == (384, 4.0)


def test_stage_1_trains_everything_on_one_and_many_gpus():
    for processes in (1, 4, 8, 16):
        assert not load_settings("DMB", "stage1").check(processes).freeze_encoders


def test_an_unknown_stage_is_refused():
    with pytest.raises(SettingsError, match="stage3"):
        load_settings("DMB", "stage3")


def test_a_misspelt_setting_names_the_nearest():
    with pytest.raises(SettingsError, match="did you mean 'batch_size'"):
        TrainSettings().batchsize = 4


def test_a_batch_size_that_does_not_divide_names_one_that_fits():
    with pytest.raises(SettingsError, match=r"30 \(batch_size 5 x accumulation 2 x 3 processes\).*use 90"):
        TrainSettings(batch_size=5, accumulation=2, clips_per_epoch=100).check(processes=3)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epochs", 0, "epochs is 0; it must be an integer over 0"),
        ("workers", "many", "workers is 'many'"),
        ("batch_size", 2.5, "integer"),
        ("lr", -1.0, "lr is -1.0; it must be a number over 0"),
        ("lr", float("nan"), "lr is nan"),
        ("box_start", 1.5, "from 0 to 1"),
        ("ema_decay", 1.0, "below 1"),
        ("memory", "both", "recurrent, mask, threshold, two"),
        ("loss", "dice", "bootstrapped, iou, both"),
        ("sources", {"imagenet": 1.0}, "imagenet"),
        ("sources", {"stills": 0.0}, "each value a number over 0"),
        ("sources", {"stills": "much"}, "each value a number over 0"),
        ("sources", [("stills", 1.0)], "sources is"),
        ("memory", ["mask"], "memory is"),
        ("crop_factor", "wide", "crop_factor is"),
        ("crop_size", "384", "crop_size is"),
        ("crop_size", 10**400, "crop_size is"),
        ("frame_gap_max", 1, "at least frame_gap"),
        ("clip_frames", 0, "clip_frames is 0"),
        ("warm_up", -1, "warm_up"),
        ("lr_fall", 1.5, "from 0 to 1"),
        ("zoom", -0.1, "from 0 to 1"),
        ("balance", 2.0, "from 0 to 1"),
        ("precision", "half", "auto, fp32, bf16, fp16"),
        ("memory_encoder", "lite", "full, light"),
        ("crop_size", 100, "multiple of 16"),
        ("freeze_encoders", True, "--initial"),
    ],
)
def test_values_out_of_range_are_refused(name, value, message):
    with pytest.raises(SettingsError, match=message):
        TrainSettings(**{name: value}).check()


def test_another_crop_size_keeps_the_pixels_per_object():
    bundled = AMBConfig(backbone="resnet18", crop_size=256, crop_factor=8 / 3)
    assert TrainSettings(crop_size=192).architecture().crop_factor == pytest.approx(2.0)
    assert TrainSettings(backbone="resnet50").architecture(bundled) == bundled
    assert TrainSettings(crop_size=384).architecture(bundled).crop_factor == pytest.approx(4.0)
    assert TrainSettings(crop_factor=5.0).architecture(bundled).crop_factor == 5.0


def test_the_defaults_are_allowed():
    defaults = TrainSettings().as_dict()
    assert TrainSettings(**defaults).as_dict() == defaults
    TrainSettings(**defaults).check()


def test_choices_are_those_that_there_are():
    assert set(get_args(Loss)) == set(LOSSES)
    assert set(get_args(Precision)) == {"auto", *PRECISIONS}
