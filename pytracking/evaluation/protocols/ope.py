"""One-pass evaluation: boxes, judged by overlap and distance of their centres."""

import pathlib
from collections.abc import Mapping

from libs.dataset.sequence import Sequence
from pytracking.analysis.evaluation import evaluate_boxes
from pytracking.analysis.ope import MEASURES
from pytracking.analysis.scores import Evaluation, Plots, count, percent
from pytracking.evaluation.one_pass import OnePass


class OPE(OnePass):
    """Success, precision and overlap of boxes, over the sequences that all trackers have finished.

    Args:
        absent: what becomes of frames without the target, see `pytracking.analysis.rules.rules_of`.
    """

    name = "ope"
    measures = (count("sequences"), *percent(*MEASURES))
    compared = ("AUC", "P")
    read = ("attribute",)

    def __init__(self, absent: str | None = None) -> None:
        self.absent = absent

    def evaluate(self, runs: Mapping[str, list[pathlib.Path]], dataset: str, data: list[Sequence]) -> list[Evaluation]:
        """See Protocol.evaluate."""
        return evaluate_boxes(runs, dataset, data, self.absent)

    def plots(self, evaluations: list[Evaluation]) -> list[Plots]:
        """The curves; see Protocol.plots."""
        # Late, because runs need no plots.
        from pytracking.analysis.plots import PLOTS, draw_plot

        return [Plots("Success and precision", [draw_plot(plot, evaluations) for plot in PLOTS])]
