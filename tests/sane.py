"""Checks that every output of a tracker must pass, whatever the video shows."""

import numpy as np

FARTHEST = 3
"""Distance of a corner from the image, in longer sides of the image, or of the first target where that is larger: the
target itself grows to one such side at most, and the rectangle lies in a crop of up to four."""


def check_sane(output, image_shape, first_side=0.0):
    """Fail unless a tracker's output is made of finite numbers inside bounds.

    The box is the polygon's bounding box and has an area; the corners lie at most `FARTHEST` sides outside the image.

    Args:
        output: dict, as `BaseTracker.track` returns it.
        image_shape: (H, W, ...) of the frame.
        first_side: sqrt(width * height) of the target in the first frame, pixels; it may exceed the image.
    """
    polygon, box = np.asarray(output["polygon"]), np.asarray(output["target_bbox"])
    assert np.isfinite(polygon).all(), polygon
    assert np.isfinite(output["score"]), output["score"]
    assert np.allclose(box, [*polygon.min(axis=0), *np.ptp(polygon, axis=0)]), (box, polygon)
    assert (box[2:] > 0).all(), box
    size = np.array(image_shape[1::-1])
    reach = FARTHEST * max(*size, first_side)
    assert (polygon >= -reach).all(), polygon
    assert (polygon <= size + reach).all(), polygon
    assert output["segmentation"].shape == tuple(image_shape[:2])
