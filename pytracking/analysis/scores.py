"""What every protocol's numbers are made of: measures that describe themselves, scores, evaluations, sections."""

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOTAL = "total"
ARROWS = {"high": "\N{UPWARDS ARROW}", "low": "\N{DOWNWARDS ARROW}", "": ""}


@dataclasses.dataclass(frozen=True)
class Measure:
    """A number that a protocol gives, as the column of any table.

    Attributes:
        name: in tables and CSV files.
        low, high: its range.
        best: 'high', 'low', or '' where neither is better (a count).
        factor: it is shown times this, 100 for percent; CSV files have it as it is.
        digits: decimals shown; whole numbers have none.
        title: heading of the column where it is read; empty: the name.
    """

    name: str
    low: float = 0.0
    high: float = 1.0
    best: str = "high"
    factor: float = 1.0
    digits: int = 3
    title: str = ""

    @property
    def heading(self) -> str:
        """Of the column where it is read."""
        return self.title or self.name

    @property
    def marked_heading(self) -> str:
        """The heading with an arrow up where higher is better, down where lower is."""
        return f"{self.heading} {ARROWS[self.best]}".strip()

    def text(self, value: float) -> str:
        """A value as it is shown, '-' for NaN."""
        if math.isnan(value):
            return "-"
        if self.digits == 0:
            return f"{round(self.factor * value, 2):g}"
        return f"{self.factor * value:.{self.digits}f}"


def percent(*names: str, low: float = 0.0, best: str = "high") -> tuple[Measure, ...]:
    """Measures of `low`..1 that are shown in percent."""
    return tuple(Measure(name, low, 1.0, best, factor=100, digits=1) for name in names)


def count(name: str, best: str = "") -> Measure:
    """A number of something, of no fixed range."""
    return Measure(name, 0.0, math.inf, best, digits=0)


@dataclasses.dataclass(frozen=True)
class Score:
    """The numbers of a sequence, an object, an attribute, or all together: `score['accuracy']`, or `score.accuracy`.

    Attributes:
        kind: 'total', 'sequence', 'object', 'attribute' or, as VOT calls it, 'tag'.
        name: of the sequence, object or attribute; 'total'.
        values: name of each measure -> its value, NaN (or not there) where there is none.
        curves: name -> (N,) what is plotted.
    """

    kind: str
    name: str
    values: Mapping[str, float]
    curves: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def __getitem__(self, measure: str) -> float:
        return self.values.get(measure, math.nan)

    def __getattr__(self, measure: str) -> float:
        values = self.__dict__.get("values", {})
        if measure not in values:
            raise AttributeError(f"score of {self.__dict__.get('name')} has no {measure}")
        return values[measure]


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """One tracker's numbers on one dataset.

    Attributes:
        label: of the results.
        dataset: name of the dataset.
        scores: of all kinds, the one total last.
        notes: what a reader must know, such as why a number cannot be compared with published ones.
        missing: names of the sequences that have no results.
        details: what only the protocol knows how to show.
    """

    label: str
    dataset: str
    scores: list[Score]
    notes: list[str] = dataclasses.field(default_factory=list)
    missing: list[str] = dataclasses.field(default_factory=list)
    details: Any = None

    @property
    def total(self) -> Score:
        """Of all sequences together."""
        return next(score for score in self.scores if score.kind == TOTAL)

    def of_kind(self, kind: str) -> dict[str, Score]:
        """Name -> Score of one kind."""
        return {score.name: score for score in self.scores if score.kind == kind}


@dataclasses.dataclass(frozen=True)
class Plots:
    """A section of a report: plots, drawn with `libs.utils.plot_style.STYLE`, under a title, with a note."""

    title: str
    figures: "list[Figure]"
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Picture:
    """RGB uint8 images (H, W, 3) of one size, one for a picture or several for one that moves, with a caption."""

    frames: list[np.ndarray]
    caption: str


@dataclasses.dataclass(frozen=True)
class Pictures:
    """A section of a report: pictures under a title, with a note."""

    title: str
    pictures: list[Picture]
    note: str = ""


def kinds_of(evaluations: list[Evaluation]) -> list[str]:
    """The kinds of scores but the total, in their order."""
    found = dict.fromkeys(score.kind for evaluation in evaluations for score in evaluation.scores)
    return [kind for kind in found if kind != TOTAL]
