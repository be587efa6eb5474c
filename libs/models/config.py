"""What a checkpoint's `constructor` says: the architecture of the appearance memory network and its numbers."""

import dataclasses
import math
from typing import Any

from libs.models.backbone import backbone_channels
from libs.models.strides import STRIDE
from libs.utils.errors import SettingsError

CHOICES = {
    "memory_mask": ("aggregated", "plain"),
    "memory_encoder": ("full", "light"),
    "trunk": ("trained", "frozen"),
}
"""Values of the constructor's fields that are words."""

ADDED_LATER = ("memory_encoder", "trunk")
"""Fields that checkpoints from before they existed do not have; these hold what the defaults say."""

LARGEST = {"key_dim": 4096, "value_dim": 4096, "decoder_dim": 4096, "crop_size": 1024, "crop_factor": 100}
"""Values of the constructor's fields at most: a file cannot ask for any amount of memory."""


@dataclasses.dataclass(frozen=True)
class AMBConfig:
    """Architecture of an `AMB` and the conditions it was trained for. The defaults are the paper's network.

    Attributes:
        backbone: name of the network that encodes images, such as 'resnet50' (see `Backbone`).
        key_dim: channels of the keys.
        value_dim: channels of the values.
        decoder_dim: channels of the decoder.
        memory_mask: what is remembered of a probability p, 'aggregated' (p^2 / (p^2 + (1-p)^2)) or 'plain' (p).
        location_scale: pixels by which the location map is divided; None means the width of the map.
        crop_size: side of the square crops in pixels, a multiple of 16.
        crop_factor: side of the crop in the image divided by the target's sqrt(w*h).
        memory_encoder: how a remembered frame is encoded: 'full' (a backbone of its own sees image and mask) or 'light'
            (its key comes from the image alone, its value from the mask and features that exist already).
        trunk: whether the query encoder is 'trained', or 'frozen' as ImageNet left it.

    Raises:
        SettingsError: naming the field whose value is out of range.
    """

    backbone: str = "resnet50"
    key_dim: int = 128
    value_dim: int = 512
    decoder_dim: int = 256
    memory_mask: str = "aggregated"
    location_scale: float | None = None
    crop_size: int = 384
    crop_factor: float = 4.0
    memory_encoder: str = "full"
    trunk: str = "trained"

    def __post_init__(self) -> None:
        backbone_channels(self.backbone)
        for field, choices in CHOICES.items():
            if getattr(self, field) not in choices:
                raise SettingsError(
                    f"constructor: {field} is {getattr(self, field)!r:.80}; use one of {', '.join(choices)}"
                )
        for field, largest in LARGEST.items():
            _check_positive(field, getattr(self, field), (int, float) if field == "crop_factor" else int)
            if getattr(self, field) > largest:
                raise SettingsError(f"constructor: {field} is {getattr(self, field)!r:.80}; use at most {largest}")
        if self.location_scale is not None:
            _check_positive("location_scale", self.location_scale, (int, float))
        if self.crop_size % STRIDE:
            raise SettingsError(f"constructor: crop_size is {self.crop_size}; use a multiple of {STRIDE}")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "AMBConfig":
        """Build from a checkpoint's `constructor`, in which every field must stand and no other (`ADDED_LATER` aside).

        Raises:
            SettingsError: naming missing and unknown fields, or a value out of range.
        """
        names = {field.name for field in dataclasses.fields(cls)}
        missing, unknown = sorted(names - set(values) - set(ADDED_LATER)), sorted(set(values) - names)
        if missing or unknown:
            raise SettingsError(f"constructor: missing fields {missing}, unknown fields {unknown}")
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """All fields by name: strings and numbers, as a checkpoint stores them."""
        return dataclasses.asdict(self)


def _check_positive(field: str, value: object, types: type | tuple[type, ...]) -> None:
    if isinstance(value, bool) or not isinstance(value, types) or not 0 < value < math.inf:
        raise SettingsError(f"constructor: {field} is {value!r:.80}; use a positive number")
