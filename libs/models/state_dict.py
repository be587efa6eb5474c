"""Compare the tensors of a file with those that a network has."""

from collections.abc import Mapping

from torch import Tensor

from libs.utils.errors import CheckpointError

SHOWN = 5
"""Entries of each kind that a message names: a checkpoint of another architecture differs in hundreds."""


def check_state_dict(given: Mapping[str, Tensor], expected: Mapping[str, Tensor], source: object) -> None:
    """Make sure that two state dicts have the same names and shapes.

    Args:
        given: name -> tensor, as read from a file.
        expected: name -> tensor (may be on the meta device), as the network has them.
        source: what to call the file in the message.

    Raises:
        CheckpointError: naming the first missing, unexpected and misshapen entries, and how many there are of each.
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
    """Lines of a message: the first problems of a kind, and how many more there are."""
    lines = [f"  {kind}: {problem}" for problem in problems[:SHOWN]]
    rest = len(problems) - SHOWN
    return [*lines, f"  {kind}: {rest} more"] if rest > 0 else lines
