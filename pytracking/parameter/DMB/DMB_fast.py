"""The bundled network at less than half of the default's cost: one crop for both memories, and no last frame."""

from pytracking.tracker.DMB.params import DMBParams


def parameters() -> DMBParams:
    """What this file does not set is the checkpoint's, else the paper's."""
    params = DMBParams()
    params.pth_path = "dmb_lite2.pth.tar"
    params.share_crop = True
    params.segm_search_area_factor = 3.0
    params.segm_output_sz = 192
    params.remember_last = False
    return params
