"""The contents of a checkpoint's `constructor`: the architecture of the appearance memory network and its numbers."""

from typing import Annotated, Any, Literal

from pydantic import Field

from libs.models.backbone import backbone_channels
from libs.models.strides import STRIDE
from libs.utils.errors import SettingsError
from libs.utils.params import Params

# The limits also keep a file from demanding any amount of memory.
Channels = Annotated[int, Field(gt=0, le=4096)]
CropSize = Annotated[int, Field(gt=0, le=1024, multiple_of=STRIDE)]
"""Side of a square crop in pixels."""
CropFactor = Annotated[float, Field(gt=0, le=100)]
"""Side of a crop in the image over the target's sqrt(w*h)."""

ADDED_LATER = ("memory_encoder", "trunk")
"""Fields that older checkpoints lack; for these, the defaults hold."""


class Architecture(Params):
    """The network's architecture; the defaults are the paper's."""

    backbone: str = "resnet50"
    """Any timm network with strides 4, 8, 16, such as 'resnet18' or 'tf_efficientnet_lite2'; or 'module:Class'."""
    key_dim: Channels = 128
    """Channels of the keys."""
    value_dim: Channels = 512
    """Channels of the values."""
    decoder_dim: Channels = 256
    """Channels of the decoder."""
    memory_mask: Literal["aggregated", "plain"] = "aggregated"
    """What is remembered of one object's probability p: 'aggregated' (p^2 / (p^2 + (1-p)^2)) or 'plain' (p)."""
    location_scale: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Pixels by which the location map is divided; None: its width, which is the crop's."""
    memory_encoder: Literal["full", "light"] = "full"
    """How a remembered frame is encoded: 'full' (a backbone of its own sees image and mask) or 'light' (its key comes
    from the image alone, its value from the mask and features that exist already)."""
    trunk: Literal["trained", "frozen"] = "trained"
    """'trained', or 'frozen': the query encoder stays as its weights, ImageNet's as a rule, are."""


class AMBConfig(Architecture):
    """Architecture of an `AMB` and its training conditions; immutable and hashable.

    Raises:
        SettingsError: naming the field whose value is out of range.
    """

    crop_size: CropSize = 384
    """Side of the square crops in pixels."""
    crop_factor: CropFactor = 4.0
    """Side of the crop in the image over the target's sqrt(w*h)."""

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
            backbone_channels(self.backbone)
        except SettingsError as error:
            raise SettingsError(f"constructor: {error}") from error
        self.freeze()

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().items()))

    def replace(self, **changes: Any) -> "AMBConfig":
        """A copy with other values in some fields. Raises SettingsError as the constructor does."""
        return AMBConfig(**{**self.as_dict(), **changes})

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "AMBConfig":
        """Build from a checkpoint's `constructor`, which must have every field (`ADDED_LATER` aside) and no other.

        Raises:
            SettingsError: naming missing and unknown fields, or a value out of range.
        """
        names = set(cls.model_fields)
        missing, unknown = sorted(names - set(values) - set(ADDED_LATER)), sorted(set(values) - names)
        if missing or unknown:
            raise SettingsError(f"constructor: missing fields {missing}, unknown fields {unknown}")
        return cls(**values)
