"""The DMB tracker without torch: NumPy, OpenCV and onnxruntime run what `python -m pytracking.export` writes.

Each file is short and holds one concept, so that other languages can follow it: `programs` (the folder),
`windows` (crops), `regions` (boxes, polygons, masks), `rectangles` and `shape` (from a mask to a region), `filter`,
`bank`, `rules` and `tracker` (the order of a frame).
"""

from dmb_onnx.errors import InputError
from dmb_onnx.tracker import Tracker

__all__ = ["InputError", "Tracker"]
__version__ = "0.1.0"
