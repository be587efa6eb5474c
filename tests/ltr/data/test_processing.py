"""Crops of a clip: where they are, and that image, masks and centres stay aligned."""

import numpy as np
import pytest
import torch

from libs.models.config import AMBConfig
from libs.utils.crops import CropWindow
from ltr.admin.settings import DataSettings
from ltr.data.processing import ClipProcessor, LowResolution

ARCHITECTURE = AMBConfig(backbone="resnet18", crop_size=64, crop_factor=3.0)
CALM = DataSettings(scale_jitter=0.0, centre_jitter=0.0, location_jitter=0.0, box_start=0.0)


def frame(x, y, width=20, height=16, second=None):
    """A gray image with a white rectangle (label 1) at x, y, and perhaps a second one (label 2)."""
    image, labels = np.full((120, 160, 3), 60, dtype=np.uint8), np.zeros((120, 160), dtype=np.uint8)
    labels[y : y + height, x : x + width] = 1
    if second:
        labels[second[1] : second[1] + 10, second[0] : second[0] + 10] = 2
    image[labels > 0] = 250
    return image, labels


FRAMES = [frame(40, 40), frame(50, 44), frame(60, 48)]


def process(frames=FRAMES, settings=CALM, seed=0, augment=False):
    return ClipProcessor(settings, ARCHITECTURE, augment)(np.random.default_rng(seed), frames, 1, "a clip")


def test_shapes_and_types():
    clip = process()
    assert (clip.images.shape, clip.images.dtype) == ((3, 3, 64, 64), torch.uint8)
    assert (clip.masks.shape, clip.masks.dtype) == ((1, 3, 64, 64), torch.bool)
    assert (clip.first_masks.shape, clip.first_masks.dtype) == ((1, 64, 64), torch.float32)
    assert clip.centres.shape == (1, 3, 2)
    assert (clip.name, clip.box_start) == ("a clip", False)


def test_the_first_crop_is_the_trackers():
    clip = process(settings=DataSettings(box_start=0.0))
    window = CropWindow.segmentation((40, 40, 20, 16), 3.0, 64)
    np.testing.assert_array_equal(clip.images[0].permute(1, 2, 0), window.extract(FRAMES[0][0]))
    np.testing.assert_allclose(clip.first_masks[0], window.extract_mask(FRAMES[0][1] == 1), atol=1e-6)


def test_without_jitter_every_crop_is_centred_on_the_target():
    clip = process()
    np.testing.assert_allclose(clip.centres[0], np.full((3, 2), 32.0), atol=1.0)


def test_the_jitter_has_the_documented_size():
    settings = CALM.replace(scale_jitter=0.25, centre_jitter=1.5)
    centres, areas = [], []
    for seed in range(300):
        clip = process(settings=settings, seed=seed)
        area = clip.masks[0, 1].sum().item()
        x, y = clip.centres[0, 1].tolist()
        if 12 < x < 52 and 12 < y < 52:
            areas.append(area)
        scale = 3.0 * np.sqrt(320) / 64
        centres.append((x - 32) * scale / np.sqrt(320))
    scales = np.log(np.sqrt(np.array(areas) / (320 / scale**2)))
    assert np.std(scales) == pytest.approx(0.25, abs=0.05)
    # The offset, uniform on +-0.75 sizes, is seen through the jittered scale: its deviation is 0.433 exp(0.25^2).
    assert np.std(centres) == pytest.approx(1.5 / np.sqrt(12) * np.exp(0.0625), abs=0.06)


def test_the_location_centre_is_jittered_within_an_eighth_of_the_box():
    settings = CALM.replace(location_jitter=0.25)
    offsets = np.concatenate([process(settings=settings, seed=s).centres[0, 1:] - 32 for s in range(60)])
    scale = 64 / 54
    assert np.abs(offsets[:, 0]).max() == pytest.approx(20 * scale / 8, abs=0.8)
    assert np.abs(offsets[:, 1]).max() == pytest.approx(16 * scale / 8, abs=0.8)


def test_augmentation_keeps_image_masks_and_centres_together():
    settings, whole = DataSettings(location_jitter=0.0), 0
    for seed in range(8):
        clip = process(settings=settings, seed=seed, augment=True)
        bright = clip.images.float().mean(dim=1)
        for time in range(3):
            mask = clip.masks[0, time]
            rows, columns = torch.nonzero(mask, as_tuple=True)
            if len(rows) > 64 and min(rows.min(), columns.min()) > 0 and max(rows.max(), columns.max()) < 63:
                assert bright[time][mask].mean() > bright[time][~mask].mean() + 50
                middle = torch.stack([columns.float().mean(), rows.float().mean()]) + 0.5
                assert torch.linalg.norm(middle - clip.centres[0, time]) < 1.5
                whole += 1
    assert whole >= 12


def test_both_directions_occur():
    offside = [frame(40, 40, second=(62, 40))] * 3
    settings = CALM.replace(max_objects=2)
    processor = ClipProcessor(settings, ARCHITECTURE, augment=True)
    sides = set()
    for seed in range(12):
        torch.manual_seed(seed)
        clip = processor(np.random.default_rng(seed), offside, 1, "")
        sides.add(bool(clip.centres[1, 0, 0] > clip.centres[0, 0, 0]))
        assert bool(clip.masks[1, 0].nonzero()[:, 1].float().mean() > 32) == bool(clip.centres[1, 0, 0] > 32)
    assert sides == {True, False}


def test_a_box_clip_segments_the_first_frame_from_its_box():
    image, labels = frame(40, 40)
    labels[40:44, 40:44] = 0
    clip = process([(image, labels), *FRAMES[1:]], CALM.replace(box_start=1.0))
    assert clip.box_start
    assert torch.equal(clip.images[0], clip.images[1])
    assert torch.equal(clip.masks[0, 0], clip.masks[0, 1])
    assert not torch.equal(clip.images[1], clip.images[2])
    filled = clip.first_masks[0] > 0.5
    assert (filled & ~clip.masks[0, 0]).sum() > 5
    assert not (clip.masks[0, 0] & ~filled).any()


def test_other_objects_take_part_up_to_the_limit():
    pair = [frame(40, 40, second=(62, 40))] * 3
    assert len(process(pair, CALM.replace(max_objects=1)).masks) == 1
    assert len(process(pair, CALM.replace(max_objects=3)).masks) == 2
    away = [frame(40, 40, second=(140, 100))] * 3
    assert len(process(away, CALM.replace(max_objects=3)).masks) == 1


def test_a_target_that_leaves_is_expected_where_the_crop_is():
    gone = FRAMES[0][0], np.zeros_like(FRAMES[0][1])
    clip = process([FRAMES[0], gone, gone])
    assert not clip.masks[0, 1:].any()
    np.testing.assert_allclose(clip.centres[0, 1:], np.full((2, 2), 32.0))


def test_a_zoomed_clip_has_later_crops_of_half_to_twice_the_side():
    """The first crop stays, and without other jitter the target keeps its place in all of them."""
    settings, sides = CALM.replace(zoom=1.0), []
    plain = process()
    for seed in range(100):
        clip = process(settings=settings, seed=seed)
        assert torch.equal(clip.images[0], plain.images[0])
        np.testing.assert_allclose(clip.centres[0], np.full((3, 2), 32.0), atol=1.0)
        areas = (picture.masks[0, 1:].sum((1, 2)).clamp(min=1).float() for picture in (plain, clip))
        sides += torch.div(*areas).sqrt().tolist()
    exponents = np.log2(sides)
    assert np.abs(exponents).max() < 1.15  # whole pixels: 9 to 38 along a side
    assert np.mean(exponents) == pytest.approx(0, abs=0.15)
    assert np.std(exponents) == pytest.approx(1 / np.sqrt(3), abs=0.06)


def test_as_many_clips_are_zoomed_as_the_setting_says():
    plain, settings = process(), CALM.replace(zoom=0.3)
    zoomed = [not torch.equal(process(settings=settings, seed=seed).images, plain.images) for seed in range(150)]
    assert np.mean(zoomed) == pytest.approx(0.3, abs=0.1)


def test_low_resolution_keeps_what_is_large_and_loses_what_is_fine():
    torch.manual_seed(0)
    stripes = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    stripes[:, :, :, ::2] = 200
    halves = torch.full((2, 3, 64, 64), 50, dtype=torch.uint8)
    halves[..., 32:] = 200
    for _ in range(10):
        poor = LowResolution()(stripes)
        assert (poor.shape, poor.dtype) == (stripes.shape, torch.uint8)
        assert torch.equal(poor[0], poor[1])
        assert (poor[..., 8:-8].float() - 100).abs().max() < 40
        poor = LowResolution()(halves).float()
        assert (poor[..., :20] - 50).abs().max() < 15
        assert (poor[..., 44:] - 200).abs().max() < 15


NOISE = np.random.default_rng(0).integers(0, 256, (120, 160, 3)).astype(np.uint8)


def noisy(augment=True, **changes):
    """Pictures of a clip of noise, as large as the crop's pixels, with colours that are always the same."""
    torch.manual_seed(0)
    frames = [(NOISE, labels) for _, labels in FRAMES]
    return process(frames, CALM.replace(**changes), augment=augment).images.float()


def test_low_resolution_comes_where_the_setting_says():
    fine = [(images[..., 1:] - images[..., :-1]).abs().mean() for images in (noisy(), noisy(low_resolution=1.0))]
    assert fine[1] < fine[0] / 2
    assert torch.equal(noisy(augment=False, low_resolution=1.0), noisy(augment=False))


def test_jpeg_spoils_each_picture_in_blocks_of_its_own():
    """Strong compression changes every picture by noise, not by blur: the mean of all pixels stays."""
    plain, poor = noisy(), noisy(jpeg=1.0)
    assert poor.shape == plain.shape
    assert (poor - plain).abs().mean(dim=(1, 2, 3)).min() > 5
    assert poor.mean() == pytest.approx(plain.mean().item(), abs=3)
    assert torch.equal(noisy(augment=False, jpeg=1.0), noisy(augment=False))
