"""Segments a target with the network and the appearance memory bank: crop, attend, decode, remember."""

import numpy as np
import torch

from libs.memory.appearance import AppearanceMemoryBank
from libs.models.aggregation import target_probability
from libs.models.location_map import location_map
from libs.models.memory_reader import attention_mass
from libs.utils.device_crops import crop_input
from libs.utils.masks import dilate


class Segmenter:
    """One target's masks, frame after frame, by the appearance memory alone.

    Args:
        network: the AMB network, in evaluation mode.
        params: AppearanceMemoryParams.
        crop_size: pixels of the square crop, a multiple of 16; None: the size the network was trained for.
        use_location_map: add the distance from the crop's centre in the decoder.
    """

    def __init__(self, network, params, crop_size=None, use_location_map=True):
        self.network = network
        self.crop_size = crop_size or network.config.crop_size
        self.device = next(network.parameters()).device
        self.bank = AppearanceMemoryBank(params)
        self._use_location_map = use_location_map
        self._location = self._location_around(None)

    @torch.inference_mode()
    def initialize(self, image, window, mask):
        """Forget the previous target and memorise this one.

        Args:
            image: (H, W, 3) uint8 RGB. window: CropWindow around the target. mask: (H, W), the target is 1.
        """
        crops = crop_input(image, window, self.device)
        self.bank.initialize(*self.network.memorize(crops, self._crop_mask(mask, window)))

    @torch.inference_mode()
    def encode(self, image, window):
        """Crop a frame and encode it. Returns its stride-16 features (1, C, h, w)."""
        return self.encode_crop(crop_input(image, window, self.device))

    @torch.inference_mode()
    def encode_crop(self, crop):
        """`encode`, of a crop that was cut already: (1, 3, S, S), ImageNet-normalised."""
        self._crops = crop
        self._features = self.network.encode_query(crop)
        return self._features.r4

    @torch.inference_mode()
    def read(self, centre=None):
        """Segment the frame encoded last by what is remembered.

        Args:
            centre: (2,) x, y in the crop where the target is expected; None: the crop's centre.

        Returns:
            Target probability in the crop, (S, S) float32 tensor in 0..1 on the network's device.
        """
        location = self._location if centre is None else self._location_around(centre)
        logits = self.network.segment(self._features, self.bank.keys, self.bank.values, location)
        self._probability = target_probability(logits)
        return self._probability[0]

    def segment(self, image, window):
        """`encode`, then `read`."""
        self.encode(image, window)
        return self.read()

    @torch.inference_mode()
    def attention(self):
        """Which remembered frames the last `read` looked at; to be asked before `remember`.

        Returns:
            dict: frame number -> its share of the attention of the whole crop, 0..1; they sum to 1.
        """
        key, _ = self.network.query_key_value(self._features.r4)
        mass = attention_mass(key, self.bank.keys, len(self.bank))[0]
        return dict(zip(self.bank.frames, mass.tolist(), strict=True))

    @torch.inference_mode()
    def remember(self, frame, confident, mask=None):
        """Offer the frame segmented last to the memory bank; see AppearanceMemoryBank.remember.

        Args:
            frame, confident: as there.
            mask: (S, S) tensor in 0..1, what to remember in place of the probability read last: the target's share
                where several targets were merged.
        """
        if self.bank.wants(frame, confident):
            mask = self.network.memory_mask(self._probability) if mask is None else mask[None]
            self.bank.remember(frame, *self.network.memorize(self._crops, mask), confident)

    @torch.inference_mode()
    def refine_region(self, image, window, region, threshold=0.5):
        """Box-to-segmentation: the mask of the target that fills a region of the first frame, by the network.

        Args:
            image: (H, W, 3) uint8 RGB. window: CropWindow around the region. region: (H, W) bool, the filled region.
            threshold: of the target probability.

        Returns:
            (H, W) bool, inside the slightly dilated region; the region itself where the network finds nothing in it.
        """
        self.initialize(image, window, region)
        probability = window.paste_mask(self.segment(image, window).cpu().numpy(), region.shape)
        mask = (probability > threshold) & dilate(region, _slightly(region))
        return mask if mask.any() else region

    def _location_around(self, centre):
        location = location_map(self.crop_size, self.network.config.location_scale, centre, self.device)
        return location if self._use_location_map else torch.zeros_like(location)

    def _crop_mask(self, mask, window):
        crop = window.extract_mask(np.asarray(mask, dtype=np.float32))
        return torch.from_numpy(crop).to(self.device)[None]


def _slightly(region):
    """Radius of a dilation, in pixels, that forgives a box drawn a little too tight."""
    return max(1, round(0.05 * np.sqrt(region.sum())))
