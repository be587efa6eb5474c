"""The bundled network on a frozen EfficientNet-Lite2, with the parameters that its checkpoint carries."""

from pytracking.tracker.DMB.params import DMBParams


def parameters() -> DMBParams:
    """What this file does not set is the checkpoint's, else the paper's."""
    params = DMBParams()
    params.pth_path = "dmb_lite2.pth.tar"
    return params
