"""Mask propagation through a video with the appearance memory alone: no filter, no uncertainty."""

from collections.abc import Iterable, Iterator

import numpy as np

from libs.memory.appearance import AppearanceMemoryParams
from libs.memory.policy import Evidence
from libs.memory.segmenter import Segmenter
from libs.models.amb import AMB
from libs.utils.boxes import Box
from libs.utils.crops import CropWindow
from libs.utils.errors import DataError
from libs.utils.masks import box_to_mask, tight_box


def propagate(
    network: AMB,
    frames: Iterable[np.ndarray],
    first_mask: np.ndarray | None = None,
    first_box: Box | None = None,
    params: AppearanceMemoryParams | None = None,
) -> Iterator[np.ndarray]:
    """Segment one object in every frame of a video, with each crop centred on the previous mask.

    Args:
        network: the AMB network, in evaluation mode.
        frames: iterable of (H, W, 3) uint8 RGB images.
        first_mask: (H, W), the object is non-zero in the first frame; or
        first_box: (x, y, w, h) of the object in the first frame, turned into a mask by the network.
        params: AppearanceMemoryParams; None: the defaults.

    Yields:
        (H, W) float32 target probability of every frame, the first included; 0 outside the crop.

    Raises:
        DataError: no mask and no box is given, or the mask is empty.
    """
    segmenter = Segmenter(network, params or AppearanceMemoryParams())
    remaining = iter(frames)
    image = next(remaining, None)
    if image is None:
        return
    mask = _first_mask(segmenter, image, first_mask, first_box)
    window = _window_around(segmenter, mask)
    segmenter.initialize(segmenter.encode(image, window), window, mask)
    probability = mask.astype("float32")
    yield probability
    for number, image in enumerate(remaining, start=1):
        if (probability > 0.5).any():
            window = _window_around(segmenter, probability > 0.5)
        frame = segmenter.encode(image, window)
        read = segmenter.read(frame)
        probability = window.paste_mask(read.cpu().numpy(), image.shape[:2])
        segmenter.offer(frame, network.memory_mask(read), Evidence(number))
        yield probability


def _first_mask(
    segmenter: Segmenter, image: np.ndarray, first_mask: np.ndarray | None, first_box: Box | None
) -> np.ndarray:
    if first_mask is not None:
        if not first_mask.any():
            raise DataError("propagate: first_mask is empty; it must hold at least one pixel of the object")
        return first_mask > 0
    if first_box is None:
        raise DataError("propagate: give first_mask or first_box")
    config = segmenter.network.config
    window = CropWindow.segmentation(first_box, config.crop_factor, segmenter.crop_size)
    return segmenter.refine_region(segmenter.encode(image, window), window, box_to_mask(first_box, image.shape[:2]))


def _window_around(segmenter: Segmenter, mask: np.ndarray) -> CropWindow:
    return CropWindow.segmentation(tight_box(mask), segmenter.network.config.crop_factor, segmenter.crop_size)
