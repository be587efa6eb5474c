"""OpenCV's KCF, by kernelised correlation filters."""

from pytracking.tracker.opencv.opencv import OpenCVParams


def parameters() -> OpenCVParams:
    """Parameters of `pytracking.tracker.opencv`."""
    return OpenCVParams(algorithm="kcf")
