import io
import logging
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from libs.media.images import as_rgb, encode_animation, encode_jpeg, read_image, read_size, write_image
from libs.media.masks import read_mask, write_mask
from libs.media.palette import davis_palette
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


def thermal(level):
    """(30, 40) uint16 of a camera of small range, 600 levels in all, with a warm square at `level`."""
    frame = np.linspace(51000, 51600, 1200).round().astype(np.uint16).reshape(30, 40)
    frame[10:20, 10:20] = level
    return frame


def test_deep_files_of_small_range_are_stretched_by_the_first_of_the_sequence(tmp_path, caplog):
    Image.fromarray(thermal(51600)).save(tmp_path / "0.png")
    Image.fromarray(thermal(51300)).save(tmp_path / "1.tiff")
    Image.fromarray(thermal(52000)).save(tmp_path / "2.png")
    with caplog.at_level(logging.WARNING):
        frames = [read_image(tmp_path / name, tmp_path / "0.png") for name in ("0.png", "1.tiff", "2.png")]
    # 51000..51600 with a margin of 5 % at either end: 255 * (level - 50970) / 660.
    for frame, expected in zip(frames, ((12, 243), (12, 128), (12, 255)), strict=True):
        assert frame.dtype == np.uint8
        np.testing.assert_allclose([frame[0, 0, 0], frame[15, 15, 0]], expected, atol=1)
    assert caplog.text.count("stretched") == 1


def test_colours_of_sixteen_bits_and_floating_point(tmp_path):
    levels = np.stack([thermal(51600), thermal(51600) - 300, thermal(51600)], axis=2)
    for name in ("a.png", "a.tiff", "a.ppm"):
        cv2.imwrite(str(tmp_path / name), levels[..., ::-1])
        red, green, _ = read_image(tmp_path / name)[15, 15].astype(int)
        assert red - green > 50, name
    unit = np.linspace(0, 1, 1200, dtype=np.float32).reshape(30, 40)
    for name, image in (("b.tiff", unit), ("b.pfm", unit), ("c.tiff", np.dstack([unit] * 3)), ("d.tiff", 255 * unit)):
        cv2.imwrite(str(tmp_path / name), image)
        read = read_image(tmp_path / name)
        assert read.shape == (30, 40, 3)
        np.testing.assert_allclose(read[..., 1], 255 * unit, atol=1)


@pytest.mark.parametrize("ending", ["webp", "tif", "ppm", "pgm", "gif", "jfif", "bmp", "JPG", "avif", "jp2", "tga"])
def test_formats(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    Image.fromarray(np.full((12, 17), 130, np.uint8)).convert("L" if ending == "pgm" else "RGB").save(path)
    assert np.abs(read_image(path).astype(int) - 130).max() <= 4
    assert read_size(path) == (17, 12)


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0)), (2, (0, -1))]
)
@pytest.mark.parametrize("ending", ["png", "webp", "tiff", "jpg"])
def test_pictures_are_turned_upright(tmp_path, orientation, corner, ending):
    """The marked corner is stored at the top left; EXIF orientation 6 is shown rotated clockwise, 8 the other way."""
    stored = np.zeros((16, 32), np.uint8)
    stored[:8, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{ending}"
    Image.fromarray(stored).save(path, exif=exif)
    shape = (32, 16) if orientation > 4 else (16, 32)
    assert read_size(path) == shape[::-1]
    for image in (read_image(path)[..., 0], read_mask(path)):
        assert image.shape == shape
        assert image[corner] > 200
        assert image[16 if shape[0] == 32 else 8, 16 if shape[1] == 32 else 8] < 50


def test_a_link_to_nothing_says_where_it_leads(tmp_path):
    (tmp_path / "1.jpg").symlink_to(".git/annex/objects/SHA256E-s9--ab.jpg")
    with pytest.raises(DataError, match=r"1\.jpg is a link to .*SHA256E-s9--ab\.jpg, which does not exist; fetch"):
        read_image(tmp_path / "1.jpg")


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


def test_jpeg_of_an_image_is_the_smaller_the_lower_its_quality():
    image = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    image[:20] = (200, 30, 60)
    fine, coarse = encode_jpeg(image, 95), encode_jpeg(image, 30)
    assert len(coarse) < len(fine)
    decoded = np.array(Image.open(io.BytesIO(fine)))
    assert np.abs(decoded[2:14].astype(int) - (200, 30, 60)).max() <= 4


def test_animation_repeats_with_all_its_pictures():
    grey = [np.full((16, 24, 3), value, np.uint8) for value in (20, 120, 220)]
    with Image.open(io.BytesIO(encode_animation(grey, 5.0, 90))) as animation:
        assert (animation.size, animation.n_frames, animation.info["loop"]) == ((24, 16), 3, 0)
        for index, expected in enumerate(grey):
            animation.seek(index)
            assert np.abs(np.array(animation.convert("RGB")).astype(int) - expected).max() <= 3
            assert animation.info["duration"] == 200
