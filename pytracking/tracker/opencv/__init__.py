"""OpenCV's trackers: baselines that readers know."""

from pytracking.tracker.opencv.opencv import OpenCVTracker


def get_tracker_class() -> type[OpenCVTracker]:
    """The class that a parameter file of this folder's name is for."""
    return OpenCVTracker
