import dataclasses
import tracemalloc

import numpy as np
import pytest
import torch
from scipy import ndimage

from libs.utils.crops import CropWindow, normalize_crops
from libs.utils.errors import DataError


@pytest.fixture(scope="module")
def image():
    noise = np.random.default_rng(3).integers(0, 256, (90, 120, 3))
    return ndimage.gaussian_filter(noise.astype(np.float64), (1, 1, 0)).astype(np.float32)


def bilinear(image, window, **outside):
    """The window by scipy, in float64, from the definition: no positions held inside the window."""
    offsets = (np.arange(window.size) + 0.5) * window.side / window.size - 0.5
    grid = np.meshgrid(window.y + offsets, window.x + offsets, indexing="ij")
    channels = np.moveaxis(image.astype(np.float64), -1, 0) if image.ndim == 3 else [image.astype(np.float64)]
    crop = np.stack(
        [ndimage.map_coordinates(c, grid, order=1, **(outside or {"mode": "nearest"})) for c in channels], -1
    )
    return crop if image.ndim == 3 else crop[..., 0]


def test_segmentation_window_has_the_ceiled_side_and_a_whole_corner():
    window = CropWindow.segmentation((121.37, 82.81, 33.6, 20.25), 4, 128)
    # sqrt(33.6 * 20.25) * 4 = 104.3 -> 105; 121.37 + 16.8 - 52.5 = 85.67 -> 86; 82.81 + 10.125 - 52.5 = 40.435 -> 40
    assert window == CropWindow(86, 40, 105, 128)


def test_segmentation_window_rounds_half_to_even():
    assert CropWindow.segmentation((0.5, 1.5, 4, 4), 1, 8) == CropWindow(0, 2, 4, 8)


def test_segmentation_window_of_a_vanished_box_has_one_pixel():
    assert CropWindow.segmentation((7, 9, 0, 0), 4, 64).side == 1


@pytest.mark.parametrize(
    "numbers", [(np.nan, 0, 8, 8), (0, np.inf, 8, 8), (0, 0, 0, 8), (0, 0, -1, 8), (0, 0, 8, 0), (0, 0, np.nan, 8)]
)
def test_impossible_windows_are_refused(numbers):
    with pytest.raises(DataError, match="not a crop"):
        CropWindow(*numbers)


def test_points_go_to_the_crop_and_back():
    window = CropWindow.search((50.25, 40.5), 96, 48)
    np.testing.assert_allclose(window.centre, (50.25, 40.5))
    assert window.scale == 2
    np.testing.assert_allclose(window.to_crop(window.centre), (24, 24))
    np.testing.assert_allclose(window.to_crop((window.x, window.y)), (0, 0))
    points = np.random.default_rng(0).uniform(-50, 200, (3, 5, 2))
    np.testing.assert_allclose(window.to_image(window.to_crop(points)), points)


@pytest.mark.parametrize(
    "window", [CropWindow(20, 10, 64, 64), CropWindow(-30, -20, 64, 64), CropWindow(80, 60, 64, 64)]
)
def test_at_scale_one_pixels_are_copied_and_borders_replicated(image, window):
    rows = np.clip(int(window.y) + np.arange(64), 0, 89)
    columns = np.clip(int(window.x) + np.arange(64), 0, 119)
    np.testing.assert_array_equal(window.extract(image), image[rows][:, columns])


@pytest.mark.parametrize("centre", [(60.3, 45.8), (2.9, 3.1), (118.2, 88.4), (60.5, 200.25), (-300.1, -7.7)])
@pytest.mark.parametrize("side", [64, 70.4, 100.7, 127.9])
def test_fractional_windows_are_bilinear(image, centre, side):
    """Fault 21: the fraction of the position counts."""
    window = CropWindow.search(centre, side, 64)
    np.testing.assert_allclose(window.extract(image), bilinear(image, window), atol=1e-3)


def test_a_fraction_of_the_position_moves_a_ramp_by_it():
    ramp = np.tile(np.arange(100, dtype=np.float32), (100, 1))[..., None]
    whole = CropWindow.search((50.0, 50), 32, 32).extract(ramp)
    moved = CropWindow.search((50.9, 50), 32, 32).extract(ramp)
    np.testing.assert_allclose(moved - whole, 0.9, atol=1e-5)


def test_enlarging_holds_positions_between_the_outermost_pixels(image):
    window = CropWindow(40.3, 20.6, 10, 40)
    offsets = np.clip((np.arange(40) + 0.5) / 4, 0.5, 9.5) - 0.5
    grid = np.meshgrid(20.6 + offsets, 40.3 + offsets, indexing="ij")
    expected = np.stack([ndimage.map_coordinates(image[..., c].astype(float), grid, order=1) for c in range(3)], -1)
    np.testing.assert_allclose(window.extract(image), expected, atol=1e-3)


def test_whole_and_fractional_windows_agree_where_they_meet(image):
    window = CropWindow(-10, 30, 100, 64)
    nearly = dataclasses.replace(window, x=window.x + 1e-7)
    np.testing.assert_allclose(window.extract(image), nearly.extract(image), atol=2e-3)


def test_uint8_is_rounded(image):
    window = CropWindow.search((60.3, 45.8), 70.4, 64)
    crop = window.extract(np.rint(image).astype(np.uint8))
    assert crop.dtype == np.uint8
    assert np.abs(crop - bilinear(np.rint(image), window)).max() <= 0.5 + 1e-3


def test_a_window_that_ends_at_the_border_keeps_its_last_pixels(image):
    """Fault 3: the last column and row come from the image."""
    window = CropWindow(120 - 48, 90 - 48, 48, 48)
    np.testing.assert_array_equal(window.extract(image), image[-48:, -48:])


@pytest.mark.parametrize(
    ("x", "y", "row", "column"),
    [(500, 20, None, 119), (-500, 20, None, 0), (20, 500, 89, None), (20, -500, 0, None), (1e6, -1e9, 0, 119)],
)
def test_a_window_wholly_outside_replicates_the_nearest_border(image, x, y, row, column):
    """Fault 4: neither refused nor distorted."""
    rows = np.arange(20, 52) if row is None else np.full(32, row)
    columns = np.arange(20, 52) if column is None else np.full(32, column)
    np.testing.assert_array_equal(CropWindow(x, y, 32, 32).extract(image), image[rows][:, columns])
    np.testing.assert_allclose(CropWindow(x + 0.5, y, 32, 32).extract(image).shape, (32, 32, 3))
    assert CropWindow(x, y, 32, 32).extract_mask(np.ones((90, 120))).max() == 0


def test_shrinking_by_a_whole_factor_gives_block_means(image):
    """Fault 22: a shrunk image is averaged, not picked from."""
    window = CropWindow(9, 12, 60, 20)
    expected = image[12:72, 9:69].reshape(20, 3, 20, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(window.extract(image), expected, atol=1e-3)


def test_shrunk_windows_replicate_the_border_pixels_themselves(image):
    crop = CropWindow(-300, -300, 400, 20).extract(image)
    np.testing.assert_allclose(crop[:14, :14], np.broadcast_to(image[0, 0], (14, 14, 3)), atol=1e-4)
    beside = CropWindow(-400, 15, 60, 20).extract(image)
    np.testing.assert_allclose(beside[:, 7], image[15:75, 0].reshape(20, 3, 3).mean(axis=1), atol=1e-3)


@pytest.mark.parametrize("side", [64.0, 81.3, 118.7])
def test_shrinking_does_not_alias(side):
    stripes = np.zeros((200, 200, 1), np.float32)
    stripes[:, ::2] = 255
    crop = CropWindow.search((100.3, 99.1), side, 32).extract(stripes)
    # An area of n >= 2 pixels holds n / 2 bright columns, give or take half a column.
    assert np.abs(crop - 127.5).max() <= 127.5 / 2 + 1e-3
    assert abs(crop.mean() - 127.5) < 6


@pytest.mark.parametrize(("side", "size"), [(150.6, 64), (170.2, 20), (90.3, 64)])
def test_shrinking_keeps_the_geometry(side, size):
    ramp = np.add.outer(3 * np.arange(200.0), np.arange(200.0)).astype(np.float32)[..., None]
    window = CropWindow.search((99.3, 101.8), side, size)
    np.testing.assert_allclose(window.extract(ramp), bilinear(ramp, window), atol=0.02)


@pytest.mark.parametrize("window", [CropWindow(-40, 30, 90, 64), CropWindow(70.4, 50.2, 100.3, 64)])
def test_masks_are_zero_outside_the_image(window):
    mask = np.random.default_rng(0).random((90, 120)).astype(np.float32)
    crop = window.extract_mask(mask)
    assert crop.dtype == np.float32
    np.testing.assert_allclose(crop, bilinear(mask, window, mode="grid-constant", cval=0), atol=1e-5)


def test_shrunk_masks_keep_their_share_of_the_window():
    mask = np.zeros((90, 120), bool)
    mask[:45, :60] = True
    crop = CropWindow(-60, -45, 120, 24).extract_mask(mask)
    assert crop[:, :11].max() == 0
    assert crop[:8].max() == 0
    np.testing.assert_allclose(crop.mean(), 60 * 45 / 120**2, rtol=0.06)


def test_paste_is_the_inverse_of_extract():
    mask = np.zeros((90, 120), bool)
    mask[30:62, 40:85] = True
    window = CropWindow(20, 5, 80, 160)
    pasted = window.paste_mask(window.extract_mask(mask), mask.shape)
    np.testing.assert_array_equal(pasted > 0.5, mask)


@pytest.mark.parametrize(("x", "y", "side", "size"), [(30, 20, 40, 16), (30.25, 19.5, 40.5, 64), (-25, 60, 50, 200)])
def test_paste_puts_a_full_crop_exactly_on_the_window(x, y, side, size):
    pasted = CropWindow(x, y, side, size).paste_mask(np.ones((size, size), np.float32), (90, 120))
    rows, columns = np.mgrid[:90, :120] + 0.5
    inside = (columns >= x) & (columns < x + side) & (rows >= y) & (rows < y + side)
    np.testing.assert_array_equal(pasted, inside.astype(np.float32))


@pytest.mark.parametrize(("x", "y", "side"), [(10.3, 20.8, 60), (10, 20, 60), (-7, 31, 90)])
def test_paste_samples_the_crop_bilinearly(x, y, side):
    mask = np.random.default_rng(1).random((32, 32)).astype(np.float32)
    pasted = CropWindow(x, y, side, 32).paste_mask(mask, (90, 120))
    row, column = 50, 41
    position = [[(row + 0.5 - y) * 32 / side - 0.5], [(column + 0.5 - x) * 32 / side - 0.5]]
    np.testing.assert_allclose(pasted[row, column], ndimage.map_coordinates(mask, position, order=1)[0], atol=1e-5)


def test_paste_of_a_window_outside_is_empty():
    assert CropWindow(500, 0, 64, 64).paste_mask(np.ones((64, 64)), (90, 120)).max() == 0


def test_huge_frames_and_windows_stay_cheap():
    frame = np.zeros((4320, 7680, 3), np.uint8)
    frame[2000:2200, 3000:3200] = 200
    tracemalloc.start()
    crop = CropWindow(2900, 1900, 400, 256).extract(frame)
    far = CropWindow.search((0, 0), 1e7, 64).extract(frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert crop[128, 128].tolist() == [200, 200, 200]
    assert far.shape == (64, 64, 3)


def test_normalize_crops_follows_imagenet():
    crops = np.zeros((2, 4, 4, 3), np.uint8)
    crops[1] = (255, 128, 0)
    tensor = normalize_crops(list(crops), "cpu")
    assert tensor.shape == (2, 3, 4, 4)
    assert tensor.dtype == torch.float32
    expected = (torch.tensor([1, 128 / 255, 0]) - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor(
        [0.229, 0.224, 0.225]
    )
    torch.testing.assert_close(tensor[1, :, 2, 3], expected)
    torch.testing.assert_close(tensor[0, :, 0, 0], -torch.tensor([0.485 / 0.229, 0.456 / 0.224, 0.406 / 0.225]))
