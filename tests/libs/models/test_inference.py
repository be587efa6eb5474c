import copy
import logging
import shutil

import pytest
import torch
from torch import nn

from libs.models.aggregation import target_probability
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.models.inference import (
    allow_tf32,
    compile_for_inference,
    precision_of,
    prepare_for_inference,
    resolve_precision,
)
from libs.models.location_map import location_map
from libs.utils.errors import SettingsError


@torch.inference_mode()
def run(network, size=64):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, 3, size, size, generator=generator)
    masks = torch.rand(1, size, size, generator=generator)
    frame = network.encode(images[1:])
    key, value = network.memorize(network.encode(images[:1]), masks)
    logits = network.segment(frame, key, value, location_map(size, 384))
    return [tensor.float() for tensor in (*frame, key, value, target_probability(logits))]


def test_folded_batch_norms_change_rounding_only(bundled_network):
    prepared = prepare_for_inference(copy.deepcopy(bundled_network), "fp32")
    assert not any(isinstance(module, nn.BatchNorm2d) for module in prepared.modules())
    for ours, theirs in zip(run(prepared), run(bundled_network), strict=True):
        assert (ours - theirs).abs().max() < 1e-4 * max(1, theirs.abs().max())


def test_a_convolution_and_its_batch_norm_by_hand():
    """(2x + 1 - 3) / sqrt(4) * 5 + 7 = 5x + 2."""
    block = nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, eps=0)).eval()
    with torch.no_grad():
        for tensor, value in (
            (block[0].weight, 2),
            (block[0].bias, 1),
            (block[1].running_mean, 3),
            (block[1].running_var, 4),
            (block[1].weight, 5),
            (block[1].bias, 7),
        ):
            tensor.fill_(value)
    folded = prepare_for_inference(block, "fp32")
    assert folded[0].weight.item() == pytest.approx(5)
    assert folded[0].bias.item() == pytest.approx(2)
    assert isinstance(folded[1], nn.Identity)


def test_bf16_is_close(bundled_network):
    prepared = prepare_for_inference(copy.deepcopy(bundled_network), "bf16")
    assert prepared.dtype == torch.bfloat16
    probability, reference = run(prepared)[-1], run(bundled_network)[-1]
    assert (probability - reference).abs().mean() < 0.02


def test_auto_is_one_of_the_precisions(bundled_network):
    assert prepare_for_inference(copy.deepcopy(bundled_network)).dtype in (torch.float32, torch.bfloat16)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_named_precision_means_itself(precision):
    assert resolve_precision(precision, torch.device("cpu")) == precision
    assert resolve_precision("auto", torch.device("cpu")) in ("fp32", "bf16")


@pytest.fixture
def small_network():
    torch.manual_seed(0)
    return AMB(AMBConfig(backbone="resnet18", key_dim=8, value_dim=16, decoder_dim=8, crop_size=64)).eval()


def test_fp16_is_close_where_it_is_kept(small_network):
    prepared = prepare_for_inference(copy.deepcopy(small_network), "fp16")
    assert precision_of(prepared) == "fp16"
    assert (run(prepared)[-1] - run(small_network)[-1]).abs().max() < 0.02


@pytest.mark.parametrize("factor", [1e6, 1e9], ids=["activations", "weights"])
def test_a_network_too_large_for_fp16_stays_in_fp32_and_says_so(small_network, factor, caplog):
    """The output of its convolution, or its weights themselves."""
    with torch.no_grad():
        small_network.query_key_value.conv.weight *= factor
    expected = run(prepare_for_inference(copy.deepcopy(small_network), "fp32"))
    prepared = prepare_for_inference(small_network, "fp16")
    assert precision_of(prepared) == "fp32"
    assert "too large for fp16" in caplog.text
    assert all(map(torch.equal, run(prepared), expected))


def test_unknown_precision(bundled_network):
    with pytest.raises(SettingsError, match="int8"):
        prepare_for_inference(copy.deepcopy(bundled_network), "int8")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("c++") is None, reason="torch.compile needs a C++ compiler on a CPU")
def test_compiled_parts_change_rounding_only(bundled_network):
    prepared = prepare_for_inference(copy.deepcopy(bundled_network), "fp32")
    before = run(prepared)
    compile_for_inference(prepared)
    for ours, theirs in zip(run(prepared), before, strict=True):
        assert (ours - theirs).abs().max() < 1e-4 * max(1, theirs.abs().max())


@pytest.mark.parametrize("missing", ["no-such-compiler", ""])
def test_without_a_compiler_the_network_runs_as_it_is_and_that_is_said(missing, monkeypatch, caplog):
    monkeypatch.setenv("CXX", missing)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    network = nn.Sequential(nn.Linear(2, 2))
    with caplog.at_level(logging.WARNING):
        compile_for_inference(network)
    assert (missing or "g++, clang++, cl") in caplog.text
    assert network[0]._compiled_call_impl is None


def test_tf32_is_a_choice():
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    try:
        for allowed in (True, False):
            allow_tf32(allowed)
            assert torch.backends.cudnn.allow_tf32 is torch.backends.cuda.matmul.allow_tf32 is allowed
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before
