"""The released format at ResNet-18 size, without any file from outside; the ResNet-50 runs are in tests/parity."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from libs.models.aggregation import target_probability
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.models.location_map import location_map
from libs.models.released import convert_released, released_views
from libs.utils.errors import CheckpointError

KEY, VALUE, WIDTH = 8, 12, 16


def _encoder_shapes(encoder):
    def batch_norm(name, channels):
        shapes = {f"{name}.{field}": (channels,) for field in ("weight", "bias", "running_mean", "running_var")}
        return {**shapes, f"{name}.num_batches_tracked": ()}

    shapes = {f"{encoder}.mean": (1, 3, 1, 1), f"{encoder}.std": (1, 3, 1, 1), f"{encoder}.conv1.weight": (64, 3, 7, 7)}
    shapes |= batch_norm(f"{encoder}.bn1", 64)
    inputs = 64
    for stage, channels in (("res2", 64), ("res3", 128), ("res4", 256)):
        for block in range(2):
            prefix = f"{encoder}.{stage}.{block}"
            for conv, conv_inputs in ((1, inputs), (2, channels)):
                shapes[f"{prefix}.conv{conv}.weight"] = (channels, conv_inputs, 3, 3)
                shapes |= batch_norm(f"{prefix}.bn{conv}", channels)
            if inputs != channels:
                shapes[f"{prefix}.downsample.0.weight"] = (channels, inputs, 1, 1)
                shapes |= batch_norm(f"{prefix}.downsample.1", channels)
            inputs = channels
    return shapes


def _released_shapes():
    shapes = _encoder_shapes("Encoder_M") | _encoder_shapes("Encoder_Q")
    shapes |= {f"Encoder_M.{name}.weight": (64, 1, 7, 7) for name in ("conv1_m", "conv1_o")}
    convolutions = {"Decoder.convFM": (2 * VALUE, WIDTH), "Decoder.pred2": (WIDTH, 2)}
    for pair in ("KV_M_r4", "KV_Q_r4"):
        convolutions |= {f"{pair}.Key": (256, KEY), f"{pair}.Value": (256, VALUE)}
    for stage, skip in (("RF3", 128), ("RF2", 64)):
        convolutions[f"Decoder.{stage}.convFS"] = (skip, WIDTH)
    for block in ("ResMM", "RF3.ResFS", "RF3.ResMM", "RF2.ResFS", "RF2.ResMM"):
        convolutions |= {f"Decoder.{block}.conv{i}": (WIDTH, WIDTH) for i in (1, 2)}
    for name, (inputs, outputs) in convolutions.items():
        shapes |= {f"{name}.weight": (outputs, inputs, 3, 3), f"{name}.bias": (outputs,)}
    return shapes


@pytest.fixture(scope="module")
def released(rule_weights):
    return rule_weights(_released_shapes())


@pytest.fixture(scope="module")
def net(released):
    state_dict, config = convert_released(released, "file")
    net = AMB(config).eval()
    net.load_state_dict(state_dict)
    return net


def test_rule_gives_the_recorded_check_values(rule_weights):
    shapes = {
        "Encoder_M.conv1_m.weight": (64, 1, 7, 7),
        "Encoder_Q.bn1.weight": (64,),
        "Encoder_Q.bn1.running_mean": (64,),
        "KV_Q_r4.Value.bias": (512,),
        "Decoder.pred2.weight": (2, 256, 3, 3),
    }
    weights = {name: tensor.flatten()[:3].tolist() for name, tensor in rule_weights(shapes).items()}
    assert weights["Encoder_M.conv1_m.weight"] == pytest.approx([-0.261057764, 0.410484433, 0.095139809])
    assert weights["Encoder_Q.bn1.weight"] == pytest.approx([0.949584603, 0.898245633, 0.992286205])
    assert weights["KV_Q_r4.Value.bias"] == pytest.approx([0.063953653, 0.0225002784, -2.07491466e-05])
    assert weights["Decoder.pred2.weight"] == pytest.approx([-0.00203927257, -0.0040408168, 0.0037785368])


def test_architecture_is_read_off_the_shapes(net):
    assert net.config == AMBConfig(backbone="resnet18", key_dim=KEY, value_dim=VALUE, decoder_dim=WIDTH)


def test_round_trip_gives_every_tensor_back(released, net):
    views = released_views(net.state_dict(), net.config)
    kept = {name for name in released if not name.endswith((".mean", ".std"))}
    assert set(views) == kept
    assert all(views[name].equal(released[name]) for name in kept)


def test_module_prefix_and_half_precision_are_accepted(released, net):
    prefixed = {
        f"module.{name}": value.half() if value.is_floating_point() else value for name, value in released.items()
    }
    state_dict, config = convert_released(prefixed, "file")
    assert config == net.config
    for name, value in net.state_dict().items():
        torch.testing.assert_close(state_dict[name], value, atol=1e-3, rtol=1e-3)
        assert state_dict[name].dtype == value.dtype


def _conv(weights, name, x, **options):
    return F.conv2d(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"), **options)


def _block(weights, name, x):
    return x + _conv(weights, f"{name}.conv2", _conv(weights, f"{name}.conv1", x.relu(), padding=1).relu(), padding=1)


def _refine(weights, name, skip, x):
    fine = _block(weights, f"{name}.ResFS", _conv(weights, f"{name}.convFS", skip, padding=1))
    return _block(weights, f"{name}.ResMM", fine + F.interpolate(x, scale_factor=2, mode="bilinear"))


@torch.inference_mode()
def test_keys_values_read_and_logits_from_the_released_tensors(released, net):
    torch.manual_seed(0)
    images, masks = torch.randn(2, 3, 64, 64), torch.rand(2, 64, 64)
    memory_r4, features = net.memory_encoder(images, masks), net.encode(images[1:])
    key, value = net.memorize(net.encode(images), masks)
    maps = {
        name: _conv(released, f"KV_{name[0]}_r4.{name[2:]}", features.r4 if name[0] == "Q" else memory_r4, padding=1)
        for name in ("M_Key", "M_Value", "Q_Key", "Q_Value")
    }
    torch.testing.assert_close(key, maps["M_Key"].flatten(2).mT, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(value, maps["M_Value"].flatten(2).mT, atol=1e-4, rtol=1e-4)

    # Weights of the 2 * 16 memory tokens (rows) for each of the 16 query tokens (columns).
    memory_key, memory_value = (torch.cat(maps[f"M_{name}"].flatten(2).unbind(), dim=1) for name in ("Key", "Value"))
    attention = (memory_key.T @ maps["Q_Key"][0].flatten(1) / KEY**0.5).softmax(dim=0)
    read = torch.cat([(memory_value @ attention).view(1, VALUE, 4, 4), maps["Q_Value"]], dim=1)
    x = _block(released, "Decoder.ResMM", _conv(released, "Decoder.convFM", read, padding=1))
    x = x + F.interpolate(location_map(64)[None, None], size=4, mode="nearest")
    x = _refine(released, "Decoder.RF2", features.r2, _refine(released, "Decoder.RF3", features.r3, x))
    expected = F.interpolate(_conv(released, "Decoder.pred2", x.relu(), padding=1), scale_factor=4, mode="bilinear")
    flat_key, flat_value = (tokens.flatten(0, 1)[None] for tokens in (key, value))
    logits = net.segment(features, flat_key, flat_value, location_map(64))
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-4)


def test_missing_unexpected_and_misshapen_entries_are_all_listed(released):
    wrong = dict(released)
    for name in ("Decoder.RF3.ResFS.conv1.bias", "Encoder_M.conv1_o.weight"):
        del wrong[name]
    wrong |= {"Decoder.pred4.weight": torch.zeros(1), "KV_M_r4.Key.bias": torch.zeros(KEY + 1)}
    with pytest.raises(CheckpointError) as info:
        convert_released(wrong, "weights.pth")
    assert str(info.value).splitlines()[1:] == [
        "  missing: Decoder.RF3.ResFS.conv1.bias (16,)",
        "  missing: Encoder_M.conv1_o.weight (64, 1, 7, 7)",
        "  unexpected: Decoder.pred4.weight",
        "  shape: KV_M_r4.Key.bias is (9,), the network has (8,)",
    ]


@pytest.mark.parametrize("names", [["conv1.weight"], ["Encoder_Q.conv1.weight", "KV_Q_r4.Key.bias"]])
def test_other_state_dicts_are_refused(names):
    with pytest.raises(CheckpointError, match=r"neither .* nor .*KV_Q_r4\.Value\.bias"):
        convert_released(dict(zip(names, itertools.repeat(torch.zeros(1)))), "weights.pth")


@torch.inference_mode()
def test_resnet50_gives_the_probabilities_recorded_with_the_code_that_agrees_with_the_reference(rule_weights):
    """A small case of tests/parity/test_amb.py that needs no file; recorded in float64 when that one passed."""
    with torch.device("meta"):
        like = AMB(AMBConfig())
    shapes = {name: tuple(view.shape) for name, view in released_views(like.state_dict(), like.config).items()}
    state_dict, config = convert_released(rule_weights(shapes), "rule")
    net = AMB(config).eval()
    net.load_state_dict(state_dict)
    row, column = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    image = torch.stack([torch.sin(row / 5 + k) * torch.cos(column / (7 + k)) for k in range(3)])[None]
    mask = ((row - 30) ** 2 + (column - 34) ** 2 < 200).float()[None]
    logits = net.segment(net.encode(image.flip(3)), *net.memorize(net.encode(image), mask), location_map(64))
    expected = [
        [0.2924, 0.6275, 0.3824, 0.3131],
        [0.3933, 0.6420, 0.9332, 0.8111],
        [0.1352, 0.7956, 0.7876, 0.7540],
        [0.3931, 0.7666, 0.9066, 0.7115],
    ]
    torch.testing.assert_close(target_probability(logits)[0, 4::16, 4::16], torch.tensor(expected), atol=1e-4, rtol=0)
