import math

import numpy as np
import pytest

from libs.memory.augmentation import augment_crop, check_augmentation
from libs.memory.spatial_params import default_augmentation
from libs.utils.crops import CropWindow
from libs.utils.errors import SettingsError

SIZE = 64


@pytest.fixture(scope="module")
def image():
    """A smooth image whose red grows to the right and whose green grows downward, 1 grey level a pixel."""
    rows, columns = np.mgrid[:200, :220].astype(np.uint8)
    return np.stack([columns, rows, np.full_like(rows, 128)], axis=2)


@pytest.fixture(scope="module")
def window():
    return CropWindow.search((110, 100), SIZE, SIZE)


def spot(x, y, shape=(200, 220)):
    """A black image with one bright 5 x 5 square centred at (x, y)."""
    image = np.zeros((*shape, 3), dtype=np.uint8)
    image[y - 2 : y + 3, x - 2 : x + 3] = 250
    return image


def centre_of(crop):
    weights = crop[..., 0].astype(float)
    rows, columns = np.mgrid[: len(crop), : len(crop)] + 0.5
    return np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()


def test_default_makes_27_crops_and_moves_as_recorded(image, window):
    augmented = augment_crop(image, window, default_augmentation(), 2)
    assert augmented.crops.shape == (27, SIZE, SIZE, 3)
    assert augmented.crops.dtype == np.uint8
    # In halves of the crop's side (32 pixels), x and y of the (vertical, horizontal) pairs.
    expected = [(8, 8), (8, -8), (-8, 8), (-8, -8), (24, 24), (24, -24), (-24, 24), (-24, -24)]
    assert augmented.shifts[1:9].tolist() == [list(shift) for shift in expected]
    assert not augmented.shifts[0].any()
    assert not augmented.shifts[9:].any()


def test_nothing_asked_gives_the_crop(image, window):
    augmented = augment_crop(image, window, {}, 2)
    assert np.array_equal(augmented.crops, window.extract(image)[None])


def test_shift_moves_the_content_and_shows_what_lies_there(image, window):
    augmented = augment_crop(image, window, {"relativeshift": [(0.25, -0.5)]}, 2)
    assert augmented.shifts[1].tolist() == [-16, 8]
    moved = CropWindow.search((110 + 16, 100 - 8), SIZE, SIZE).extract(image)
    assert np.array_equal(augmented.crops[1], moved)


def test_a_shift_beyond_the_expansion_still_shows_image(image, window):
    augmented = augment_crop(image, window, {"relativeshift": [(0, 1)]}, 1)
    moved = CropWindow.search((110 - 32, 100), SIZE, SIZE).extract(image)
    assert np.array_equal(augmented.crops[1], moved)


def test_a_shifted_target_lies_where_the_shift_says(window):
    augmented = augment_crop(spot(110, 100), window, {"relativeshift": [(0.25, 0.5)]}, 2)
    moved = centre_of(augmented.crops[1]) - centre_of(augmented.crops[0])
    assert moved == pytest.approx(augmented.shifts[1])


def test_flip_mirrors_about_the_centre(image, window):
    augmented = augment_crop(image, window, {"fliplr": True}, 2)
    assert np.array_equal(augmented.crops[1], augmented.crops[0][:, ::-1])
    assert len(augment_crop(image, window, {"fliplr": False}, 2).crops) == 1


def test_rotation_is_counter_clockwise_about_the_centre(window):
    augmented = augment_crop(spot(130, 99), window, {"rotate": [90, -45]}, 2)
    offset = centre_of(augmented.crops[0]) - SIZE / 2  # to the right of the centre
    assert centre_of(augmented.crops[1]) - SIZE / 2 == pytest.approx([offset[1], -offset[0]], abs=0.1)  # above it
    down_right = np.array([offset[0] - offset[1], offset[0] + offset[1]]) / 2**0.5
    assert centre_of(augmented.crops[2]) - SIZE / 2 == pytest.approx(down_right, abs=0.1)


def test_rotation_turns_image_into_the_corners(image, window):
    """Far corners of the rotated crop come from outside the plain crop: on a ramp they pass its extremes."""
    augmented = augment_crop(image, window, {"rotate": [45]}, 2)
    plain, turned = augmented.crops[..., 0].astype(int)
    assert turned.max() > plain.max() + 10
    assert turned.min() < plain.min() - 10


def test_blur_is_vertical_then_horizontal(window):
    augmented = augment_crop(spot(110, 100), window, {"blur": [(3, 0.2), (0.2, 3)]}, 2)
    plain, vertical, horizontal = (crop[..., 0] > 20 for crop in augmented.crops)
    assert vertical.any(1).sum() > plain.any(1).sum() + 4
    assert vertical.any(0).sum() <= plain.any(0).sum()
    assert np.array_equal(horizontal, vertical.T)


def test_window_partly_outside_the_image(image):
    augmented = augment_crop(image, CropWindow.search((2, 3), 90.0, SIZE), default_augmentation(), 2)
    assert augmented.crops.shape == (27, SIZE, SIZE, 3)


@pytest.mark.parametrize(
    ("augmentation", "named"),
    [({"flip": True}, "flip"), ({"blur": [(1, 2, 3)]}, "blur"), ({"relativeshift": [(1,)]}, "relativeshift"),
     ({"blur": [(0, 1)]}, "blur"), ({"blur": [(1, 1e9)]}, "blur"), ({"blur": [("a", 1)]}, "blur"),
     ({"blur": [1]}, "blur"), ({"blur": None}, "blur"), ({"rotate": 5}, "rotate"), ({"rotate": [math.nan]}, "rotate"),
     ({"rotate": [1] * 10_000}, "rotate"), ({"relativeshift": [(1e9, 0)]}, "relativeshift"), ({"fliplr": 3}, "fliplr")],
)  # fmt: skip
def test_bad_settings(augmentation, named):
    with pytest.raises(SettingsError, match=f"'{named}'"):
        check_augmentation(augmentation)
