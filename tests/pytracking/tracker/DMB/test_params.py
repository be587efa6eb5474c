"""Where a parameter's value comes from: the parameter file, else the checkpoint, else the paper."""

import pytest

from libs.utils.errors import CheckpointError, SettingsError
from libs.utils.params import value_of
from pytracking.evaluation import manifest
from pytracking.parameter.DMB import DMB_paper
from pytracking.tracker.DMB.params import NOT_THE_NETWORKS, DMBParams

TRACKING = {"mask_agreement": 0.7, "memory_interval": 2, "filter_share": 1.0}


def test_what_nobody_set_is_the_checkpoints():
    params = DMBParams()
    params.memory_interval = 9
    completed = params.completed(TRACKING, "net.pth.tar")
    assert (completed.mask_agreement, completed.memory_interval, completed.filter_share) == (0.7, 9, 1.0)
    assert (params.mask_agreement, params.filter_share) == (0.0, 0.0)


def test_setting_the_default_is_setting_it():
    params = DMBParams()
    params.memory_interval = params.memory_interval
    assert params.completed(TRACKING, "net").memory_interval == 5


def test_built_with_a_value_is_set():
    assert DMBParams(memory_interval=3).completed(TRACKING, "net").memory_interval == 3


def test_without_an_entry_all_is_the_papers():
    assert DMBParams().completed({}, "net").as_dict() == DMBParams().as_dict()


def test_the_papers_parameters_stay_whatever_suits_the_network():
    for params in (DMBParams.paper(), DMB_paper.parameters()):
        params.pth_path = DMBParams().pth_path
        assert params.completed(TRACKING, "net").as_dict() == DMBParams().as_dict()
    assert DMBParams.paper().model_fields_set == set(DMBParams.model_fields) - set(NOT_THE_NETWORKS)


@pytest.mark.parametrize(
    ("tracking", "message"),
    [
        ({"mask_agrement": 0.7}, "no parameter 'mask_agrement'.*mask_agreement"),
        ({"mask_agreement": 1.5}, "mask_agreement is 1.5; it must be a number from 0 to 1"),
        ({"mask_area_ratio": 0.5}, "mask_area_ratio"),
        ({"box_from": "both"}, "box_from.*mask, polygon"),
        ({"memory_interval": "often"}, "memory_interval"),
        ({"memory_capacity": 10**6}, "memory_capacity"),
        ({"device": "cpu"}, "hold device, which a parameter file chooses"),
        ({"pth_path": "other.pth.tar"}, "hold pth_path"),
        (["mask_agreement"], "tracking parameters cannot be used"),
    ],
)
def test_a_checkpoint_that_holds_something_else_is_named_with_the_field(tracking, message):
    with pytest.raises(CheckpointError, match=rf"net\.pth\.tar: its tracking parameters .*{message}|{message}") as info:
        DMBParams().completed(tracking, "net.pth.tar")
    assert str(info.value).startswith("net.pth.tar: its tracking parameters")


@pytest.mark.parametrize(
    "wrong",
    [
        {"mask_agreement": -0.1},
        {"mask_area_ratio": 1.0},
        {"mask_area_ratio": float("inf")},
        {"filter_share": 1.5},
        {"region_filter_share": -0.1},
        {"region_smoothing": 1.0},
        {"box_from": "ellipse"},
        {"slow_scale_change": (1.1, 1.2)},
        {"max_scale_change_factor": 0.9},
        {"segm_output_sz": 100},
    ],
)
def test_rules_out_of_range(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        DMBParams(**wrong)


FORMER = {"scale_factors": 1, "vot_anno_conversion_type": "preserve_area", "segm_feature_sz": 16} | {
    "min_image_sample_size": 128**2
}


def test_former_parameters_are_accepted_with_a_warning():
    assert sorted(DMBParams.RETIRED) == sorted(FORMER) == sorted(manifest.FORMER)
    params = DMBParams()
    for name, value in FORMER.items():
        with pytest.warns(UserWarning, match=f"leave out {name}: "):
            setattr(params, name, value_of(params, name, str(value)))
    # A file may compute one from the other, in any order.
    params.segm_output_sz, params.max_image_sample_size = params.segm_feature_sz * 16, 128**2
    params.check()
    assert not FORMER.keys() & params.as_dict().keys()
    with pytest.warns(UserWarning, match="leave out scale_factors"):
        assert DMBParams().completed({"scale_factors": 1, "segm_mask_thr": 0.4}, "a file").segm_mask_thr == 0.4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"scale_factors": 3}, "scale_factors is 3; it must be 1, or left out: one scale is searched"),
        ({"vot_anno_conversion_type": "tight"}, "is 'tight'; it must be 'preserve_area', or left out"),
        ({"segm_feature_sz": 24, "segm_output_sz": 256}, "segm_feature_sz is 24; it must be 16, or left out"),
        ({"min_image_sample_size": 200**2}, "min_image_sample_size is 40000; it must be 65536, or left out"),
    ],
)
@pytest.mark.filterwarnings("ignore:leave out")
def test_former_parameters_have_one_value(values, message):
    with pytest.raises(SettingsError, match=message):
        DMBParams(**values).replace(segm_mask_thr=0.4).check()
    with pytest.raises(CheckpointError, match=f"a file: its tracking parameters cannot be used: .*{message}"):
        DMBParams().completed(values, "a file")


def test_the_defaults_are_allowed():
    defaults = DMBParams().as_dict()
    assert DMBParams(**defaults).as_dict() == defaults
    DMBParams(**defaults).check()
