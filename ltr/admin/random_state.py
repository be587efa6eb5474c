"""States of the random generators of Python, NumPy and torch, as a checkpoint can hold them."""

import random
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch


def random_state() -> dict[str, Any]:
    """States of all generators: a dict of tensors, numbers, strings and lists."""
    version, internal, gauss = random.getstate()
    # NumPy's stubs do not distinguish this form, the default, from the other one, a dict.
    numpy_state = cast(tuple[str, np.ndarray, int, int, float], np.random.get_state())
    name, keys, position, has_gauss, cached = numpy_state
    return {
        "python": [version, list(internal), gauss],
        "numpy": [str(name), torch.from_numpy(keys.astype(np.int64)), int(position), int(has_gauss), float(cached)],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_state(states: Sequence[dict[str, Any]], rank: int) -> None:
    """Set all generators to the `random_state` of a run's process number `rank`.

    A process that the run did not have keeps its seed, and GPUs that no longer exist are skipped.
    """
    if rank >= len(states):
        return
    state = states[rank]
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(state["torch"])
    for device, cuda_state in enumerate(state["cuda"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(cuda_state, device)
