"""Makes a trained network fast: folded batch norm, the best precision, channels-last weights, compiled parts."""

import copy
import importlib.util
import itertools
import logging
import os
import shutil
from typing import Literal

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from libs.models.amb import AMB
from libs.models.location_map import location_map
from libs.utils.errors import SettingsError

LOG = logging.getLogger(__name__)
Precision = Literal["auto", "fp32", "bf16", "fp16"]
CPP_COMPILERS = ["g++", "clang++", "cl"]
PRECISIONS: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def resolve_precision(precision: str, device: torch.device) -> Precision:
    """The name in `PRECISIONS` that a precision stands for on a device.

    Args:
        precision: 'fp32', 'bf16', 'fp16', or 'auto' (bf16 if the device supports it natively, else fp32).
        device: torch.device.

    Raises:
        SettingsError: for another precision.
    """
    if precision == "auto":
        return "bf16" if _has_bf16(device) else "fp32"
    if precision not in PRECISIONS:
        raise SettingsError(f"precision is '{precision}'; there is: auto, {', '.join(PRECISIONS)}")
    return precision


def allow_tf32(allowed: bool) -> None:
    """Set whether fp32 may be TF32, with 10 bits of mantissa in products instead of 23: faster on recent GPUs.

    This holds for the whole process. By default, torch uses TF32 for convolutions but not for matrix products.
    """
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = allowed


def prepare_for_inference(network: AMB, precision: str = "auto") -> AMB:
    """Fold every batch norm into the convolution before it and bring the weights to a precision, in place.

    The network can no longer be trained or saved. In fp32 its outputs change only by rounding. fp16 ends at 65504: a
    network that exceeds this on a crop of noise stays in fp32, with a warning.

    Args:
        network: an `AMB` in evaluation mode, on its device.
        precision: as for `resolve_precision`.

    Returns:
        The network.

    Raises:
        SettingsError: for another precision.
    """
    precision = resolve_precision(precision, next(network.parameters()).device)
    for module in list(network.modules()):
        _fold_batch_norms(module)
    network.to(memory_format=torch.channels_last)
    if precision == "fp16":
        half = copy.deepcopy(network).half()
        if _is_finite(half):
            return half
        LOG.warning("the network's numbers are too large for fp16, so it runs in fp32; better set precision to bf16")
        return network
    return network.to(PRECISIONS[precision])


def precision_of(network: AMB) -> Precision:
    """The name in `PRECISIONS` of an `AMB`'s precision."""
    return next(name for name, dtype in PRECISIONS.items() if dtype == network.dtype)


@torch.inference_mode()
def _is_finite(network: AMB) -> bool:
    """Whether all results of an `AMB` are finite on a crop of noise with half of it as target."""
    size, device = network.config.crop_size, next(network.parameters()).device
    images = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0)).clamp(-2, 2.5).to(device)
    frame = network.encode(images)
    key, value = network.memorize(frame, (images[:, 0] > 0).float())
    logits = network.segment(frame, key, value, location_map(size, network.config.location_scale, device=device))
    return all(tensor.isfinite().all() for tensor in (*frame, key, value, logits))


def compile_for_inference(network: AMB) -> None:
    """Compile the network's convolutional parts in place; each compiles when it first gets an input of a new shape.

    On CUDA they are replayed as CUDA graphs ("reduce-overhead"), which saves the host a few hundred kernel launches per
    frame; a part's outputs then last until `begin_compiled_step`. The memory read stays as it is, because its shape
    grows with the memory. If the compiler is missing, the whole network stays as it is, with a warning.

    Args:
        network: an `AMB`, prepared for inference.
    """
    on_cuda = next(network.parameters()).device.type == "cuda"
    missing = _missing_compiler(on_cuda)
    if missing:
        LOG.warning("compile: there is no %s, so the network runs as it is, which is slower", missing)
        return
    for part in network.children():
        part.compile(mode="reduce-overhead" if on_cuda else "default", dynamic=False)


def _missing_compiler(on_cuda: bool) -> str | None:
    """What `torch.compile` needs and does not find; None if nothing is missing."""
    if on_cuda:
        return None if importlib.util.find_spec("triton") else "Triton (install the package triton)"
    names = [os.environ["CXX"]] if os.environ.get("CXX") else CPP_COMPILERS
    found = any(shutil.which(name) for name in names)
    return None if found else f"C++ compiler ({', '.join(names)}; install one, or name it in CXX)"


def begin_compiled_step() -> None:
    """Mark outputs of compiled parts as no longer needed; call once per frame, before the first part."""
    torch.compiler.cudagraph_mark_step_begin()


def _fold_batch_norms(parent: nn.Module) -> None:
    """Fold the batch norms that directly follow their convolution among a module's own children.

    Some of timm's batch norms contain the activation that follows; it replaces them.
    """
    for (before, convolution), (name, child) in itertools.pairwise(list(parent.named_children())):
        if isinstance(convolution, nn.Conv2d) and isinstance(child, nn.BatchNorm2d):
            setattr(parent, before, fuse_conv_bn_eval(convolution, child))
            setattr(parent, name, getattr(child, "act", nn.Identity()))


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # Without the AVX-512 instructions, bf16 on a CPU is emulated and slower than fp32.
    return device.type == "cpu" and getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
