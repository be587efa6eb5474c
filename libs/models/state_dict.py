"""Compare the tensors of a file with those that a network has."""

from libs.utils.errors import CheckpointError


def check_state_dict(given, expected, source):
    """Make sure that two state dicts have the same names and shapes.

    Args:
        given: dict name -> tensor, as read from a file.
        expected: dict name -> tensor (may be on the meta device), as the network has them.
        source: what to call the file in the message.

    Raises:
        CheckpointError: listing every missing, unexpected and misshapen entry.
    """
    problems = [f"  missing: {name} {tuple(expected[name].shape)}" for name in sorted(set(expected) - set(given))]
    problems += [f"  unexpected: {name}" for name in sorted(set(given) - set(expected))]
    for name in sorted(set(given) & set(expected)):
        given_shape, expected_shape = tuple(given[name].shape), tuple(expected[name].shape)
        if given_shape != expected_shape:
            problems.append(f"  shape: {name} is {given_shape}, the network has {expected_shape}")
    if problems:
        raise CheckpointError(
            f"{source} does not fit the network; use a checkpoint of this architecture:\n" + "\n".join(problems)
        )
