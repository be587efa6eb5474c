"""The appearance memory network: memorise frames with masks, segment a frame from what is remembered."""

import functools
import os
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from libs.models.aggregation import aggregate_single
from libs.models.backbone import Backbone, backbone_channels
from libs.models.config import AMBConfig
from libs.models.decoder import Decoder
from libs.models.encoders import FullMemoryEncoder, LightMemoryEncoder, QueryEncoder
from libs.models.key_value import KeyValue
from libs.models.memory_reader import read_memory


class EncodedFrame(NamedTuple):
    """Crops encoded without masks; (S, S) is the size of a crop, hw = (S/16)^2.

    Attributes:
        images: (N, 3, S, S), the crops themselves.
        r4, r3, r2: (N, C4, S/16, S/16), (N, C3, S/8, S/8), (N, C2, S/4, S/4), the query encoder's features.
        key: (N, hw, Ck). value: (N, hw, Cv).
    """

    images: Tensor
    r4: Tensor
    r3: Tensor
    r2: Tensor
    key: Tensor
    value: Tensor

    def select(self, rows: Tensor | slice | list[int]) -> "EncodedFrame":
        """The crops in these rows, one index or slice for every field."""
        return EncodedFrame(*(field[rows] for field in self))

    def each(self) -> list["EncodedFrame"]:
        """Each crop on its own, as views."""
        return [self.select(slice(row, row + 1)) for row in range(len(self.images))]

    @classmethod
    def join(cls, frames: Sequence["EncodedFrame"]) -> "EncodedFrame":
        """The crops of several frames one after the other."""
        return frames[0] if len(frames) == 1 else cls(*map(torch.cat, zip(*frames, strict=True)))


class AMB(nn.Module):
    """Space-time memory network with a location map (Xie et al., arXiv 2009.09669).

    It knows nothing of time, boxes or files: which frames are remembered is the caller's decision. Batches hold several
    frames or several objects. Images are ImageNet-normalised crops whose sides are multiples of 16.

    A full memory encoder (the paper's) computes key and value from image and mask of a remembered frame. With a
    light one, the key comes from the image alone, for remembered and current frames alike (Cheng et al., 2021), and the
    encoder computes the value from the mask and features that exist already.

    Args:
        config: architecture and the training conditions.
        backbone_weights: None for random weights, 'imagenet' for timm's, or the path of a state dict; all encoders
            start from them.
    """

    def __init__(self, config: AMBConfig, backbone_weights: str | os.PathLike[str] | None = None):
        super().__init__()
        self.config = config
        channels = backbone_channels(config.backbone)
        light = config.memory_encoder == "light"
        self.query_encoder = QueryEncoder(config.backbone, weights=backbone_weights)
        self.query_key_value = KeyValue(channels[2], config.key_dim, config.value_dim, orthogonal=light)
        if light:
            self.memory_encoder = LightMemoryEncoder(channels, config.value_dim)
        else:
            self.memory_encoder = FullMemoryEncoder(config.backbone, backbone_weights)
            self.memory_key_value = KeyValue(channels[2], config.key_dim, config.value_dim)
        self.decoder = Decoder(config.value_dim, channels[:2], config.decoder_dim)
        if config.trunk == "frozen":
            self.query_encoder.requires_grad_(False)
        elif light:
            self.filter_encoder = Backbone(config.backbone, weights=backbone_weights).requires_grad_(False)

    @property
    def dtype(self) -> torch.dtype:
        """Device of the weights; images and masks are moved to it, and features, keys and values are on it."""
        return next(self.parameters()).dtype

    def encode(self, images: Tensor) -> EncodedFrame:
        """Encode crops (N, 3, S, S)."""
        images = images.to(self.dtype)
        r4, r3, r2 = self.query_encoder(images)
        return EncodedFrame(images, r4, r3, r2, *self.query_key_value(r4))

    def encode_for_memory(self, images: Tensor) -> EncodedFrame:
        """`encode` crops (N, 3, S, S) that are only memorized, never segmented: computes no more than `memorize` needs.

        With a full memory encoder that is the image; the other fields are then empty, (N, 0).
        """
        if self.config.memory_encoder == "light":
            return self.encode(images)
        images = images.to(self.dtype)
        empty = images.new_empty(len(images), 0)
        return EncodedFrame(images, empty, empty, empty, empty, empty)

    def filter_features(self, images: Tensor) -> Tensor:
        """Features (N, C4, S/16, S/16) of crops (N, 3, S, S) for the correlation filter.

        A light network with a trained trunk keeps a copy of the trunk with ImageNet's weights, which suits the filter
        better. All other networks use the query encoder's features.
        """
        encoder = self.filter_encoder if self.has_filter_encoder else self.query_encoder
        return encoder(images.to(self.dtype))[0]

    @property
    def has_filter_encoder(self) -> bool:
        """Whether `filter_features` differ from the features of `encode`."""
        return hasattr(self, "filter_encoder")

    def memorize(self, frame: EncodedFrame, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Compute keys and values of crops with masks.

        Args:
            frame: of N crops, or of one crop with N objects.
            masks: (N, S, S) probabilities of the target in 0..1.

        Returns:
            Key (N, hw, Ck) and value (N, hw, Cv) on the stride-16 grid; token = row * w + column.
        """
        masks = masks.to(self.dtype)
        if self.config.memory_encoder == "light":
            value = self.memory_encoder(masks, frame.r4, frame.r3, frame.r2)
            return frame.key.expand(len(masks), -1, -1), value.flatten(2).transpose(1, 2)
        images = frame.images.expand(len(masks), -1, -1, -1)
        return self.memory_key_value(self.memory_encoder(images, masks))

    def key_without_mask(self, frame: EncodedFrame, count: int) -> Tensor | None:
        """The key (count, hw, Ck) that `memorize` returns for `count` masks; with a light encoder it needs none.

        None with a full memory encoder, which computes key and value from image and masks together.
        """
        return frame.key.expand(count, -1, -1) if self.config.memory_encoder == "light" else None

    def segment(
        self,
        frame: EncodedFrame,
        memory_key: Tensor,
        memory_value: Tensor,
        location: Tensor,
        hidden: Tensor | None = None,
    ) -> Tensor:
        """Segment crops from memory.

        Args:
            frame: of N crops, or of one crop with N objects to segment.
            memory_key: (N, M, Ck), the tokens of all remembered frames, concatenated.
            memory_value: (N, M, Cv).
            location: (S, S) or (N, S, S), see `location_map`.
            hidden: see `read_memory`.

        Returns:
            float32 logits (N, 2, S, S); channel 1 is the target.
        """
        return self.decode(self.read(frame, memory_key, memory_value, hidden), frame, location)

    def read(
        self, frame: EncodedFrame, memory_key: Tensor, memory_value: Tensor, hidden: Tensor | None = None
    ) -> Tensor:
        """Memory read and the frame's own value, (N, 2*Cv, S/16, S/16), for the decoder; arguments as for `segment`."""
        count = len(memory_key)
        read = read_memory(frame.key.expand(count, -1, -1), memory_key, memory_value, hidden)
        tokens = torch.cat([read, frame.value.expand(count, -1, -1)], dim=2)
        return tokens.transpose(1, 2).unflatten(2, frame.r4.shape[-2:])

    def decode(self, read: Tensor, frame: EncodedFrame, location: Tensor) -> Tensor:
        """Logits as `segment` returns them, from the result of `read`."""
        logits = self.decoder(read, frame.r3, frame.r2, location)
        return F.interpolate(logits.float(), scale_factor=4, mode="bilinear", align_corners=False)

    def memory_mask(self, probability: Tensor) -> Tensor:
        """The mask to memorise for target probabilities (any shape, 0..1), as in this network's training."""
        return aggregate_single(probability) if self.config.memory_mask == "aggregated" else probability


@functools.lru_cache(maxsize=8)
def expected_state_dict(config: AMBConfig) -> dict[str, Tensor]:
    """The state dict of an `AMB` with this `AMBConfig` on the meta device: names, shapes and types without values.

    All callers share it: read only.
    """
    with torch.device("meta"):
        return AMB(config).state_dict()
