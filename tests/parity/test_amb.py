"""The ResNet-50 network with weights from a rule, compared with recorded features, reads, logits and probabilities."""

import json
import re

import numpy as np
import pytest
import torch

from libs.models.aggregation import target_probability
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.models.location_map import location_map
from libs.models.released import convert_released
from libs.utils.crops import normalize_crops

FEATURE_TOLERANCE = 1e-4
PROBABILITY_TOLERANCE = 2e-5
SUM_TOLERANCE = 1e-5

EVERY = slice(None)
TARGET = slice(64, 320)
CROPS = {256: (TARGET, TARGET), 384: (EVERY, EVERY)}

# How the recorded part of a tensor was cut out of it: a slice per dimension.
PARTS = {
    256: {
        "key2": (1, 4),
        "value2": (1, 4, 8),
        "r4_memory1": (1, 16),
        "r3": (1, 32, 2, 2),
        "r2": (1, 32, 4, 4),
        "c1": (1, 16, 8, 8),
        "qvalue": (1, 8),
        "mask_T1": (1, 2, 2),
        "mask_T2": (1, 2, 2),
    },
    384: {
        "key1": (1, 4, 4),
        "value1": (1, 4, 8),
        "r4": (1, 16),
        "read_T1": (1, 16),
        "read_T2": (1, 16),
        "ps_T1": (1, 4, 4),
        "ps_T2": (1, 4, 4),
        "mask_T1": (1, 4, 4),
        "mask_T2": (1, 4, 4),
    },
}


@pytest.fixture(scope="module")
def recorded(parity):
    with np.load(parity / "amb_r50.npz", allow_pickle=False) as archive:
        return dict(archive)


@pytest.fixture(scope="module")
def weights(parity, rule_weights):
    keys = json.loads((parity / "released_keys.json").read_text())
    assert len(keys) == 558
    return rule_weights({name: tuple(entry["shape"]) for name, entry in keys.items()})


@pytest.fixture(scope="module")
def net(weights):
    state_dict, config = convert_released({f"module.{name}": value for name, value in weights.items()}, "rule")
    net = AMB(config).eval()
    net.load_state_dict(state_dict)
    return net


@pytest.fixture(scope="module", params=[256, 384])
def case(request, net, recorded):
    """Prefix of the recorded arrays, the parts recorded, and all our tensors by the name of the recorded ones."""
    size = request.param
    return f"c{size}_", PARTS[size], _run(net, recorded, size)


@torch.inference_mode()
def _run(net, recorded, size):
    rows, columns = CROPS[size]
    frames = normalize_crops(recorded["frames"][:, rows, columns], "cpu")
    masks = [recorded["mask1"][rows, columns].astype(np.float32), recorded["mask2"][rows, columns] / np.float32(255)]
    masks = torch.from_numpy(np.stack(masks))
    keys, values = net.memorize(net.encode(frames), masks)
    features = net.encode(frames[1:])
    query_key, query_value = (_to_map(tokens, features.r4) for tokens in (features.key, features.value))
    tensors = {"key1": keys[:1], "key2": keys[1:], "value1": values[:1], "value2": values[1:]}
    trunk = net.query_encoder.net
    tensors |= {"r4_memory1": net.memory_encoder(frames[:1], masks[:1])}
    tensors |= {"c1": trunk.act1(trunk.bn1(trunk.conv1(frames[1:])))}
    tensors |= {name: getattr(features, name) for name in ("r4", "r3", "r2")} | {
        "qkey": query_key,
        "qvalue": query_value,
    }
    location = location_map(size, net.config.location_scale)
    for remembered in (1, 2):
        memory = [tokens[:remembered].flatten(0, 1)[None] for tokens in (keys, values)]
        tensors |= _segment(net, features, memory, location, f"T{remembered}")
    blind = _segment(net, features, (keys[:1], values[:1]), torch.zeros(size, size), "T1_zerodist")
    tensors["logits4_T1_zerodist"] = blind["logits4_T1_zerodist"]
    return tensors


def _segment(net, features, memory, location, suffix):
    read = net.read(features, *memory)
    logits = net.decoder(read, features.r3, features.r2, location)
    probability = target_probability(net.segment(features, *memory, location))
    named = {"read": read[:, : net.config.value_dim], "logits4": logits, "ps": probability}
    named["mask"] = net.memory_mask(probability)
    return {f"{name}_{suffix}": tensor for name, tensor in named.items()}


def _to_map(tokens, like):
    return tokens.mT.unflatten(2, like.shape[-2:])


def _tolerance(name):
    return PROBABILITY_TOLERANCE if name.startswith(("ps", "mask")) else FEATURE_TOLERANCE


def test_rule_gives_the_recorded_weights(weights, recorded):
    names = sorted(weights)
    first = [weights[name].flatten()[0].item() for name in names]
    sums = [weights[name].double().sum().item() for name in names]
    np.testing.assert_allclose(first, recorded["weight_first"], rtol=1e-6, atol=0)
    np.testing.assert_allclose(sums, recorded["weight_sum"], rtol=1e-6, atol=1e-6)


def test_converter_reads_the_released_network_off_its_shapes(net):
    assert net.config == AMBConfig()
    assert sum(parameter.numel() for parameter in net.parameters()) == 38_925_570


def test_arrays_agree(case, recorded):
    prefix, parts, tensors = case
    names = [
        name for name in recorded if name.startswith(prefix) and not name.endswith("_stat") and "_dist_" not in name
    ]
    compared = set()
    for name in names:
        short = re.sub("_sub$", "", name.removeprefix(prefix))
        part = tuple(slice(None, None, step) for step in parts[short]) if name.endswith("_sub") else ...
        ours = tensors[short][part].numpy()
        ours = ours[0] if short.startswith("mask") else ours
        np.testing.assert_allclose(ours, recorded[name], rtol=0, atol=_tolerance(short), err_msg=name)
        compared.add(short)
    assert {"r4", "key1", "value1", "read_T1", "read_T2", "logits4_T1", "logits4_T2", "ps_T2", "mask_T2"} <= compared


def test_statistics_of_whole_tensors_agree(case, recorded):
    prefix, _, tensors = case
    names = {name.removeprefix(prefix).removesuffix("_stat") for name in recorded if re.match(f"{prefix}.*_stat", name)}
    assert names == set(tensors)
    for name in sorted(names):
        ours = tensors[name].double()
        total, absolute, low, high, root_mean_square = recorded[f"{prefix}{name}_stat"]
        assert ours.sum().item() == pytest.approx(total, rel=0, abs=SUM_TOLERANCE * absolute), name
        assert ours.abs().sum().item() == pytest.approx(absolute, rel=SUM_TOLERANCE), name
        assert ours.min().item() == pytest.approx(low, rel=0, abs=_tolerance(name)), name
        assert ours.max().item() == pytest.approx(high, rel=0, abs=_tolerance(name)), name
        assert ours.square().mean().sqrt().item() == pytest.approx(root_mean_square, rel=SUM_TOLERANCE), name


@pytest.mark.parametrize("size", [256, 384])
def test_location_map_agrees(recorded, size):
    distance = location_map(size, 1.0).numpy()
    near = slice(size // 2 - 2, size // 2 + 2)
    np.testing.assert_allclose(distance[0], recorded[f"c{size}_dist_row0"], rtol=1e-6)
    np.testing.assert_allclose(distance[near, near], recorded[f"c{size}_dist_centre"], rtol=1e-6)
