"""The two crop functions compared with the reference's, and its faults 3, 4, 21 and 22 with correct results."""

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from libs.utils.crops import CropWindow

CROPS = range(13)
SHRUNK_CROP = 9  # 10.8 image pixels per crop pixel: averaged here, not in the reference
UNSMOOTHED_PATCHES = range(5)
DECIMATED_PATCHES = (5, 6, 7)


@pytest.fixture(scope="module")
def recorded(parity):
    with np.load(parity / "crops.npz") as file:
        return dict(file)


def segmentation_window(recorded, index):
    return CropWindow.segmentation(recorded["boxes"][index], 4, 128)


def without_last_pixels(image, window):
    """The image as fault 3 leaves it: a window that reaches the right or bottom border loses the last column or row."""
    height, width = image.shape[:2]
    return image[: height - (window.y + window.side >= height), : width - (window.x + window.side >= width)]


def area_average(image, window):
    """(size, size, C) exact averages over the area of each crop pixel, borders replicated; from running sums."""
    pad = 2 + int(max(0, -window.x, -window.y, *(window.centre + window.side / 2 - image.shape[1::-1])))
    average = np.pad(image.astype(np.float64), ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    for axis, start in ((0, window.y), (1, window.x)):
        sums = np.insert(np.cumsum(average, axis=axis), 0, 0, axis=axis)
        edges = pad + start + np.arange(window.size + 1) * window.scale
        low = np.floor(edges).astype(int)
        share = (edges - low)[:, None, None] if axis == 0 else (edges - low)[:, None]
        at_edges = sums.take(low, axis) * (1 - share) + sums.take(low + 1, axis) * share
        average = np.diff(at_edges, axis=axis) / window.scale
    return average


def patch_window(position, scale):
    """The pixels that the reference takes for an undecimated patch: the position's fraction is cut off (fault 21)."""
    row, column = np.trunc(position)
    side = max(2, round(64 * scale))
    return CropWindow(column - (side - 1) // 2, row - (side - 1) // 2, side, 64)


@pytest.mark.parametrize("index", CROPS)
def test_resize_factor(recorded, index):
    window = segmentation_window(recorded, index)
    assert 1 / window.scale == pytest.approx(recorded["resize_factor"][index], abs=1e-12)


@pytest.mark.parametrize("index", [index for index in CROPS if index != SHRUNK_CROP])
def test_segmentation_crops(recorded, index):
    """Equal, once ours gets the image without the column and row that the reference loses (fault 3)."""
    window = segmentation_window(recorded, index)
    image, mask = (without_last_pixels(recorded[name], window) for name in ("image", "mask"))
    assert np.abs(window.extract(image).astype(int) - recorded["crop_image"][index]).max() <= 1
    assert np.abs(window.extract_mask(mask) - recorded["crop_mask"][index]).max() <= 1e-5


def test_most_segmentation_crops_need_no_mending(recorded):
    windows = [segmentation_window(recorded, index) for index in CROPS]
    whole = [without_last_pixels(recorded["image"], window).shape == recorded["image"].shape for window in windows]
    assert np.flatnonzero(np.logical_not(whole)).tolist() == [3, 5, 7, SHRUNK_CROP, 12]


@pytest.mark.parametrize("index", [3, 5, 7, 12])
def test_fault_3_the_last_column_and_row_are_there(recorded, index):
    """A window at the right or bottom border shows the whole image: checked by cutting it out by hand, and by scipy."""
    image, window = recorded["image"], segmentation_window(recorded, index)
    rows, columns = (int(start) + np.arange(int(window.side)) for start in (window.y, window.x))
    square = image[np.clip(rows, 0, 199)][:, np.clip(columns, 0, 299)].astype(np.float64)
    offsets = np.clip((np.arange(128) + 0.5) * window.scale - 0.5, 0, window.side - 1)
    grid = np.meshgrid(offsets, offsets, indexing="ij")
    expected = np.stack([ndimage.map_coordinates(square[..., c], grid, order=1) for c in range(3)], axis=-1)
    assert np.abs(window.extract(image) - expected).max() <= 1
    assert np.abs(recorded["crop_image"][index] - expected).max() > 5


def test_fault_3_unresized(recorded):
    spoiled = recorded["box12_crop_unresized_last_two_columns"]
    window = dataclasses.replace(segmentation_window(recorded, 12), size=100)
    ours = window.extract(recorded["image"])[:, -2:]
    np.testing.assert_array_equal(ours, recorded["image"][50:150, -2:])
    np.testing.assert_array_equal(spoiled[:, 0], ours[:, 0])
    np.testing.assert_array_equal(spoiled[:, 1], ours[:, 0])


@pytest.mark.parametrize("box", [(400, 80, 30, 30), (-150, 80, 30, 30), (120, 320, 30, 30), (-200, -200, 30, 30)])
def test_fault_4_windows_wholly_outside_are_the_nearest_border(recorded, box):
    image, window = recorded["image"], CropWindow.segmentation(box, 4, 120)
    rows, columns = (int(start) + np.arange(120) for start in (window.y, window.x))
    expected = image[np.clip(rows, 0, 199)][:, np.clip(columns, 0, 299)]
    np.testing.assert_array_equal(window.extract(image), expected)
    assert window.extract_mask(recorded["mask"]).max() == 0


@pytest.mark.parametrize("index", UNSMOOTHED_PATCHES)
def test_filter_crops(recorded, index):
    window = patch_window(recorded["patch_pos"][index], recorded["patch_scale"][index])
    ours = window.extract(recorded["image"].astype(np.float32)).transpose(2, 0, 1)
    assert np.abs(ours - recorded["patch_output"][index]).max() <= 1e-3


def test_fault_21_the_fraction_of_the_position_counts(recorded):
    """At (100.9, 150.4) the reference repeats its crop of (100, 150); ours is bilinear 0.9 and 0.4 pixels further."""
    image = recorded["image"].astype(np.float32)
    np.testing.assert_array_equal(recorded["patch_output"][0], recorded["patch_output"][1])
    window = patch_window((100, 150), 1.0)
    window = dataclasses.replace(window, x=window.x + 0.4, y=window.y + 0.9)
    rows, columns = (np.arange(64) + start for start in (window.y, window.x))
    # Positions are held between the centres of the outermost pixels, which binds only when a crop is enlarged.
    grid = np.meshgrid(rows, columns, indexing="ij")
    expected = np.stack(
        [ndimage.map_coordinates(image[..., c].astype(float), grid, order=1) for c in range(3)], axis=-1
    )
    assert np.abs(window.extract(image) - expected).max() <= 1e-3
    assert np.abs(window.extract(image).transpose(2, 0, 1) - recorded["patch_output"][1]).max() > 5


@pytest.mark.parametrize("index", DECIMATED_PATCHES)
def test_fault_22_shrunk_filter_crops_are_averages(recorded, index):
    """Closer to the exact average over each crop pixel's area than the reference's picked pixels."""
    row, column = recorded["patch_pos"][index]
    window = CropWindow.search((column + 0.5, row + 0.5), 64 * recorded["patch_scale"][index], 64)
    exact = area_average(recorded["image"], window)
    ours = window.extract(recorded["image"].astype(np.float32))
    reference = recorded["patch_output"][index].transpose(1, 2, 0)
    assert rms(ours - exact) < 0.75 * rms(reference - exact)


def test_fault_22_shrunk_segmentation_crop_is_an_average(recorded):
    window = segmentation_window(recorded, SHRUNK_CROP)
    exact = area_average(recorded["image"], window)
    assert rms(window.extract(recorded["image"]) - exact) < 0.75 * rms(recorded["crop_image"][SHRUNK_CROP] - exact)


def rms(difference):
    return float(np.sqrt(np.mean(np.square(difference))))
