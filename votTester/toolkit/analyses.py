"""Results of the toolkit's analyses: self-describing measures, numbers, curves."""

import math
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from typing import Any

import cachetools
import numpy as np
from vot import analysis as toolkit
from vot.analysis import AnalysisError, AnalysisProcessor, MissingResultsException, Sorting
from vot.analysis.longterm import FScoreCurve, PrecisionRecall, PrecisionRecallCurve
from vot.analysis.multistart import EAOScore
from vot.analysis.supervised import EAOScore as SupervisedEAOScore
from vot.experiment import Experiment

from libs.utils.errors import DataError
from pytracking.analysis.scores import Measure
from votTester.curves import Curve
from votTester.toolkit.runtime import InProcessTracker
from votTester.toolkit.sequences import MemorySequence

BEST = {Sorting.DESCENDING: "high", Sorting.ASCENDING: "low", Sorting.UNSORTABLE: ""}
RECALL_PRECISION = ("Recall", "Precision")


class _AtOnce(Executor):
    """Runs each task at once when it is submitted: the analyses need no threads."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future:
        future: Future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def measures_of(experiment: Experiment, prefix: str = "") -> list[Measure]:
    """The numbers of an experiment, as columns of tables.

    Args:
        experiment: a stack's experiment.
        prefix: put before their names if a stack has several experiments.
    """
    described = (result for analysis in experiment.analyses for result in analysis.describe())
    return [
        Measure(
            prefix + _name(each),
            low=-math.inf if each.minimal is None else each.minimal,
            high=math.inf if each.maximal is None else each.maximal,
            best=BEST[each.direction],
        )
        for each in described
        if isinstance(each, toolkit.Measure)
    ]


class Scores:
    """The analyses of an experiment, applied to the results of some sequences.

    Args:
        experiment: an experiment with the results as its storage, see `votTester.toolkit.experiments.ResultFolder`.
        sequences: the sequences to score together.
        prefix: as for `measures_of`.
    """

    def __init__(self, experiment: Experiment, sequences: Sequence[MemorySequence], prefix: str = "") -> None:
        self._experiment, self._prefix = experiment, prefix
        self._sequences: list[Any] = list(sequences)
        # For these sequences only: thresholds of confidence are common to all of them, and the toolkit caches its
        # results by the sequence's name alone.
        self._processor = AnalysisProcessor(_AtOnce(), cachetools.LRUCache(10_000))
        self._tracker = InProcessTracker()

    @property
    def values(self) -> dict[str, float]:
        """Name of each measure -> its value, NaN if there is none.

        Raises:
            DataError: results are missing or damaged.
        """
        return {
            self._prefix + _name(described): math.nan if value is None else float(value)
            for analysis in self._experiment.analyses
            for described, value in self._results(analysis)
            if isinstance(described, toolkit.Measure)
        }

    @property
    def curves(self) -> list[Curve]:
        """The curves to draw. Raises the same errors as `values`."""
        return [
            self._curve(analysis, described, value)
            for analysis in self._experiment.analyses
            for described, value in self._results(analysis)
            if isinstance(described, toolkit.Plot | toolkit.Curve | toolkit.Point) and value is not None
        ]

    def _results(self, analysis: Any) -> list[tuple[Any, Any]]:
        """(description, value) of each result of an analysis; no value if it would divide by zero."""
        try:
            # If precision and recall are both 0, there is no F.
            with np.errstate(invalid="ignore", divide="ignore"):
                values = self._processor.commit(analysis, self._experiment, [self._tracker], self._sequences).result()[
                    0, 0
                ]
        except AnalysisError as error:
            cause = error.root_cause
            if isinstance(cause, ZeroDivisionError):
                return [(described, None) for described in analysis.describe()]
            if isinstance(
                cause, MissingResultsException | FileNotFoundError | AssertionError | ValueError | IndexError
            ):
                raise DataError(
                    f"experiment {self._experiment.identifier}: results are missing or damaged, or are of other "
                    f"sequences ({type(cause).__name__}: {cause}); delete them and run again"
                ) from error
            raise
        return list(zip(analysis.describe(), values, strict=False))

    def _curve(self, analysis: Any, described: Any, value: Any) -> Curve:
        title = f"{self._prefix}{described.name if described.name != 'Plot' else analysis.title}"
        if isinstance(described, toolkit.Plot):
            frames = described.wrt == "frames"
            x = np.arange(len(value)) if frames else np.linspace(0, 1, len(value))
            limits = (None, (described.minimal, described.maximal))
            span = eao_span(self._experiment) if described.trait == "eao" else None
            return Curve(title, x, np.array(value, dtype=float), (described.wrt, described.abbreviation), limits, span)
        points = np.atleast_2d(np.array(value, dtype=float))
        limits = tuple((described.minimal(axis), described.maximal(axis)) for axis in (0, 1))
        labels = (described.label(0), described.label(1))
        best = _best_f(points) if labels == RECALL_PRECISION else None
        return Curve(title, points[:, 0], points[:, 1], labels, (limits[0], limits[1]), best=best)


def eao_span(experiment: Experiment) -> tuple[int, int] | None:
    """(first, last) frame that the expected average overlap averages; None if it is not measured."""
    scores: list[Any] = [each for each in experiment.analyses if isinstance(each, EAOScore | SupervisedEAOScore)]
    return (int(scores[0].low), int(scores[0].high)) if scores else None


def uses_confidence(experiment: Experiment) -> bool:
    """Whether its score depends on the tracker's confidence."""
    return any(isinstance(each, PrecisionRecall | PrecisionRecallCurve | FScoreCurve) for each in experiment.analyses)


def filter_tags(experiment: Experiment) -> set[str]:
    """Tags to which its analyses restrict the frames."""
    return {tag for each in experiment.analyses if (tag := getattr(_innermost(each), "filter_tag", None))}


def _innermost(analysis: Any) -> Any:
    return getattr(analysis, "analysis", analysis)


def _name(described: Any) -> str:
    # As version 0.7.4 spells it.
    return (described.abbreviation or described.name).replace("Accurarcy", "accuracy")


def _best_f(points: np.ndarray) -> tuple[int, str]:
    """Index of the point (recall, precision) of the highest F, and F as text."""
    both = points.sum(axis=1)
    scores = 2 * points.prod(axis=1) / np.where(both > 0, both, 1)
    index = int(np.argmax(np.nan_to_num(scores)))
    return index, f"F {scores[index]:.3f}"
