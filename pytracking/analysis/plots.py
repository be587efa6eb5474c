"""Success and precision plots of several trackers, as PNG and PDF."""

import dataclasses
import math
import pathlib

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from libs.media.files import whole_or_absent
from libs.utils.plot_style import STYLE, colour
from pytracking.analysis.ope import DISTANCES, NORMALISED_DISTANCES, OVERLAPS
from pytracking.analysis.scores import Evaluation, Score

FORMATS = {".png": {"dpi": 200}, ".pdf": {"metadata": {"CreationDate": None}}}
PANEL_COLUMNS = 4
ATTRIBUTE = "attribute"


@dataclasses.dataclass(frozen=True)
class Plot:
    """One kind of plot.

    Attributes:
        curve: of `Score.curves`, what is drawn.
        measure: the number in the legend, which is ordered by it.
        thresholds: the horizontal axis.
        label: of the horizontal axis.
    """

    curve: str
    measure: str
    thresholds: np.ndarray
    label: str


PLOTS = (
    Plot("success", "AUC", OVERLAPS, "overlap above"),
    Plot("precision", "P", DISTANCES, "centre distance of at most (pixels)"),
    Plot("normalised_precision", "Pnorm", NORMALISED_DISTANCES, "centre distance of at most (target sizes)"),
)


def write_plots(folder: pathlib.Path, evaluations: list[Evaluation]) -> list[pathlib.Path]:
    """Write `<curve>_<dataset>.png` and `.pdf`, and `<curve>_attributes_<dataset>` where there are attributes.

    Args:
        folder: made if absent.
        evaluations: one a tracker, on one dataset, with the curves of `pytracking.analysis.ope.score`.

    Returns:
        the paths that were written.
    """
    written, dataset = [], evaluations[0].dataset
    for plot in PLOTS:
        written += _save(draw_plot(plot, evaluations), folder / f"{plot.curve}_{dataset}")
        if evaluations[0].of_kind(ATTRIBUTE):
            written += _save(draw_attributes(plot, evaluations), folder / f"{plot.curve}_attributes_{dataset}")
    return written


def draw_plot(plot: Plot, evaluations: list[Evaluation]) -> Figure:
    """The curve of each tracker on the whole dataset."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5, 4), layout="constrained")
        axes = figure.add_subplot()
        _draw_curves(axes, plot, {evaluation.label: evaluation.total for evaluation in evaluations})
        axes.set(xlabel=plot.label, ylabel="share of frames", title=evaluations[0].dataset)
        axes.legend(loc="lower left" if plot.curve == "success" else "lower right", frameon=False)
    return figure


def draw_attributes(plot: Plot, evaluations: list[Evaluation]) -> Figure:
    """A panel for each attribute with the curve of each tracker."""
    attributes = {evaluation.label: evaluation.of_kind(ATTRIBUTE) for evaluation in evaluations}
    names = list(next(iter(attributes.values())))
    columns = min(PANEL_COLUMNS, len(names))
    with matplotlib.rc_context(STYLE):
        rows = math.ceil(len(names) / columns)
        figure = Figure(figsize=(3.2 * columns, 2.6 * rows), layout="constrained")
        panels = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, name in zip(panels, names, strict=False):
            scores = {label: by_name[name] for label, by_name in attributes.items()}
            _draw_curves(axes, plot, scores)
            axes.set_title(f"{name} ({next(iter(scores.values()))['sequences']})", fontsize=9)
            axes.legend(fontsize=6, frameon=False)
        for axes in panels[len(names) :]:
            axes.set_visible(False)
        figure.supxlabel(plot.label, fontsize=9)
    return figure


def _draw_curves(axes: Axes, plot: Plot, scores: dict[str, Score]) -> None:
    """Draw the curve of each tracker (label -> Score), the best first in the legend."""
    colours = {label: colour(index) for index, label in enumerate(scores)}
    for label, score in sorted(scores.items(), key=lambda item: -item[1][plot.measure]):
        text = f"{label}  {100 * score[plot.measure]:.1f}"
        axes.plot(plot.thresholds, score.curves[plot.curve], color=colours[label], label=text)
    axes.set(xlim=(0, plot.thresholds[-1]), ylim=(0, 1))


def _save(figure: Figure, stem: pathlib.Path) -> list[pathlib.Path]:
    paths = [stem.with_name(f"{stem.name}{suffix}") for suffix in FORMATS]
    for path, options in zip(paths, FORMATS.values(), strict=True):
        with whole_or_absent(path) as draft, matplotlib.rc_context(STYLE):
            figure.savefig(draft, **options)
    return paths
