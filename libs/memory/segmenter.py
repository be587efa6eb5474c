"""Segments a target with the network and the appearance memory bank: crop, attend, decode, remember."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from libs.memory.appearance import AppearanceMemoryBank, AppearanceMemoryParams
from libs.memory.likeness import Likeness
from libs.memory.policy import Decision, Evidence
from libs.memory.space_time import SpaceTimeMemory
from libs.models.aggregation import target_probability
from libs.models.amb import AMB, EncodedFrame
from libs.models.location_map import location_map
from libs.models.memory_reader import attention_mass
from libs.utils.crops import CropWindow, crop_inputs
from libs.utils.masks import dilate


class Segmenter:
    """Segments one target frame by frame with the appearance memory alone.

    Args:
        network: the AMB network, in evaluation mode.
        params: AppearanceMemoryParams.
        crop_size: pixels of the square crop, a multiple of 16; None: the size the network was trained for.
        use_location_map: whether the decoder also gets the distance from the crop's centre.
    """

    def __init__(
        self,
        network: AMB,
        params: AppearanceMemoryParams,
        crop_size: int | None = None,
        use_location_map: bool = True,
    ):
        self.network = network
        self.crop_size = crop_size or network.config.crop_size
        self.device = next(network.parameters()).device
        self.bank = AppearanceMemoryBank(params)
        self.likeness = Likeness()
        self.memory = SpaceTimeMemory(network, self.bank)
        self._use_location_map = use_location_map
        self._location = self._location_around(None)

    @torch.inference_mode()
    def initialize(self, frame: EncodedFrame, window: CropWindow, mask: np.ndarray) -> None:
        """Forget the previous target and memorise a new one.

        Args:
            frame: the first frame, as `encode` returns it. window: of its crop. mask: (H, W), the target is 1.
        """
        masks = self._crop_mask(mask, window)
        self.memory.remember(frame, masks)
        self.likeness.initialize(frame.key, masks[0])

    @torch.inference_mode()
    def encode(self, image: np.ndarray, *windows: CropWindow) -> EncodedFrame:
        """Crop a frame, (H, W, 3) uint8 RGB, with one or more windows, and encode the crops."""
        return self.network.encode(crop_inputs(image, windows, self.device))

    @torch.inference_mode()
    def read(self, frame: EncodedFrame, centre: np.ndarray | None = None) -> Tensor:
        """Segment an encoded crop with the remembered frames.

        Args:
            frame: as `encode` gives it.
            centre: (2,) x, y in the crop where the target is expected; None: the crop's centre.

        Returns:
            Target probability in the crop, (S, S) float32 in 0..1 on the network's device.
        """
        return read_together([self], frame, [centre])[0]

    @torch.inference_mode()
    def attention(self, frame: EncodedFrame) -> dict[int, float]:
        """How much an encoded crop attends to each remembered frame.

        Returns:
            Frame number -> its share of the attention of the whole crop, 0..1; they sum to 1.
        """
        keys, _ = self.bank.tokens
        mass = attention_mass(frame.key, keys, len(self.bank))[0]
        return dict(zip(self.bank.frames, mass.tolist(), strict=True))

    @torch.inference_mode()
    def offer(self, frame: EncodedFrame, mask: Tensor, evidence: Evidence) -> Decision:
        """Offer a segmented frame to the memory; see `SpaceTimeMemory.offer`.

        Args:
            frame: the frame's crop, as `encode` returns it.
            mask: (S, S) in 0..1, to remember with it.
            evidence: on which the policy decides.
        """
        return self.memory.offer(frame, mask[None], evidence)

    @torch.inference_mode()
    def refine_region(
        self, frame: EncodedFrame, window: CropWindow, region: np.ndarray, threshold: float = 0.5
    ) -> np.ndarray:
        """Box to mask: the network's mask of the target that fills a region of the first frame.

        Args:
            frame: as `encode` gives it. window: of its crop, around the region. region: (H, W) bool, the filled region.
            threshold: of the target probability.

        Returns:
            (H, W) bool, inside the slightly dilated region; the region itself if the network finds nothing in it.
        """
        self.initialize(frame, window, region)
        return self._cut(frame, window, region, threshold)

    @torch.inference_mode()
    def correct(self, number: int, frame: EncodedFrame, window: CropWindow, mask: np.ndarray) -> None:
        """Remember a corrected frame for ever, replacing what was remembered of it.

        Args:
            number: of the frame, 1 for the first after the annotated one.
            frame: as `encode` gives it. window: of its crop. mask: (H, W), the target is 1.
        """
        masks = self._crop_mask(mask, window)
        self.bank.pin(number, *self.network.memorize(frame, masks))
        self.likeness.learn(number, frame.key, masks[0])

    @torch.inference_mode()
    def refine_correction(
        self,
        number: int,
        frame: EncodedFrame,
        window: CropWindow,
        region: np.ndarray,
        threshold: float,
        centre: np.ndarray | None = None,
    ) -> np.ndarray:
        """`refine_region` in a later frame, with all remembered frames and the region itself; call `correct` next.

        Args:
            number: as for `correct`. centre: as for `read`.
        """
        self.correct(number, frame, window, region)
        return self._cut(frame, window, region, threshold, centre)

    def _cut(
        self,
        frame: EncodedFrame,
        window: CropWindow,
        region: np.ndarray,
        threshold: float,
        centre: np.ndarray | None = None,
    ) -> np.ndarray:
        """(H, W) bool: the target as read inside a slightly dilated region; the region itself if nothing is found."""
        probability = window.paste_mask(self.read(frame, centre).cpu().numpy(), region.shape)
        mask = (probability > threshold) & dilate(region, _slightly(region))
        return mask if mask.any() else region

    def location(self, centre: np.ndarray | None) -> Tensor:
        """(S, S) location map of a target expected at `centre`, as for `read`."""
        return self._location if centre is None else self._location_around(centre)

    def _location_around(self, centre: np.ndarray | None) -> Tensor:
        location = location_map(self.crop_size, self.network.config.location_scale, centre, self.device)
        return location if self._use_location_map else torch.zeros_like(location)

    def _crop_mask(self, mask: np.ndarray, window: CropWindow) -> Tensor:
        crop = window.extract_mask(np.asarray(mask, dtype=np.float32))
        return torch.from_numpy(crop).to(self.device)[None]


@torch.inference_mode()
def read_together(segmenters: Sequence[Segmenter], frame: EncodedFrame, centres: Sequence[np.ndarray | None]) -> Tensor:
    """`Segmenter.read` for N targets, each in its own crop with its own memory, decoded as one batch.

    Args:
        segmenters: of the targets, of one network.
        frame: their N crops. centres: where each target is expected.

    Returns:
        (N, S, S) float32 in 0..1 on the network's device.
    """
    network = segmenters[0].network
    each = zip(segmenters, frame.each(), strict=True)
    read = torch.cat([network.read(crop, *segmenter.bank.tokens) for segmenter, crop in each])
    location = torch.stack([each.location(centre) for each, centre in zip(segmenters, centres, strict=True)])
    return target_probability(network.decode(read, frame, location))


def _slightly(region: np.ndarray) -> int:
    """Radius in pixels of a dilation that allows for a box drawn a little too tight."""
    return max(1, round(0.05 * np.sqrt(region.sum())))
