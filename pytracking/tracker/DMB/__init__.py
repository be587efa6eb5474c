"""The DMB tracker."""

from pytracking.tracker.DMB.dmb import DMB


def get_tracker_class() -> type[DMB]:
    """The class that a parameter file of this folder's name is for."""
    return DMB
