"""The report's plots."""

import math

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from libs.utils.plot_style import STYLE, colour
from pytracking.analysis.scores import Evaluation
from votTester.trajectory import FAILED, Trajectory, is_code

# VOT plots robustness as the probability of tracking this many frames without a failure.
SENSITIVITY = 30


def accuracy_robustness_plot(evaluations: list[Evaluation]) -> Figure:
    """One point for each tracker: accuracy against exp(-30 * failures / frames)."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 4), layout="constrained")
        axes = figure.add_subplot()
        for index, evaluation in enumerate(evaluations):
            total = evaluation.total
            x = math.exp(-SENSITIVITY * total.failures / total.frames)
            axes.plot(
                x,
                0 if math.isnan(total.accuracy) else total.accuracy,
                "o",
                ms=9,
                color=colour(index),
                label=evaluation.label,
                clip_on=False,
            )
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=f"robustness (S = {SENSITIVITY})", ylabel="accuracy")
        axes.legend(loc="lower left", frameon=False)
        return figure


def eao_plot(evaluations: list[Evaluation]) -> Figure:
    """The EAO curves, with the interval that each value averages shaded."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 4), layout="constrained")
        axes = figure.add_subplot()
        low, high = evaluations[0].details.eao_interval
        axes.axvspan(low, high, color="#f1f1f1", zorder=0, label=f"EAO: frames {low} to {high}")
        for index, evaluation in enumerate(evaluations):
            label = f"{evaluation.label}  {evaluation.total.eao:.3f}"
            axes.plot(
                range(1, len(evaluation.details.curve)), evaluation.details.curve[1:], color=colour(index), label=label
            )
        right = min(max(len(evaluation.details.curve) for evaluation in evaluations), 2 * high)
        axes.set(
            xlim=(1, max(right, 2)), ylim=(0, 1), xlabel="frames since the start", ylabel="expected average overlap"
        )
        axes.legend(loc="upper right", frameon=False)
        return figure


def overlap_plot(evaluations: list[Evaluation], columns: int = 3) -> Figure:
    """Overlap over time, one panel for each sequence; crosses are failures."""
    names = list(dict.fromkeys(name for evaluation in evaluations for name in evaluation.details.overlaps))
    columns = min(columns, len(names))
    rows = math.ceil(len(names) / columns)
    width, height = 3.7 * columns, 1.6 * rows
    with matplotlib.rc_context(STYLE):
        # Margins in inches, because matplotlib's own layout engines fail with sixty panels.
        figure = Figure(figsize=(width, height))
        figure.subplots_adjust(
            left=0.35 / width,
            right=1 - 0.1 / width,
            bottom=0.25 / height,
            top=1 - 0.25 / height,
            wspace=0.1,
            hspace=0.5,
        )
        panels = figure.subplots(rows, columns, squeeze=False, sharey=True).flat
        for name, axes in zip(names, panels, strict=False):
            for index, evaluation in enumerate(evaluations):
                if name in evaluation.details.overlaps:
                    _draw_overlap(
                        axes, evaluation.details.overlaps[name], evaluation.details.trajectories[name], colour(index)
                    )
            axes.set_title(name, loc="left", fontsize=9)
            axes.set(ylim=(0, 1), yticks=(0, 0.5, 1))
            axes.margins(x=0)
        for axes in panels:
            axes.set_visible(False)
        return figure


def _draw_overlap(axes: Axes, overlaps: np.ndarray, trajectory: Trajectory, line_colour: str) -> None:
    tracked = [
        math.nan if is_code(region) else overlap for region, overlap in zip(trajectory.regions, overlaps, strict=True)
    ]
    axes.plot(tracked, color=line_colour, lw=0.9)
    failures = trajectory.frames_with(FAILED)
    axes.plot(failures, [0] * len(failures), "x", color=line_colour, ms=6, mew=1.5, clip_on=False)
