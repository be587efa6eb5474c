"""Write docs/parameters.md from the declarations of all parameters: `python docs/parameters.py`."""

import inspect
import pathlib
import pprint
import re
from collections.abc import Iterator

from libs.utils.declarations import in_words
from libs.utils.params import Params
from ltr.admin.settings import TrainSettings
from pytracking.tracker.DMB.params import DMBParams
from pytracking.tracker.ncc.ncc import NCCParams
from pytracking.tracker.opencv.opencv import OpenCVParams

PAGE = pathlib.Path(__file__).with_suffix(".md")
LONGEST_DEFAULT = 60
"""Characters of a default that still stands in the table."""

INTRODUCTION = """# Parameters

Written by `python docs/parameters.py` from the declarations, against which the program checks as well: change those,
not this page. A parameter file sets a field (`params.memory_interval = 3`); `--set memory_interval=3` does so for one
run. A value that is not allowed is an error that names the parameter and what it may be; a misspelt name is one that
names the nearest.
"""
SETS = {
    "Tracking with DMB": (
        DMBParams,
        "A parameter file returns `DMBParams` ([`params.py`](../pytracking/tracker/DMB/params.py)). The defaults are "
        "the paper's. What a file does not set is the checkpoint's, where that has a value of its own; "
        "`DMBParams.paper()` sets everything. What the rules do: [tracking_rules.md](tracking_rules.md).",
    ),
    "Tracking with the template matcher": (
        NCCParams,
        "A parameter file of `ncc` returns `NCCParams` ([`ncc.py`](../pytracking/tracker/ncc/ncc.py)).",
    ),
    "Tracking with OpenCV's trackers": (
        OpenCVParams,
        "A parameter file of `opencv` returns `OpenCVParams` ([`opencv.py`](../pytracking/tracker/opencv/opencv.py)).",
    ),
    "Training": (
        TrainSettings,
        "A file of [`ltr/train_settings`](../ltr/train_settings/DMB) returns `TrainSettings` "
        "([`settings.py`](../ltr/admin/settings.py)); `--set lr=1e-4` of `ltr/run_training.py` changes one for a run.",
    ),
}


def page() -> str:
    """The text of docs/parameters.md."""
    parts = [INTRODUCTION]
    for title, (params, about) in SETS.items():
        parts.append(f"## {title}\n\n{about}\n")
        parts += [section for group in params.__mro__ if issubclass(group, Params) for section in _section(group)]
        parts += _former(params)
    return "\n".join(parts)


def _section(group: type[Params]) -> Iterator[str]:
    """Heading, table and long defaults of the fields that a class declares itself; nothing where it declares none."""
    own = [name for name in group.model_fields if name in group.__annotations__]
    if not own:
        return
    yield f"### {(inspect.getdoc(group) or '').splitlines()[0].rstrip('.')}\n"
    yield (
        "| parameter | allowed | default | |\n|---|---|---|---|\n" + "\n".join(_row(group, name) for name in own) + "\n"
    )
    for name in own:
        default = group.model_fields[name].get_default(call_default_factory=True)
        if len(repr(default)) > LONGEST_DEFAULT:
            yield f"Default of `{name}`:\n\n```\n{pprint.pformat(default, width=100)}\n```\n"


def _former(params: type[Params]) -> Iterator[str]:
    """Heading and list of the parameters that files of earlier versions may hold."""
    if params.RETIRED:
        yield "### Former parameters\n"
        yield "They had one legal value. That is still accepted, with a warning; leave them out.\n"
        yield "".join(f"- `{name}`: {retired.reason}.\n" for name, retired in params.RETIRED.items())


def _row(group: type[Params], name: str) -> str:
    field = group.model_fields[name]
    default = repr(field.get_default(call_default_factory=True))
    shown = f"`{default}`" if len(default) <= LONGEST_DEFAULT else "below"
    words = in_words(field.annotation, field.metadata)
    return f"| `{name}` | {words} | {shown} | {_plain(field.description or '')} |"


def _plain(text: str) -> str:
    """A docstring as one line of Markdown, in which asterisks and angle brackets outside of code are only that."""
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    return "`".join(part if number % 2 else re.sub(r"([*<])", r"\\\1", part) for number, part in enumerate(parts))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
