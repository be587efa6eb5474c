"""The defaults: every parameter is documented in pytracking/tracker/DMB/params.py and the classes it inherits."""

from pytracking.tracker.DMB.params import DMBParams


def parameters():
    """The paper's parameters with the bundled weights. Copy this file and change fields to run an experiment."""
    params = DMBParams()
    params.pth_path = "dmb_resnet18.pth.tar"
    return params
