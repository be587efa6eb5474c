"""OpenCV's NanoTrack, a light siamese network."""

from pytracking.tracker.opencv.opencv import OpenCVParams


def parameters() -> OpenCVParams:
    """Parameters of `pytracking.tracker.opencv`."""
    return OpenCVParams(algorithm="nano")
