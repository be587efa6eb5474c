"""The programs give what the network's and the banks' own methods give."""

import numpy as np
import pytest
import torch

from libs.memory.spatial import SpatialMemoryBank
from libs.memory.target import TargetState
from libs.models.aggregation import aggregate_single, target_probability
from libs.models.amb import EncodedFrame
from libs.utils.crops import normalize_crops


def test_examples_have_the_stated_shapes(programs):
    sizes = {"cells": 4, "2*cells": 8, "4*cells": 16, "16*cells": 64, "cells*cells": 16, "frames": 3}
    for program in programs.values():
        for shapes, tensors in (
            (program.input_shapes(), program.examples[0].values()),
            (program.outputs, program.run(program.examples[0])),
        ):
            stated = [tuple(sizes.get(size, size) for size in shape) for shape in shapes.values()]
            assert stated == [tuple(tensor.shape) for tensor in tensors]
    assert programs["segmentation"].input_shapes()["memory_key"] == ("frames", 16, 8)
    assert programs["query_encoder"].input_shapes()["image"] == (1, 3, "16*cells", "16*cells")


@torch.inference_mode()
def test_encoders_are_the_network_s(network, programs):
    for inputs in programs["query_encoder"].examples:
        _, *expected = network.encode(inputs["image"])
        assert all(map(torch.equal, programs["query_encoder"].run(inputs), expected))
    inputs = programs["memory_encoder"].examples[0]
    expected = network.memorize(network.encode(inputs["image"]), inputs["mask"])
    assert all(map(torch.equal, programs["memory_encoder"].run(inputs), expected))


@torch.inference_mode()
def test_segmentation_is_the_network_s(network, programs):
    for inputs in programs["segmentation"].examples:
        *frame, key, value, location = inputs.values()
        tokens = [remembered.flatten(0, 1)[None] for remembered in (key, value)]
        expected = network.segment(EncodedFrame(frame[0], *frame), *tokens, location)
        logits, probability, memory_mask = programs["segmentation"].run(inputs)
        assert torch.equal(logits, expected)
        assert torch.equal(probability, target_probability(expected))
        assert torch.equal(memory_mask, aggregate_single(probability))


@torch.inference_mode()
def test_scores_are_the_spatial_memory_bank_s(network, params, programs):
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 255, (2, 120, 160, 3), dtype=np.uint8)
    bank = SpatialMemoryBank(params, network.filter_features, "cpu")
    state = TargetState.from_box((60, 40, 30, 20), params.search_area_scale, params.sample_size)
    bank.initialize(first, state)
    expected = bank.locate(second, state).score_map

    crop = normalize_crops([state.search_window(params.sample_size).extract(second)], "cpu")
    features = network.filter_features(crop)
    (score_map,) = programs["filter_scoring"].run(
        {"features": features, "projection": bank.projection, "filter": bank.filter}
    )
    assert expected.abs().max() > 0
    assert torch.allclose(score_map, expected, rtol=0, atol=1e-6 * expected.abs().max().item())


def test_the_network_is_left_as_it_was(network, programs):
    assert network.decoder.predict.weight.requires_grad
    assert [name for name, _ in network.named_children()] == [
        "query_encoder",
        "query_key_value",
        "memory_encoder",
        "memory_key_value",
        "decoder",
    ]
    held = {name.split(".")[1] for name, _ in programs["segmentation"].module.named_parameters()}
    assert held == {"decoder"}


@pytest.mark.parametrize("name", ["query_encoder", "segmentation"])
def test_examples_differ_in_what_is_dynamic(programs, name):
    for field, axes in programs[name].dynamic.items():
        for axis in axes:
            lengths = [inputs[field].shape[axis] for inputs in programs[name].examples]
            assert len(set(lengths)) == len(lengths) > 1
