import math

import pytest

from libs.memory.augmentation import check_augmentation
from libs.memory.spatial_params import SpatialMemoryParams
from libs.utils.errors import SettingsError

# Names and defaults that users know.
DEFAULTS = {
    "max_image_sample_size": 256**2, "search_area_scale": 4.5,
    "feature_size_odd": False, "CG_iter": 5, "init_CG_iter": 60, "init_GN_iter": 6, "post_init_CG_iter": 0,
    "fletcher_reeves": False, "standard_alpha": True, "CG_forgetting_rate": None, "learning_rate": 0.0075,
    "output_sigma_factor": 1 / 4, "sample_memory_size": 250, "train_skipping": 10, "kernel_size": (4, 4),
    "compressed_dim": 64, "filter_reg": 1e-1, "projection_reg": 1e-4, "window_output": True,
    "score_upsample_factor": 1, "augmentation_expansion_factor": 2, "proj_init_method": "pca",
    "filter_init_method": "zeros", "response_activation": ("mlu", 0.05), "target_not_found_threshold": -1,
    "distractor_threshold": 100, "hard_negative_threshold": 0.3, "target_neighborhood_scale": 2.2,
    "displacement_scale": 0.7, "hard_negative_learning_rate": 0.02, "hard_negative_CG_iter": 5,
    "response_budget_sz": 25, "budget_uncertainty_thr": math.inf, "correction_weight": 0.25, "correction_CG_iter": 10,
}  # fmt: skip


def test_names_and_defaults():
    params = SpatialMemoryParams().as_dict()
    augmentation = params.pop("augmentation")
    assert params == DEFAULTS
    assert sorted(augmentation) == ["blur", "fliplr", "relativeshift", "rotate"]
    check_augmentation(augmentation)


def test_defaults_are_allowed_and_not_shared():
    SpatialMemoryParams(**SpatialMemoryParams().as_dict()).check_sizes()
    SpatialMemoryParams().augmentation.clear()
    assert SpatialMemoryParams().augmentation


def test_the_spelling_that_users_know():
    params = SpatialMemoryParams()
    params.dispalcement_scale = 0.5
    assert params.displacement_scale == params.dispalcement_scale == 0.5


@pytest.mark.parametrize(
    ("side", "odd", "expected"), [(256, False, 256), (250, False, 256), (271, False, 256), (256, True, 272),
                                  (250, True, 240), (272, False, 288)],
)  # fmt: skip
def test_sample_size_has_the_wanted_parity_of_cells(side, odd, expected):
    size = SpatialMemoryParams(max_image_sample_size=side**2, feature_size_odd=odd).sample_size
    assert size == expected
    assert size // 16 % 2 == odd


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("search_area_scale", 0), ("learning_rate", 0), ("learning_rate", 1),
        ("hard_negative_learning_rate", 1.5), ("filter_reg", 0), ("projection_reg", -1), ("output_sigma_factor", 0),
        ("CG_iter", -1), ("CG_iter", 2.5), ("init_GN_iter", 0), ("train_skipping", 0), ("sample_memory_size", 0),
        ("compressed_dim", 0), ("kernel_size", (4,)), ("kernel_size", (0, 4)), ("kernel_size", (17, 4)),
        ("proj_init_method", "none"), ("filter_init_method", "ones"), ("response_activation", ("elu", 1)),
        ("CG_forgetting_rate", -1), ("score_upsample_factor", 0.5), ("augmentation_expansion_factor", 0.5),
        ("augmentation", {"shear": [1]}), ("response_budget_sz", 0),
        ("response_activation", ("mlu", 0.05, 3)), ("response_activation", ("mlu", "x")), ("kernel_size", (1.5, 2)),
        ("kernel_size", (None, None)), ("learning_rate", "a"), ("compressed_dim", True), ("init_GN_iter", 10**9),
        ("sample_memory_size", 10**9), ("compressed_dim", 10**9), ("score_upsample_factor", 10**6),
        ("augmentation_expansion_factor", 1e6), ("search_area_scale", 1e9), ("search_area_scale", float("inf")),
        ("displacement_scale", -0.1), ("hard_negative_threshold", float("nan")),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_by_name(name, value):
    with pytest.raises(SettingsError, match=name if name != "augmentation" else "shear"):
        SpatialMemoryParams(**{name: value}).check_sizes()


def test_too_large_a_crop_is_refused():
    with pytest.raises(SettingsError, match="max_image_sample_size"):
        SpatialMemoryParams(max_image_sample_size=10**12)


def test_too_small_a_crop_is_refused():
    with pytest.raises(SettingsError, match="max_image_sample_size"):
        SpatialMemoryParams(max_image_sample_size=16**2)
