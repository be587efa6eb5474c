"""OpenCV's VitTrack, a small vision transformer."""

from pytracking.tracker.opencv.opencv import OpenCVParams


def parameters() -> OpenCVParams:
    """Parameters of `pytracking.tracker.opencv`."""
    return OpenCVParams(algorithm="vit")
