"""Architectures that several tests use."""

from libs.models.config import AMBConfig

SMALL = AMBConfig(
    backbone="resnet18",
    key_dim=8,
    value_dim=12,
    decoder_dim=16,
    memory_mask="plain",
    location_scale=384.0,
    crop_size=64,
    crop_factor=8 / 3,
)
BUNDLED_RESNET18 = SMALL.replace(key_dim=64, value_dim=256, decoder_dim=64, crop_size=256)
"""The architecture of the checkpoint dmb_resnet18.pth.tar."""
