"""The defaults of the template matcher."""

from pytracking.tracker.ncc.ncc import NCCParams


def parameters() -> NCCParams:
    """Parameters of `pytracking.tracker.ncc`."""
    return NCCParams()
