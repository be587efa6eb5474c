"""Checkpoints: dicts of tensors, numbers, strings and lists, so that reading one never runs code.

`net` is the state dict, `constructor` the `AMBConfig` as a dict; `stage`, `epoch`, `settings` and `metrics` describe
the origin; `optimizer`, `scaler`, `ema`, `sampler`, `frame_gap`, `best` and the random states let training resume.
Files in the released DMB / SAMN format are recognised and converted.
"""

import os
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from libs.models.amb import AMB, expected_state_dict
from libs.models.config import ADDED_LATER, AMBConfig
from libs.models.released import convert_released
from libs.models.state_dict import check_state_dict, find_state_dict, without_wrappers
from libs.models.tensor_file import check_state_tensors, read_tensor_file, write_tensor_file
from libs.utils.errors import CheckpointError, SettingsError


def load_network(path: str | os.PathLike, device: torch.device | str = "cpu") -> tuple[AMB, dict[str, Any]]:
    """Build the network that a checkpoint holds.

    Args:
        path: of a checkpoint of this project, or of a file in the released format.
        device: torch device or its name.

    Returns:
        The `AMB` in evaluation mode, float32, on `device`, its weights in the channels-last layout (measured faster
        than the default layout on a CPU: 1.1 to 1.4 times), and a dict with the checkpoint's other entries
        (`constructor`, `stage`, `epoch`, `settings`, `metrics`, ...) and its `path`.

    Raises:
        CheckpointError: see `load_checkpoint`.
    """
    checkpoint = load_checkpoint(path)
    with torch.device("meta"):
        net = AMB(AMBConfig.from_dict(checkpoint["constructor"]))
    net.load_state_dict(checkpoint.pop("net"), assign=True)
    # Torch's declaration of `to` lacks the memory format.
    net = net.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return net.eval(), {"path": str(path), **checkpoint}


def load_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a checkpoint and check it against the architecture it names.

    Args:
        path: of a checkpoint of this project, of released DMB / SAMN weights as the authors' training wrote them (a
            dict with `state_dict` or `net`), or of a bare state dict with the released names; the network may have been
            wrapped by DataParallel, DistributedDataParallel or `torch.compile`.

    Returns:
        dict as described at the top of this module; `net` is float32 on the CPU.

    Raises:
        CheckpointError: missing, truncated or unreadable file, a file that would run code, an unknown format, another
            architecture (the message names missing, unexpected and misshapen entries).
    """
    content = read_tensor_file(path)
    content = content if isinstance(content, dict) else {}
    state_dict = check_state_tensors(find_state_dict(content), path)
    if "constructor" in content:
        return {**content, "net": _check_own(without_wrappers(state_dict, path), content["constructor"], path)}
    net, config = convert_released(state_dict, path)
    info = {"epoch": content["epoch"]} if "epoch" in content else {}
    return {"net": net, "constructor": config.as_dict(), "stage": "released", **info}


def save_checkpoint(
    path: str | os.PathLike[str],
    *,
    net: Mapping[str, Tensor],
    constructor: AMBConfig,
    stage: str,
    half: bool = False,
    **entries: Any,
) -> None:
    """Write a checkpoint; a crash at any moment leaves either the old file or the new one.

    Args:
        path: of the file; its folder is created.
        net: state dict of the `AMB`.
        constructor: its `AMBConfig`.
        stage: what the weights are, e.g. 'stage2'.
        half: store the network's floating-point tensors at half precision (values must lie within 65504).
        entries: further entries (`epoch`, `settings`, `metrics`, `optimizer`, ...): tensors, numbers, strings, None,
            and lists and dicts of these.

    Raises:
        CheckpointError: naming an entry of another type, which `load_checkpoint` would refuse.
        DataError: the folder cannot be written, or the disk is full.
    """
    if half:
        net = {name: value.half() if value.is_floating_point() else value for name, value in net.items()}
    content = {"net": dict(net), "constructor": constructor.as_dict(), "stage": stage, **entries}
    write_tensor_file(path, content)


def _check_own(state_dict: dict[str, Tensor], constructor: Any, path: str | os.PathLike[str]) -> dict[str, Tensor]:
    try:
        config = AMBConfig.from_dict(constructor)
    except (SettingsError, TypeError) as error:
        raise CheckpointError(f"{path} holds a network that this version cannot build: {error}") from error
    if not set(ADDED_LATER) & set(constructor):
        state_dict = {_today(name): value for name, value in state_dict.items()}
    expected = expected_state_dict(config)
    check_state_dict(state_dict, expected, path)
    # Copied: tensors mapped from the file would change or vanish with it.
    return {name: value.to(expected[name].dtype, copy=True) for name, value in state_dict.items()}


def _today(name: str) -> str:
    """Today's name of an entry: early checkpoints, with only ResNets as backbones, had no `net` in their encoders."""
    encoder, _, rest = name.partition(".")
    return f"{encoder}.net.{rest}" if encoder in ("query_encoder", "memory_encoder") else name
