import numpy as np
import pytest
import torch
from scipy import ndimage

from libs.utils.crops import CropWindow, normalize_crops
from libs.utils.device_crops import crop_input, sample_square, upload

CPU = torch.device("cpu")
GREY_LEVEL = 1 / 255 / 0.224
"""One grey level after the normalisation, in the channel where it counts most."""


@pytest.fixture(scope="module")
def image():
    noise = np.random.default_rng(4).integers(0, 256, (90, 120, 3)).astype(np.float64)
    smooth = ndimage.gaussian_filter(noise, (3, 3, 0))
    return np.rint((smooth - smooth.min()) / np.ptp(smooth) * 255).astype(np.uint8)


@pytest.mark.parametrize(
    "window",
    [
        CropWindow(20, 10, 64, 64),
        CropWindow(20.4, 10.7, 51.3, 96),
        CropWindow(-30, -12.5, 80, 64),
        CropWindow(90, 60, 70, 48),
        CropWindow(-200, 300, 40, 32),
        CropWindow(0.5, 0.25, 0.75, 16),
    ],
    ids=["whole pixels", "fractional", "left and top", "right and bottom", "far outside", "less than a pixel"],
)
def test_below_two_pixels_per_pixel_the_crop_is_that_of_the_host(image, window):
    device_crop = crop_input(upload(image, CPU), window, CPU)
    assert torch.allclose(device_crop, normalize_crops([window.extract(image)], CPU), atol=1.01 * GREY_LEVEL)


def test_a_large_square_is_averaged(image):
    """Stripes finer than the crop's pixels become their mean, as on the host, and not a pattern."""
    stripes = np.zeros((240, 240, 3), np.uint8)
    stripes[:, ::2] = 200
    window = CropWindow(20, 20, 192, 32)
    device_crop = crop_input(upload(stripes, CPU), window, CPU)
    assert torch.allclose(device_crop, normalize_crops([np.full((32, 32, 3), 100, np.uint8)], CPU), atol=3 * GREY_LEVEL)


def test_the_place_may_be_a_tensor(image):
    frame, window = upload(image, CPU), CropWindow(13, -7, 60, 48)
    corner = torch.tensor([13.0, -7.0], dtype=torch.float64)
    assert torch.equal(sample_square(frame, corner, 60, 48), crop_input(frame, window, CPU))


def test_form_of_the_result(image):
    crop = crop_input(upload(image, CPU), CropWindow(0, 0, 40, 32), CPU)
    assert crop.shape == (1, 3, 32, 32)
    assert crop.dtype == torch.float32
    assert crop.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.cuda
def test_crops_of_both_devices_are_alike(image):
    window, cuda = CropWindow(-3, 5, 61, 64), torch.device("cuda")
    crop = crop_input(upload(image, cuda), window, cuda)
    assert torch.allclose(crop.cpu(), crop_input(image, window, CPU), atol=1.01 * GREY_LEVEL)
