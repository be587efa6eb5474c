"""Work on several cores of a CPU at once, by threads: torch computes without Python's lock."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


def map_side_by_side(function: Callable[[Item], Found], items: Sequence[Item], at_once: int) -> list[Found]:
    """What a function makes of each item, in order, with up to `at_once` calls at a time.

    The calls share torch's threads. All that have begun have ended when this returns, or raises what the first of them
    to fail raised.
    """
    at_once = min(at_once, len(items))
    if at_once < 2:
        return [function(item) for item in items]
    # Late, because torch takes seconds to import, and who asks for more than one call at once has it already.
    import torch

    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(
            at_once, initializer=torch.set_num_threads, initargs=(threads // at_once or 1,)
        ) as pool:
            return list(pool.map(function, items))
    finally:
        # The number is each thread's own, but what new threads begin with is the last that was set.
        torch.set_num_threads(threads)
