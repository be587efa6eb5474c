"""OpenCV's CSRT, by correlation filters with channel and spatial reliability."""

from pytracking.tracker.opencv.opencv import OpenCVParams


def parameters() -> OpenCVParams:
    """Parameters of `pytracking.tracker.opencv`."""
    return OpenCVParams(algorithm="csrt")
