"""The defaults: every parameter is documented in pytracking/tracker/DMB/params.py and the classes it inherits."""

from pytracking.tracker.DMB.params import DMBParams


def parameters() -> DMBParams:
    """The bundled network with what its checkpoint says. Copy this file and change fields to run an experiment."""
    params = DMBParams()
    params.pth_path = "dmb_lite2.pth.tar"
    return params
