"""The stacks of experiments that the installed toolkit ships, by name."""

import difflib
import pathlib
from typing import Any

import vot.stack
from vot.experiment import Experiment, MultiStartExperiment, SupervisedExperiment
from vot.stack import Stack

from libs.utils.errors import SettingsError

USUAL = ("main", "shortterm", "rgb")
"""What a year alone stands for: vot2022 is vot2022/shortterm."""
PUBLIC_SCORES = "tests/multiobject"
"""The stack that scores several objects; those of the challenges leave that to a server."""


def stack_names() -> list[str]:
    """The names of all stacks, such as 'vot2022/shortterm'."""
    return sorted(vot.stack.list_integrated_stacks())


def find_stack(name: str) -> str:
    """The whole name of a stack: 'vot2022' is 'vot2022/shortterm', 'votstval' the newest that is called so.

    Raises:
        SettingsError: there is none; the message has all, the nearest first.
    """
    names = stack_names()
    candidates = [name, *(f"{name}/{part}" for part in USUAL)]
    candidates += [each for each in reversed(names) if pathlib.PurePosixPath(each).name == name]
    for candidate in candidates:
        if candidate in names:
            return candidate
    nearest = sorted(names, key=lambda each: -_likeness(name, each))
    raise SettingsError(f"there is no protocol {name!r}; those of the installed vot-toolkit: {', '.join(nearest)}")


def read_stack(name: str) -> Stack:
    """A stack of the toolkit, by its whole name; experiments of several objects that score nothing have analyses too.

    The stacks of VOTS name no analyses, because the ground truth is on a server; they get those of
    'tests/multiobject', by which a ground truth of one's own can be scored.
    """
    stack = Stack.read(vot.stack.resolve_stack(name))
    for experiment in stack:
        if scores_nothing(experiment):
            # Read anew each time, so that no two experiments share one.
            experiment.analyses = list(Stack.read(vot.stack.resolve_stack(PUBLIC_SCORES))["baseline"].analyses)
    return stack


def scores_nothing(experiment: Experiment) -> bool:
    """Whether this is an experiment of several objects without any analysis."""
    return is_multiobject(experiment) and not experiment.analyses


def is_multiobject(experiment: Any) -> bool:
    """Whether the objects of a video are followed together."""
    return bool(experiment._multiobject)


def wants_masks(name: str, stack: Stack) -> bool:
    """Whether the truth is masks where a dataset has both: multi-start and several objects, unless the name ends in box.

    A dataset whose ground truth is written as masks is judged by them in any case.
    """
    by_masks = any(isinstance(each, MultiStartExperiment) or is_multiobject(each) for each in stack)
    return by_masks and not name.endswith("box")


def needs_every_region(stack: Stack) -> bool:
    """Whether a region is needed in every frame, because any may be started from."""
    return any(isinstance(each, SupervisedExperiment) for each in stack)


def _likeness(name: str, other: str) -> float:
    # By the whole and by the last part, of which a name may be a misspelling.
    parts = (other, pathlib.PurePosixPath(other).name)
    return max(difflib.SequenceMatcher(None, name.lower(), part).ratio() for part in parts)
