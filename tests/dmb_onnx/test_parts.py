"""The runtime's geometry and memories match the torch tracker's, and give the same errors for bad input."""

import numpy as np
import pytest
import torch

from dmb_onnx import InputError
from dmb_onnx.augmentation import augment
from dmb_onnx.bank import Bank
from dmb_onnx.rectangles import fit_rectangle
from dmb_onnx.regions import read_start
from dmb_onnx.shape import ShapeFitter
from dmb_onnx.tracker import _rgb
from dmb_onnx.windows import Window, whole_pixels_around
from libs.media.images import as_rgb
from libs.memory.appearance import AppearanceMemoryBank, AppearanceMemoryParams
from libs.memory.augmentation import augment_crop
from libs.memory.policy import Decision
from libs.memory.spatial_params import default_augmentation
from libs.utils import rectangle_fit
from libs.utils.crops import CropWindow
from libs.utils.errors import DataError
from pytracking.tracker.DMB import shape
from pytracking.tracker.DMB.initial_region import parse_initial_region

IMAGE = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
WINDOWS = [(10.0, 20.0, 40.0, 64), (-30.0, 50.0, 131.0, 64), (3.3, -7.7, 55.5, 64), (-200.5, 8.0, 400.0, 48)]


def blob(angle=0.5):
    """A tilted ellipse with a bump."""
    y, x = np.mgrid[:96, :96] - 48.0
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return ((along / 30) ** 2 + (across / 14) ** 2 < 1) | (np.hypot(along - 20, across - 10) < 9)


@pytest.mark.parametrize("numbers", WINDOWS)
def test_windows(numbers):
    ours, theirs = Window(*numbers), CropWindow(*numbers)
    mask = IMAGE[..., 0] > 128
    assert np.array_equal(ours.extract(IMAGE), theirs.extract(IMAGE))
    assert np.array_equal(ours.extract_mask(mask), theirs.extract_mask(mask))
    crop = np.random.default_rng(1).random((numbers[3], numbers[3]), dtype=np.float32)
    assert np.allclose(ours.paste_mask(crop, mask.shape), theirs.paste_mask(crop, mask.shape), atol=1e-6)


def test_segmentation_windows():
    box = (10.5, 20.25, 30.5, 17.0)
    assert vars(whole_pixels_around(box, 2.5, 64)) == vars(CropWindow.segmentation(box, 2.5, 64))


def test_augmented_crops():
    window = 10.5, 20.25, 50.0, 64
    crops, moved = augment(IMAGE, Window(*window), default_augmentation(), 2.0)
    expected = augment_crop(IMAGE, CropWindow(*window), default_augmentation(), 2.0)
    assert np.array_equal(crops, expected.crops)
    assert np.array_equal(moved, expected.shifts)


@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.5, 1.2])
def test_rectangles(angle, optimize):
    mask = blob(angle)
    assert np.allclose(fit_rectangle(mask, False, optimize), rectangle_fit.fit_rotated_rectangle(mask, optimize))
    assert np.array_equal(fit_rectangle(mask, True, optimize), rectangle_fit.fit_upright_rectangle(mask))
    assert fit_rectangle(np.zeros((9, 9), bool), False, optimize) is None


@pytest.mark.parametrize("upright", [False, True])
def test_shapes(upright):
    probability = blob() * 0.9
    region = np.array([[20.0, 15], [80, 20], [78, 70], [18, 65]])
    found = []
    for fitter, window in (
        (ShapeFitter(upright, True), Window(5.0, -3.0, 100.0, 96)),
        (shape.ShapeFitter(upright, True), CropWindow(5.0, -3.0, 100.0, 96)),
    ):
        fitter.calibrate(region, window.paste_mask(blob(), IMAGE.shape) > 0.5, window)
        found.append(fitter.fit(blob(), probability, window, IMAGE.shape))
    for name in ("polygon", "box", "mask", "pixels", "score"):
        assert np.array_equal(getattr(found[0], name), getattr(found[1], name)), name


def test_the_bank_remembers_the_same_frames():
    params = AppearanceMemoryParams(memory_capacity=4)
    key = torch.arange(6.0).view(1, 3, 2)
    theirs = AppearanceMemoryBank(params)
    theirs.initialize(key, key)
    ours = Bank(4, key[0].numpy(), key[0].numpy())
    for number, keep in enumerate([False, True, False, False, True, True, True, False, True], 1):
        theirs.remember(number, Decision.KEEP if keep else Decision.LAST, key + number, key + number)
        ours.remember(keep, (key + number)[0].numpy(), (key + number)[0].numpy())
        used = ours.arrays["used"] > 0
        assert np.array_equal(ours.arrays["bank_key"][used].reshape(-1, 2), theirs.tokens[0][0])


STARTS = [
    {"init_bbox": [10, 20, 30, 25]},
    {"init_bbox": [10.5, 20, 40, 25, 35, 50, 5, 45]},
    {"init_mask": IMAGE[..., 0] > 200},
    {"init_bbox": [10, 20, 0.2, 0.2]},
]
BAD_STARTS = [
    {},
    {"init_bbox": [1, 2, 3]},
    {"init_bbox": ["a", 2, 3, 4]},
    {"init_bbox": [500, 2, 3, 4]},
    {"init_bbox": [5, 2, 0, 4]},
    {"init_bbox": [5, 2, float("nan"), 4]},
    {"init_bbox": [500, 2, 510, 2, 510, 12, 500, 12]},
    {"init_bbox": [5, 2, 10, 2, 15, 2, 20, 2]},
    {"init_mask": np.zeros((90, 120))},
    {"init_mask": np.ones((9, 12))},
    {"init_mask": np.full((90, 120), np.nan)},
]


@pytest.mark.parametrize("info", STARTS)
def test_starts(info):
    ours, theirs = read_start(info, IMAGE.shape), parse_initial_region(info, IMAGE.shape)
    for name, value in vars(theirs).items():
        assert np.array_equal(getattr(ours, name), value), name


@pytest.mark.parametrize("info", BAD_STARTS)
def test_bad_starts_are_told_in_the_same_sentence(info):
    with pytest.raises(DataError) as expected:
        parse_initial_region(info, IMAGE.shape)
    with pytest.raises(InputError) as told:
        read_start(info, IMAGE.shape)
    assert str(told.value) == str(expected.value)


@pytest.mark.parametrize("image", [IMAGE[..., :2], IMAGE.astype(float), IMAGE[:0], IMAGE[None]])
def test_bad_images_are_told_in_the_same_sentence(image):
    with pytest.raises(DataError) as expected:
        as_rgb(image)
    with pytest.raises(InputError) as told:
        _rgb(image)
    assert str(told.value) == str(expected.value)


@pytest.mark.parametrize("image", [IMAGE, IMAGE[..., 0], IMAGE[..., :1], IMAGE.astype(np.uint16) * 257])
def test_images(image):
    assert np.array_equal(_rgb(image), as_rgb(image))
