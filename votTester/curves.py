"""What a report draws for an experiment: a line or a point for each tracker."""

import dataclasses
from collections.abc import Mapping
from typing import TypeAlias

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from libs.utils.plot_style import STYLE, colour

Limits: TypeAlias = tuple[float | None, float | None] | None


@dataclasses.dataclass(frozen=True)
class Curve:
    """A line or a point for one tracker.

    Attributes:
        title: the plot's title.
        x, y: (N,) coordinates of the line; N is 1 for a point.
        labels: the axes' labels.
        limits: (left, right) and (bottom, top) of the axes; None for the data's own.
        span: (from, to) on the x axis: the range that a value is the mean of.
        best: the index of the marked point, and its text.
    """

    title: str
    x: np.ndarray
    y: np.ndarray
    labels: tuple[str, str]
    limits: tuple[Limits, Limits]
    span: tuple[float, float] | None = None
    best: tuple[int, str] | None = None


def draw_curves(curves: Mapping[str, Curve]) -> Figure:
    """One plot with the curves of several trackers.

    Args:
        curves: label of each tracker -> its curve; all of the same kind.
    """
    first = next(iter(curves.values()))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 4), layout="constrained")
        axes = figure.add_subplot()
        if first.span:
            axes.axvspan(*first.span, color="#f1f1f1", zorder=0, label=f"frames {first.span[0]} to {first.span[1]}")
        for index, (label, curve) in enumerate(curves.items()):
            name = f"{label}  {curve.best[1]}" if curve.best else label
            style = {"marker": "o", "ms": 9} if len(curve.x) == 1 else {}
            axes.plot(curve.x, curve.y, color=colour(index), label=name, clip_on=False, **style)
            if curve.best:
                axes.plot(curve.x[curve.best[0]], curve.y[curve.best[0]], "o", ms=8, color=colour(index))
        axes.set(xlabel=first.labels[0], ylabel=first.labels[1], title=first.title)
        for set_limits, limits in zip((axes.set_xlim, axes.set_ylim), first.limits, strict=True):
            if limits:
                set_limits(*limits)
        axes.legend(loc="best", frameon=False)
        return figure
