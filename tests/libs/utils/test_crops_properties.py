import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from libs.utils.crops import CropWindow
from libs.utils.masks import box_to_mask

coordinates = st.floats(-300, 300)
sizes = st.integers(1, 96)


@st.composite
def windows(draw):
    """Windows of any place, side and size; every second one on whole pixels, which are sampled differently."""
    x, y, side = draw(coordinates), draw(coordinates), draw(st.floats(0.5, 700))
    if draw(st.booleans()):
        x, y, side = float(round(x)), float(round(y)), float(max(1, round(side)))
    return CropWindow(x, y, side, draw(sizes))


@given(windows(), st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=5))
def test_points_come_back(window, points):
    np.testing.assert_allclose(window.to_image(window.to_crop(points)), points, atol=1e-6)
    np.testing.assert_allclose(window.to_crop(window.to_image(points)), points, atol=1e-6)


@given(windows())
def test_the_window_is_the_whole_crop(window):
    np.testing.assert_allclose(window.to_crop(window.centre), (window.size / 2,) * 2, atol=1e-6)
    np.testing.assert_allclose(window.to_image((0, 0)), (window.x, window.y), atol=1e-6)


@given(windows(), st.tuples(st.integers(1, 60), st.integers(1, 60)), st.integers(0, 2**32 - 1))
def test_a_crop_holds_no_colour_that_the_image_does_not(window, shape, seed):
    image = np.random.default_rng(seed).integers(20, 200, (*shape, 3)).astype(np.uint8)
    crop = window.extract(image)
    assert crop.shape == (window.size, window.size, 3)
    assert crop.dtype == np.uint8
    assert image.min() <= crop.min()
    assert crop.max() <= image.max()


@given(windows(), st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_a_mask_is_between_0_and_1_in_the_crop_and_zero_outside_the_window(window, shape):
    crop = window.extract_mask(np.ones(shape, dtype=bool))
    assert crop.shape == (window.size, window.size)
    assert -1e-5 <= crop.min() <= crop.max() <= 1 + 1e-5
    pasted = window.paste_mask(np.ones((window.size, window.size)), shape)
    assert pasted.shape == shape
    outside = np.ones(shape, dtype=bool)
    outside[max(0, int(np.floor(window.y))) : max(0, int(np.ceil(window.y + window.side))),
            max(0, int(np.floor(window.x))) : max(0, int(np.ceil(window.x + window.side)))] = False  # fmt: skip
    assert not pasted[outside].any()


@given(st.integers(30, 60), st.integers(30, 60), st.integers(24, 40), st.integers(24, 40), st.floats(0.4, 3))
def test_a_mask_comes_back_from_its_crop(x, y, width, height, zoom):
    """Cut out and pasted, a box keeps all pixels except those at its outline, at any zoom where these are few."""
    mask = box_to_mask((x, y, width, height), (140, 150))
    window = CropWindow.segmentation((x, y, width, height), 2.0, int(64 * zoom))
    returned = window.paste_mask(window.extract_mask(mask), mask.shape) > 0.5
    inner = box_to_mask((x + 3, y + 3, width - 6, height - 6), mask.shape)
    outer = box_to_mask((x - 3, y - 3, width + 6, height + 6), mask.shape)
    assert returned[inner].all()
    assert not returned[~outer].any()
