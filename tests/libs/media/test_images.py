import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from libs.media.images import as_rgb, read_image, read_size, write_image
from libs.media.masks import davis_palette, read_mask, write_mask
from libs.utils.errors import DataError


@pytest.fixture
def rgb():
    return np.random.default_rng(0).integers(0, 256, (12, 17, 3), dtype=np.uint8)


def test_images_come_back_as_written(tmp_path, rgb):
    write_image(tmp_path / "a.png", rgb)
    read = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(read, rgb)
    read[0, 0] = 1  # writable


def test_jpeg(tmp_path):
    flat = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    write_image(tmp_path / "a.jpg", flat)
    assert np.abs(read_image(tmp_path / "a.jpg").astype(int) - flat).max() <= 3


def test_gray_rgba_and_palette_files(tmp_path, rgb):
    Image.fromarray(rgb[..., 0]).save(tmp_path / "gray.png")
    np.testing.assert_array_equal(read_image(tmp_path / "gray.png"), np.repeat(rgb[..., :1], 3, axis=2))
    Image.fromarray(np.dstack([rgb, rgb[..., 0]])).save(tmp_path / "rgba.png")
    np.testing.assert_array_equal(read_image(tmp_path / "rgba.png"), rgb)
    write_mask(tmp_path / "palette.png", np.full((4, 5), 2))
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png")[0, 0], davis_palette()[2])


def test_sixteen_bit_files_are_scaled(tmp_path):
    values = np.array([[0, 257, 32896, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(read_image(tmp_path / "deep.png")[0, :, 1], [0, 1, 128, 255])


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_truncated_files_are_named(tmp_path, rgb, ending):
    path = tmp_path / f"frame.{ending}"
    write_image(path, np.tile(rgb, (8, 8, 1)))
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(DataError, match=f"frame.{ending} cannot be read"):
        read_image(path)


@pytest.mark.parametrize("content", [b"", b"no image at all"])
def test_other_files_are_named(tmp_path, content):
    (tmp_path / "frame.jpg").write_bytes(content)
    for read in (read_image, read_mask):
        with pytest.raises(DataError, match=r"frame\.jpg"):
            read(tmp_path / "frame.jpg")


def test_missing_files_are_named(tmp_path):
    with pytest.raises(DataError, match=r"00000007\.jpg does not exist"):
        read_image(tmp_path / "00000007.jpg")


def test_an_image_that_claims_too_many_pixels_is_refused_before_it_is_decoded(tmp_path):
    """60,000 x 60,000 pixels would be 10 GB; the file has a hundred bytes, and all of its checksums are right."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b"\0" * 9), b"IEND"]
    parts = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks]
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    tracemalloc.start()
    for read in (read_image, read_mask, read_size):
        with pytest.raises(DataError, match=r"bomb\.png.*(60000|pixels)"):
            read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e7


def test_formats_that_other_programs_would_read_are_refused(tmp_path):
    """Pillow gives PostScript to Ghostscript, whatever the file's name says."""
    path = tmp_path / "00000001.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    with pytest.raises(DataError, match="cannot identify image file"):
        read_image(path)


def test_the_size_is_read_from_the_header(tmp_path, rgb):
    write_image(tmp_path / "a.png", rgb)
    assert read_size(tmp_path / "a.png") == rgb.shape[1::-1]
    with pytest.raises(DataError, match=r"b\.png does not exist"):
        read_size(tmp_path / "b.png")


def test_arrays_become_rgb(rgb):
    np.testing.assert_array_equal(as_rgb(rgb), rgb)
    np.testing.assert_array_equal(as_rgb(np.dstack([rgb, rgb[..., 0]])), rgb)
    gray = np.repeat(rgb[..., :1], 3, axis=2)
    np.testing.assert_array_equal(as_rgb(rgb[..., 0]), gray)
    np.testing.assert_array_equal(as_rgb(rgb[..., :1]), gray)
    np.testing.assert_array_equal(as_rgb(rgb.astype(np.uint16) * 257), rgb)
    assert as_rgb(rgb[:, ::-1]).flags.c_contiguous


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 5, 3)), "type float64"),
        (np.zeros((4, 5), np.int64), "type int64"),
        (np.zeros((4, 5, 2), np.uint8), r"shape \(4, 5, 2\)"),
        (np.zeros((1, 4, 5, 3), np.uint8), "shape"),
        (np.zeros((0, 5, 3), np.uint8), "shape"),
        (None, "shape"),
    ],
)
def test_other_arrays_are_refused(array, message):
    with pytest.raises(DataError, match=message):
        as_rgb(array)
