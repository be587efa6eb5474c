"""The page's keys: those of the window, and those for what only the page has."""

from pytracking.evaluation.editing import KEYS as WINDOW_KEYS

ONLY_WINDOW = ("r, q", "b")
KEYS = [
    *([key, what] for key, what in WINDOW_KEYS if key not in ONLY_WINDOW),
    ["p", "play"],
    ["w", "next frame worth a look"],
    ["u", "undo"],
    ["b", "show what was before the last change"],
    ["m", "what the memories do"],
    ["+, -, 0", "zoom in, zoom out, whole frame; the wheel zooms at the pointer"],
]
"""(key, what it does), in the order of display."""
