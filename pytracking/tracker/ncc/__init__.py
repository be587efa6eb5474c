"""Template matching: the smallest useful tracker, and an example of how to add one."""

from pytracking.tracker.ncc.ncc import NCC


def get_tracker_class() -> type[NCC]:
    """The class that a parameter file of this folder's name is for."""
    return NCC
