"""What a checkpoint's `constructor` says: the architecture of the appearance memory network and its numbers."""

import dataclasses
import typing
from typing import Annotated, Any, Literal

from pydantic import Field

from libs.models.backbone import backbone_channels
from libs.models.strides import STRIDE
from libs.utils.declarations import allows, in_words
from libs.utils.errors import SettingsError
from libs.utils.params import out_of_range

# The limits also keep a file from asking for any amount of memory.
Channels = Annotated[int, Field(gt=0, le=4096)]
CropSize = Annotated[int, Field(gt=0, le=1024, multiple_of=STRIDE)]
"""Side of a square crop in pixels."""
CropFactor = Annotated[float, Field(gt=0, le=100)]
"""Side of a crop in the image over the target's sqrt(w*h)."""
LocationScale = Annotated[float, Field(gt=0, allow_inf_nan=False)]
MemoryMask = Literal["aggregated", "plain"]
MemoryEncoder = Literal["full", "light"]
Trunk = Literal["trained", "frozen"]

ADDED_LATER = ("memory_encoder", "trunk")
"""Fields that checkpoints from before they existed do not have; these hold what the defaults say."""


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
        crop_size: side of the square crops in pixels.
        crop_factor: side of the crop in the image divided by the target's sqrt(w*h).
        memory_encoder: how a remembered frame is encoded: 'full' (a backbone of its own sees image and mask) or 'light'
            (its key comes from the image alone, its value from the mask and features that exist already).
        trunk: whether the query encoder is 'trained', or 'frozen' as ImageNet left it.

    Raises:
        SettingsError: naming the field whose value is out of range.
    """

    backbone: str = "resnet50"
    key_dim: Channels = 128
    value_dim: Channels = 512
    decoder_dim: Channels = 256
    memory_mask: MemoryMask = "aggregated"
    location_scale: LocationScale | None = None
    crop_size: CropSize = 384
    crop_factor: CropFactor = 4.0
    memory_encoder: MemoryEncoder = "full"
    trunk: Trunk = "trained"

    def __post_init__(self) -> None:
        backbone_channels(self.backbone)
        for name, declared in typing.get_type_hints(type(self), include_extras=True).items():
            if not allows(declared, getattr(self, name)):
                raise SettingsError(f"constructor: {out_of_range(name, getattr(self, name), in_words(declared))}")

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
