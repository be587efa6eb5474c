"""The paper's parameters, whatever suits the checkpoint: for released weights."""

from pytracking.tracker.DMB.params import DMBParams


def parameters() -> DMBParams:
    """The paper's parameters. Set `pth_path` to the released weights; here it is the bundled network."""
    params = DMBParams.paper()
    params.pth_path = "dmb_resnet18.pth.tar"
    return params
