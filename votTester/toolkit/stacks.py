"""The stacks of experiments that the installed toolkit ships, by name."""

import difflib
import pathlib
from typing import Any

import vot.stack
import yaml
from vot.experiment import MultiStartExperiment, SupervisedExperiment
from vot.stack import Stack

from libs.utils.errors import SettingsError

USUAL = ("main", "shortterm", "rgb")
"""Completes a name that is only a year: vot2022 is vot2022/shortterm."""
PUBLIC_SCORES = "tests/multiobject"
"""The stack that scores several objects; the challenges' own stacks leave that to a server."""


def stack_names() -> list[str]:
    """The names of all stacks, such as 'vot2022/shortterm'."""
    return sorted(vot.stack.list_integrated_stacks())


def find_stack(name: str) -> str:
    """The full name of a stack: 'vot2022' is 'vot2022/shortterm', 'votstval' is the newest one with this name.

    Raises:
        SettingsError: there is no such stack; the message lists all of them, the nearest first.
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
    """A stack of the toolkit, by its full name; experiments that it does not score get analyses, too.

    The VOTS stacks name none, because the ground truth is on a server: they get those of 'tests/multiobject', so that
    they can be scored on your own ground truth. The stack for a single target is scored by the mean overlap.
    """
    content = _content(name)
    for experiment in content["experiments"].values():
        if not experiment.keys() & {"analyses", "transformers"}:
            several = _content(PUBLIC_SCORES)["experiments"]["baseline"]["analyses"]
            experiment["analyses"] = several if experiment.get("multiobject") else [{"type": "average_accuracy"}]
    return Stack(**content)


def is_multiobject(experiment: Any) -> bool:
    """Whether the objects of a video are followed together."""
    return bool(experiment._multiobject)


def names_no_analysis(name: str) -> bool:
    """Whether a stack has a multi-object experiment without any analysis of its own."""
    return any(each.get("multiobject") and "analyses" not in each for each in _content(name)["experiments"].values())


def wants_masks(name: str, stack: Stack) -> bool:
    """Whether to use masks if a dataset has both: in multi-start and multi-object experiments, unless named ...box.

    A dataset with masks as ground truth is always judged by them.
    """
    by_masks = any(isinstance(each, MultiStartExperiment) or is_multiobject(each) for each in stack)
    return by_masks and not name.endswith("box")


def is_supervised(experiment: Any) -> bool:
    """Whether a tracker that misses restarts, which may happen in any frame."""
    return isinstance(experiment, SupervisedExperiment)


def _likeness(name: str, other: str) -> float:
    # Compared with the full name and with its last part; the given name may misspell either.
    parts = (other, pathlib.PurePosixPath(other).name)
    return max(difflib.SequenceMatcher(None, name.lower(), part).ratio() for part in parts)


def _content(name: str) -> dict[str, Any]:
    """The content of a stack's file."""
    path = vot.stack.resolve_stack(name)
    assert path, f"{name} is no whole name of a stack; see find_stack"
    return yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))
