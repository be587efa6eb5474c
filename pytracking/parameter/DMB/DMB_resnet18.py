"""What suits the bundled network: a lower threshold, for its masks are a little small, and frames kept more often."""

from pytracking.parameter.DMB import DMB_default_params


def parameters():
    """The default parameters with three changes, found by the sweep in pytracking/networks/README.md."""
    params = DMB_default_params.parameters()
    params.segm_mask_thr = params.init_segm_mask_thr = 0.4
    params.memory_interval = 2
    return params
