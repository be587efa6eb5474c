import numpy as np
import pytest
from PIL import Image

from libs.media.images import write_image
from libs.media.masks import read_mask, write_mask
from libs.utils.errors import DataError


@pytest.fixture
def rgb():
    return np.random.default_rng(0).integers(0, 256, (12, 17, 3), dtype=np.uint8)


def test_masks_keep_their_indices_and_the_davis_palette(tmp_path):
    mask = np.arange(60, dtype=np.uint8).reshape(6, 10)
    write_mask(tmp_path / "m.png", mask)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), mask)
    with Image.open(tmp_path / "m.png") as image:
        assert image.mode == "P"
        palette = image.getpalette()
    assert palette[:12] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]
    assert palette[3 * 20 : 3 * 21] == [0, 64, 128]


def test_masks_of_other_kinds(tmp_path, rgb):
    write_mask(tmp_path / "bool.png", np.eye(5, dtype=bool))
    np.testing.assert_array_equal(read_mask(tmp_path / "bool.png"), np.eye(5))
    Image.fromarray(rgb[..., 0]).save(tmp_path / "gray.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "gray.png"), rgb[..., 0])
    write_image(tmp_path / "rgb.png", rgb)
    with pytest.raises(DataError, match=r"rgb\.png has mode RGB"):
        read_mask(tmp_path / "rgb.png")
