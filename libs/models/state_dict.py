"""State dicts as trainings write them: unwraps them and compares them with a network's own."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from libs.utils.errors import CheckpointError

SHOWN = 5
"""How many entries of each kind a message names: a checkpoint of another architecture differs in hundreds."""

HOLDERS = ("net", "state_dict")
"""Entries that may hold a checkpoint's state dict."""
DEEPEST = 8
"""Most dicts within dicts; a file may hold one that contains itself."""
WRAPPERS = ("module", "_orig_mod")
"""What DataParallel, DistributedDataParallel and `torch.compile` insert into the names of a network's entries."""


def find_state_dict(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The state dict in a checkpoint: the innermost dict under `net` or `state_dict`, else the content itself."""
    for _ in range(DEEPEST):
        held = next((content[key] for key in HOLDERS if isinstance(content.get(key), dict)), None)
        if held is None:
            break
        content = held
    return content


def without_wrappers(state_dict: Mapping[str, Tensor], source: object) -> dict[str, Tensor]:
    """The same state dict under the network's own names, whatever wrapped it, and however often.

    Raises:
        CheckpointError: two entries then share a name.
    """
    names = {name: ".".join(part for part in name.split(".") if part not in WRAPPERS) for name in state_dict}
    if len(set(names.values())) < len(names):
        raise CheckpointError(f"{source} holds one network twice, wrapped and as it is; save one state dict alone")
    return {names[name]: value for name, value in state_dict.items()}


def check_state_dict(given: Mapping[str, Tensor], expected: Mapping[str, Tensor], source: object) -> None:
    """Make sure that two state dicts have the same names and shapes.

    Args:
        given: name -> tensor, as read from a file.
        expected: name -> tensor (may be on the meta device), as the network has them.
        source: what to call the file in the message.

    Raises:
        CheckpointError: naming the first missing, unexpected and misshapen entries, and the number of each.
    """
    missing = [f"{name} {tuple(expected[name].shape)}" for name in sorted(set(expected) - set(given))]
    unexpected = sorted(set(given) - set(expected))
    misshapen = [
        f"{name} is {tuple(given[name].shape)}, the network has {tuple(expected[name].shape)}"
        for name in sorted(set(given) & set(expected))
        if given[name].shape != expected[name].shape
    ]
    if missing or unexpected or misshapen:
        lines = [*_shown("missing", missing), *_shown("unexpected", unexpected), *_shown("shape", misshapen)]
        fitting = len(set(given) & set(expected)) - len(misshapen)
        raise CheckpointError(
            f"{source} does not fit the network: {fitting} of its {len(given)} entries do, and the network has "
            f"{len(expected)}; use a checkpoint of this architecture:\n" + "\n".join(lines)
        )


def _shown(kind: str, problems: list[str]) -> list[str]:
    """Lines for a message: the first problems of a kind, and how many more there are."""
    lines = [f"  {kind}: {problem}" for problem in problems[:SHOWN]]
    rest = len(problems) - SHOWN
    return [*lines, f"  {kind}: {rest} more"] if rest > 0 else lines
