"""The programs return the same as the network's and the banks' own methods."""

import numpy as np
import pytest
import torch

from libs.dcf.correlation import Correlation
from libs.dcf.localization import peak_numbers
from libs.dcf.projection import channel_covariance, principal_axes
from libs.export.filter_programs import StaticCorrelation
from libs.memory.augmentation import augment_crop, count_crops
from libs.memory.likeness import Likeness
from libs.memory.spatial import SpatialMemoryBank
from libs.memory.target import TargetState
from libs.memory.wide_search import search_frame
from libs.models.aggregation import aggregate_single, target_probability
from libs.models.amb import EncodedFrame
from libs.models.location_map import location_map
from libs.utils.crops import normalize_crops

NAMES = ["encode", "remember", "segment", "features", "filter_covariance", "filter_start", "filter_score"]
NAMES += ["filter_update", "filter_search"]


def test_names_and_shapes(programs):
    assert list(programs) == NAMES
    assert programs["segment"].input_shapes()["bank_key"] == (4, 16, 8)
    assert programs["features"].input_shapes()["pixels"] == (1, "16*rows", "16*columns", 3)
    assert programs["filter_start"].input_shapes()["centres"] == (3, 2)
    assert programs["filter_update"].input_shapes()["samples"] == (5, 8, 6, 6)


@torch.inference_mode()
def test_encode_and_remember_are_the_network_s(network, programs):
    pixels = programs["encode"].examples[0]["pixels"]
    frame = network.encode(normalize_crops(pixels.numpy(), "cpu"))
    made = programs["encode"].run({"pixels": pixels})
    for ours, theirs in zip(made, frame[1:], strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    inputs = programs["remember"].examples[0]
    key, value = network.memorize(frame, inputs["mask"])
    likeness = Likeness()
    likeness.initialize(frame.key, inputs["mask"][0])
    for ours, theirs in zip(programs["remember"].run(inputs), (key[0], value[0], likeness.looks[0]), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


@torch.inference_mode()
def test_segment_reads_what_is_used_and_nothing_else(network, programs):
    for inputs, count in zip(programs["segment"].examples, (3, 1, 4), strict=True):
        *frame, bank_key, bank_value, used, look = inputs.values()
        assert used.sum() == count
        tokens = [bank[:count].flatten(0, 1)[None] for bank in (bank_key, bank_value)]
        location = location_map(64, network.config.location_scale)
        expected = target_probability(network.segment(EncodedFrame(frame[0], *frame), *tokens, location))
        probability, memory_mask, likeness = programs["segment"].run(inputs)
        assert torch.allclose(probability, expected[0], atol=1e-6)
        assert torch.allclose(memory_mask, aggregate_single(expected), atol=1e-5)
        known = Likeness()
        known.looks = {0: look}
        assert likeness == pytest.approx(float(known.of(inputs["key"], expected[0])), abs=1e-5)
    changed = {**inputs, "used": torch.tensor([1.0, 0, 0, 0])}
    assert not torch.allclose(programs["segment"].run(changed)[0], probability, atol=1e-6)


@torch.inference_mode()
def test_the_filter_s_life_is_the_spatial_memory_bank_s(network, params, programs):
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 255, (2, 120, 160, 3), dtype=np.uint8)
    bank = SpatialMemoryBank(params, network.filter_features, "cpu")
    state = TargetState.from_box((60, 40, 30, 20), params.search_area_scale, params.sample_size)
    bank.initialize(first, state)

    def run(name, **inputs):
        program = programs[name]
        inputs = {key: torch.as_tensor(inputs[key]) for key in program.examples[0]}
        typed = {key: value.to(program.examples[0][key].dtype) for key, value in inputs.items()}
        return dict(zip(program.outputs, program.run(typed), strict=True))

    # Start.
    window = state.search_window(params.sample_size)
    augmented = augment_crop(first, window, params.augmentation, params.augmentation_expansion_factor)
    assert len(augmented.crops) == count_crops(params.augmentation) == 3
    features = torch.cat([run("features", pixels=crop[None])["features"] for crop in augmented.crops])
    covariance = run("filter_covariance", features=features)["covariance"]
    assert torch.allclose(covariance, channel_covariance(features))
    centres = params.sample_size / 2 + augmented.shifts
    learned = {"projection": principal_axes(features, 8), "filter": torch.zeros(8, 4, 3)}
    for _ in range(params.init_GN_iter):
        step = run("filter_start", features=features, centres=centres, sigma=bank._sigma, **learned)
        learned = {"projection": step["new_projection"], "filter": step["new_filter"]}
    assert torch.allclose(step["samples"], bank.memory.stored()[0], atol=1e-4)

    # Score.
    located = bank.locate(second, state)
    seen = run("features", pixels=window.extract(second)[None])["features"]
    near = params.target_neighborhood_scale * state.base_size[::-1].copy()
    scored = run("filter_score", features=seen, neighbourhood=near, **learned)
    scores = torch.from_numpy(located.score_map)
    assert torch.allclose(scored["score_map"], scores, atol=1e-4 * scores.abs().max().item())
    assert torch.equal(scored["peaks"], peak_numbers(scored["score_map"], near))
    assert torch.allclose(scored["sample"], located.sample[0], atol=1e-4)

    # Learn.
    samples, _, _ = bank.memory.stored()
    padding = torch.zeros(2, *samples.shape[1:])
    stored = {"samples": torch.cat([samples, padding]), "centres": np.concatenate([centres, np.zeros((2, 2))])}
    weights = torch.tensor([1, 1, 1, 0, 0]) / 3
    updated = run("filter_update", filter=bank.filter, weights=weights, sigma=bank._sigma, **stored)
    bank._update_filter(params.CG_iter)
    assert torch.allclose(updated["new_filter"], bank.filter, atol=1e-5)

    # Search.
    crop = np.ascontiguousarray(second[:112, :160])
    whole = run("features", pixels=crop[None])["features"]
    scores = run("filter_search", features=whole, projection=bank.projection, filter=bank.filter)["scores"]
    assert torch.allclose(scores, bank.scores([crop])[0], atol=1e-4)
    assert search_frame(bank, second, state, 1)


@pytest.mark.parametrize("kernel", [(4, 4), (3, 4), (5, 1)])
def test_the_static_correlation_is_the_other_one(kernel):
    random = torch.Generator().manual_seed(0)
    samples = torch.randn(3, 7, 9, 11, dtype=torch.float64, generator=random)
    filter_ = torch.randn(7, *kernel, dtype=torch.float64, generator=random)
    ours, theirs = StaticCorrelation(samples, kernel), Correlation(samples, kernel)
    response = theirs(filter_)
    assert torch.allclose(ours(filter_), response)
    assert torch.allclose(ours.transpose(response), theirs.transpose(response))


def test_the_network_is_left_as_it_was(network, programs):
    parts = {name for name, _ in network.named_children()}
    assert {"query_encoder", "query_key_value", "memory_encoder", "decoder"} <= parts
    held = {name.split(".")[1] for name, _ in programs["segment"].module.named_parameters()}
    assert held == {"decoder"}


@pytest.mark.parametrize("name", ["features", "filter_search"])
def test_examples_differ_in_what_is_dynamic(programs, name):
    for field, axes in programs[name].dynamic.items():
        for axis in axes:
            lengths = [inputs[field].shape[axis] for inputs in programs[name].examples]
            assert len(set(lengths)) == len(lengths) > 1
