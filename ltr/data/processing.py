"""Turns the frames of a clip into network input: target-centred jittered crops, and joint augmentation."""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torchvision import tv_tensors
from torchvision.transforms import v2

from libs.models.config import AMBConfig
from libs.utils.boxes import Box, box_centre
from libs.utils.crops import CropWindow
from libs.utils.masks import box_to_mask, mask_to_box, tight_box
from ltr.admin.settings import DataSettings
from ltr.data.clip import Clip
from ltr.data.colours import jitter_colours
from ltr.data.sources import Frames

JPEG_QUALITY = (20, 60)
LOW_RESOLUTION = (0.2, 0.6)
"""Range of the side of a low-resolution clip, in sides of the crop."""
MIN_OBJECT_PIXELS = 64
"""Another object takes part if the first crop shows at least this many of its pixels."""


class ClipProcessor:
    """Cuts and augments clips.

    The first crop is exactly the one that the tracker cuts around the annotated box. The others are jittered in size
    and position, as if the target had drifted a little. Each object's location map is centred near its true place.

    Args:
        settings: DataSettings.
        architecture: AMBConfig, for the size and factor of the crops.
        augment: flip, jitter colours and sharpness, and spoil pictures.
    """

    def __init__(self, settings: DataSettings, architecture: AMBConfig, augment: bool = True):
        self._settings = settings
        self._size, self._factor = architecture.crop_size, architecture.crop_factor
        self._joint = v2.RandomHorizontalFlip(0.5) if augment else v2.Identity()
        self._augment = augment
        low_resolution = v2.RandomApply([LowResolution()], settings.low_resolution)
        self._poor_picture = v2.Compose([low_resolution, v2.RandomApply([v2.JPEG(JPEG_QUALITY)], settings.jpeg)])

    def __call__(self, rng: np.random.Generator, frames: Frames, target: int, name: str) -> Clip:
        """Process one clip; draws colours and flips from torch's global generator, the rest from `rng`.

        Args:
            rng: numpy Generator.
            frames: list of T (image (H, W, 3) uint8, labels (H, W) integers, 0 the background).
            target: label of the target, which the first frame must show.
            name: for messages.

        Returns:
            Clip.
        """
        box_start = len(frames) > 1 and rng.random() < self._settings.box_start
        if box_start:
            frames = [frames[0], *frames[:-1]]
        windows = self._windows(rng, [mask_to_box(labels == target) for _, labels in frames], box_start)
        objects = [target, *self._others(rng, frames[0][1], windows[0], target)]
        images = np.stack([window.extract(image) for window, (image, _) in zip(windows, frames, strict=True)])
        masks = np.stack([self._object_masks(frames, windows, label) for label in objects])
        first_masks = np.stack([self._first_mask(frames[0][1] == label, windows[0], box_start) for label in objects])
        boxes = np.stack([self._object_boxes(frames, windows, label) for label in objects])
        images, masks, first_masks, boxes = self._augmented(images, masks, first_masks, boxes)
        return Clip(images, masks, first_masks, self._expected_centres(rng, boxes), box_start, name)

    def _windows(self, rng: np.random.Generator, boxes: list[np.ndarray | None], box_start: bool) -> list[CropWindow]:
        zooms = rng.random() < self._settings.zoom
        box = boxes[0]
        assert box is not None, "the first frame shows the target"
        windows = [CropWindow.segmentation(box, self._factor, self._size)]
        for number, visible in enumerate(boxes[1:], start=1):
            box = box if visible is None else visible
            windows.append(windows[0] if box_start and number == 1 else self._jittered_window(rng, box, zooms))
        return windows

    def _jittered_window(self, rng: np.random.Generator, box: Box, zooms: bool) -> CropWindow:
        size = math.sqrt(box[2] * box[3])
        side = self._factor * size * math.exp(self._settings.scale_jitter * rng.standard_normal())
        side *= 2 ** rng.uniform(-1, 1) if zooms else 1
        shift = self._settings.centre_jitter * size * (rng.random(2) - 0.5)
        return CropWindow.search(box_centre(box) + shift, side, self._size)

    def _others(self, rng: np.random.Generator, labels: np.ndarray, window: CropWindow, target: int) -> list[int]:
        if self._settings.max_objects == 1:
            return []
        seen = np.unique(labels)
        others = rng.permutation(seen[(seen > 0) & (seen != target)])
        shown = [label for label in others if (window.extract_mask(labels == label) > 0.5).sum() >= MIN_OBJECT_PIXELS]
        return shown[: self._settings.max_objects - 1]

    def _object_masks(self, frames: Frames, windows: list[CropWindow], label: int) -> np.ndarray:
        pairs = zip(windows, frames, strict=True)
        return np.stack([window.extract_mask(labels == label) > 0.5 for window, (_, labels) in pairs])

    def _object_boxes(self, frames: Frames, windows: list[CropWindow], label: int) -> np.ndarray:
        """(T, 4) boxes x, y, w, h in crop pixels; an empty one at the crop's centre if the object is out of view."""
        boxes = np.full((len(frames), 4), [self._size / 2, self._size / 2, 0, 0])
        for number, (window, (_, labels)) in enumerate(zip(windows, frames, strict=True)):
            box = mask_to_box(labels == label)
            if box is not None:
                boxes[number] = [*window.to_crop(box[:2]), *(box[2:] / window.scale)]
        return boxes

    def _first_mask(self, mask: np.ndarray, window: CropWindow, box_start: bool) -> np.ndarray:
        return window.extract_mask(box_to_mask(tight_box(mask), mask.shape) if box_start else mask)

    def _augmented(
        self, images: np.ndarray, masks: np.ndarray, first_masks: np.ndarray, boxes: np.ndarray
    ) -> tuple[Tensor, ...]:
        if self._augment:
            images = jitter_colours(images)
        pictures = tv_tensors.Image(torch.from_numpy(images).permute(0, 3, 1, 2))
        drawn, first = (tv_tensors.Mask(torch.from_numpy(each)) for each in (masks, first_masks))
        # Its stubs only have the arguments for a tensor.
        flat = tv_tensors.BoundingBoxes(  # pyright: ignore[reportCallIssue]
            torch.from_numpy(boxes).flatten(0, 1), format="XYWH", canvas_size=(self._size, self._size)
        )
        pictures, drawn, first, flat = self._joint(pictures, drawn, first, flat)
        if self._augment:
            pictures = self._poor_picture(pictures)
        plain = (value.as_subclass(torch.Tensor) for value in (pictures, drawn, first))
        return *plain, flat.as_subclass(torch.Tensor).reshape(boxes.shape)

    def _expected_centres(self, rng: np.random.Generator, boxes: Tensor) -> Tensor:
        jitter = self._settings.location_jitter * (torch.from_numpy(rng.random((*boxes.shape[:2], 2))) - 0.5)
        return (boxes[..., :2] + boxes[..., 2:] * (0.5 + jitter)).float()


class LowResolution(nn.Module):
    """Simulates pictures of a small target: fewer pixels, enlarged."""

    def forward(self, images: Tensor) -> Tensor:
        """Shrink the pictures of a clip (T, 3, S, S) uint8, and enlarge them again.

        The factor, the same for all, is drawn from torch's global generator.
        """
        size = images.shape[-1]
        small = v2.functional.resize(images, [max(1, round(size * torch.empty(1).uniform_(*LOW_RESOLUTION).item()))])
        return v2.functional.resize(small, [size, size])
