"""Success and precision plots of several trackers, as PNG and PDF."""

import dataclasses
import math

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from libs.media.files import whole_or_absent
from libs.utils.plot_style import STYLE, colour
from pytracking.analysis.ope import DISTANCES, MEASURES, NORMALISED_DISTANCES, OVERLAPS

FORMATS = {".png": {"dpi": 200}, ".pdf": {"metadata": {"CreationDate": None}}}
PANEL_COLUMNS = 4


@dataclasses.dataclass(frozen=True)
class Plot:
    """One kind of plot.

    Attributes:
        curve: the field of `Score` that is drawn.
        measure: of `MEASURES`, the number in the legend, which is ordered by it.
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


def write_plots(folder, comparison):
    """Write `<curve>_<dataset>.png` and `.pdf`, and `<curve>_attributes_<dataset>` where there are attributes.

    Args:
        folder: made if absent.
        comparison: `pytracking.analysis.evaluation.Comparison`.

    Returns:
        the paths that were written.
    """
    written = []
    for plot in PLOTS:
        written += _save(draw_plot(plot, comparison), folder / f"{plot.curve}_{comparison.dataset}")
        if comparison.attributes:
            figure = draw_attributes(plot, comparison)
            written += _save(figure, folder / f"{plot.curve}_attributes_{comparison.dataset}")
    return written


def draw_plot(plot, comparison):
    """The curve of each tracker on the whole dataset, as a matplotlib Figure."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5, 4), layout="constrained")
        axes = figure.add_subplot()
        _draw_curves(axes, plot, comparison.trackers, comparison.total)
        axes.set(xlabel=plot.label, ylabel="share of frames", title=comparison.dataset)
        axes.legend(loc="lower left" if plot.curve == "success" else "lower right", frameon=False)
    return figure


def draw_attributes(plot, comparison):
    """A panel for each attribute with the curve of each tracker, as a matplotlib Figure."""
    count = len(comparison.attributes)
    columns = min(PANEL_COLUMNS, count)
    with matplotlib.rc_context(STYLE):
        rows = math.ceil(count / columns)
        figure = Figure(figsize=(3.2 * columns, 2.6 * rows), layout="constrained")
        panels = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, (name, scores) in zip(panels, comparison.attributes.items(), strict=False):
            _draw_curves(axes, plot, comparison.trackers, scores)
            axes.set_title(f"{name} ({scores[0].sequences})", fontsize=9)
            axes.legend(fontsize=6, frameon=False)
        for axes in panels[count:]:
            axes.set_visible(False)
        figure.supxlabel(plot.label, fontsize=9)
    return figure


def _draw_curves(axes, plot, trackers, scores):
    values = [score.values[MEASURES.index(plot.measure)] for score in scores]
    for index in sorted(range(len(trackers)), key=lambda index: -values[index]):
        label = f"{trackers[index]}  {100 * values[index]:.1f}"
        axes.plot(plot.thresholds, getattr(scores[index], plot.curve), color=colour(index), label=label)
    axes.set(xlim=(0, plot.thresholds[-1]), ylim=(0, 1))


def _save(figure, stem):
    paths = [stem.with_name(f"{stem.name}{suffix}") for suffix in FORMATS]
    for path, options in zip(paths, FORMATS.values(), strict=True):
        with whole_or_absent(path) as draft, matplotlib.rc_context(STYLE):
            figure.savefig(draft, **options)
    return paths
