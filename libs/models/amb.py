"""The appearance memory network: memorise frames with masks, segment a frame from what is remembered."""

import functools

import torch
import torch.nn.functional as F
from torch import nn

from libs.models.aggregation import aggregate_single
from libs.models.config import BACKBONE_CHANNELS
from libs.models.decoder import Decoder
from libs.models.encoders import MemoryEncoder, QueryEncoder
from libs.models.key_value import KeyValue
from libs.models.memory_reader import read_memory


class AMB(nn.Module):
    """Space-time memory network with a location map (Xie et al., arXiv 2009.09669).

    It knows nothing of time, boxes or files: which frames are remembered is the caller's decision. Batches hold several
    frames or several objects. Images are ImageNet-normalised crops whose sides are multiples of 16.

    Args:
        config: an `AMBConfig`.
        backbone_weights: None for random weights, 'imagenet' for torchvision's, or the path of a torchvision state
            dict; both encoders start from them.
    """

    def __init__(self, config, backbone_weights=None):
        super().__init__()
        self.config = config
        *skip_channels, channels = BACKBONE_CHANNELS[config.backbone]
        self.query_encoder = QueryEncoder(config.backbone, backbone_weights)
        self.memory_encoder = MemoryEncoder(config.backbone, backbone_weights)
        self.query_key_value = KeyValue(channels, config.key_dim, config.value_dim)
        self.memory_key_value = KeyValue(channels, config.key_dim, config.value_dim)
        self.decoder = Decoder(config.value_dim, skip_channels, config.decoder_dim)

    @property
    def dtype(self):
        """Of the weights; images and masks are brought to it, features, keys and values have it."""
        return self.decoder.predict.weight.dtype

    def encode_query(self, images):
        """Encode images (N, 3, S, S) to `QueryFeatures` (r4, r3, r2)."""
        return self.query_encoder(images.to(self.dtype))

    def memorize(self, images, masks):
        """Keys and values of frames with masks.

        Args:
            images: (N, 3, S, S), or (1, 3, S, S) for several objects in one frame.
            masks: (N, S, S) probabilities of the target in 0..1.

        Returns:
            Key (N, hw, Ck) and value (N, hw, Cv) on the stride-16 grid; token = row * w + column.
        """
        images = images.expand(len(masks), -1, -1, -1)
        return self.memory_key_value(self.memory_encoder(images.to(self.dtype), masks.to(self.dtype)))

    def segment(self, features, memory_key, memory_value, location):
        """Segment frames from memory.

        Args:
            features: `QueryFeatures` of N frames, or of one frame in which N objects are segmented.
            memory_key: (N, M, Ck), the tokens of all remembered frames one after the other.
            memory_value: (N, M, Cv).
            location: (S, S) or (N, S, S), see `location_map`.

        Returns:
            float32 logits (N, 2, S, S); channel 1 is the target.
        """
        logits = self.decoder(self.read(features.r4, memory_key, memory_value), features.r3, features.r2, location)
        return F.interpolate(logits.float(), scale_factor=4, mode="bilinear", align_corners=False)

    def read(self, r4, memory_key, memory_value):
        """Memory read and query value for the decoder: r4 (N or 1, C4, h, w) -> (N, 2*Cv, h, w)."""
        count = len(memory_key)
        key, value = self.query_key_value(r4)
        read = read_memory(key.expand(count, -1, -1), memory_key, memory_value)
        tokens = torch.cat([read, value.expand(count, -1, -1)], dim=2)
        return tokens.transpose(1, 2).unflatten(2, r4.shape[-2:])

    def memory_mask(self, probability):
        """The mask to memorise for target probabilities (any shape, 0..1), as this network was trained."""
        return aggregate_single(probability) if self.config.memory_mask == "aggregated" else probability


@functools.lru_cache(maxsize=8)
def expected_state_dict(config):
    """The state dict of an `AMB` with this `AMBConfig`, on the meta device: names, shapes and types without numbers.

    It is shared by all callers: read only.
    """
    with torch.device("meta"):
        return AMB(config).state_dict()
