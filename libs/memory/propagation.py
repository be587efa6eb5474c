"""Mask propagation through a video with the appearance memory alone: no filter, no uncertainty."""

from libs.memory.appearance import AppearanceMemoryParams
from libs.memory.policy import Evidence
from libs.memory.segmenter import Segmenter
from libs.utils.crops import CropWindow
from libs.utils.errors import DataError
from libs.utils.masks import box_to_mask, mask_to_box


def propagate(network, frames, first_mask=None, first_box=None, params=None):
    """Segment one object in every frame of a video, each crop centred on the mask before it.

    Args:
        network: the AMB network, in evaluation mode.
        frames: iterable of (H, W, 3) uint8 RGB images.
        first_mask: (H, W), the object is non-zero in the first frame; or
        first_box: (x, y, w, h) of the object in the first frame, turned into a mask by the network.
        params: AppearanceMemoryParams; None: the defaults.

    Yields:
        (H, W) float32 target probability of every frame, the first included; 0 outside the crop.

    Raises:
        DataError: neither mask nor box is given, or the mask is empty.
    """
    segmenter = Segmenter(network, params or AppearanceMemoryParams())
    window = None
    for number, image in enumerate(frames):
        if number == 0:
            mask = _first_mask(segmenter, image, first_mask, first_box)
            window = _window_around(segmenter, mask)
            segmenter.initialize(segmenter.encode(image, window), window, mask)
            probability = mask.astype("float32")
        else:
            frame = segmenter.encode(image, window)
            read = segmenter.read(frame)
            probability = window.paste_mask(read.cpu().numpy(), image.shape[:2])
            segmenter.offer(frame, network.memory_mask(read), Evidence(number))
        yield probability
        if (probability > 0.5).any():
            window = _window_around(segmenter, probability > 0.5)


def _first_mask(segmenter, image, first_mask, first_box):
    if first_mask is not None:
        if not first_mask.any():
            raise DataError("propagate: first_mask is empty; it must hold at least one pixel of the object")
        return first_mask > 0
    if first_box is None:
        raise DataError("propagate: give first_mask or first_box")
    config = segmenter.network.config
    window = CropWindow.segmentation(first_box, config.crop_factor, segmenter.crop_size)
    return segmenter.refine_region(segmenter.encode(image, window), window, box_to_mask(first_box, image.shape[:2]))


def _window_around(segmenter, mask):
    return CropWindow.segmentation(mask_to_box(mask), segmenter.network.config.crop_factor, segmenter.crop_size)
