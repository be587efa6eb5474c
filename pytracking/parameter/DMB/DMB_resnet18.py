"""The bundled network on a ResNet-18, with what its checkpoint says."""

from pytracking.tracker.DMB.params import DMBParams


def parameters() -> DMBParams:
    """What this file does not set is the checkpoint's, else the paper's."""
    params = DMBParams()
    params.pth_path = "dmb_resnet18.pth.tar"
    return params
