"""The look of this project's plots: matplotlib settings and the colour of each tracker."""

from typing import Any

# Okabe and Ito's palette, which colour-blind readers can tell apart too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "svg.hashsalt": "dmb",
}


def colour(index: int) -> str:
    """Colour of tracker number `index`, the same in all plots, as '#rrggbb'."""
    return COLOURS[index % len(COLOURS)]
