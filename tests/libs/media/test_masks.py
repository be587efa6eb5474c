import numpy as np
import pytest
from PIL import Image

from libs.dataset.rendered.sequences import render_sequence
from libs.media.masks import read_mask, write_mask
from libs.media.palette import davis_palette
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


def square(value=255, background=0):
    mask = np.full((60, 80), background, np.uint8)
    mask[20:40, 10:40] = value
    return mask


def test_masks_of_other_kinds(tmp_path):
    write_mask(tmp_path / "bool.png", np.eye(5, dtype=bool))
    np.testing.assert_array_equal(read_mask(tmp_path / "bool.png"), np.eye(5))
    Image.fromarray(square(3)).save(tmp_path / "gray.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "gray.png"), square(3))
    Image.fromarray(square(1).astype(bool)).save(tmp_path / "bit.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "bit.png"), square(1))
    Image.fromarray(square(7).astype(np.uint16)).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "deep.png"), square(7))
    Image.fromarray(square(1).astype(np.uint16) * 65535).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "deep.png"), square(255))
    Image.fromarray(np.dstack([square(4, 4), square(255)])).save(tmp_path / "alpha.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "alpha.png"), square(4))


def two_objects():
    labels = square(1)
    labels[45:55, 50:70] = 2
    return labels


def test_colours_of_the_davis_palette_are_indices(tmp_path):
    colours = davis_palette()[two_objects()]
    opaque = np.full((60, 80), 255, np.uint8)
    for name, pixels in (("rgb.png", colours), ("rgba.png", np.dstack([colours, opaque]))):
        Image.fromarray(pixels).save(tmp_path / name)
        np.testing.assert_array_equal(read_mask(tmp_path / name), two_objects())
    quantised = Image.fromarray(colours).quantize(8)
    quantised.save(tmp_path / "quantised.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "quantised.png"), two_objects())
    transparent = np.dstack([colours, np.where(two_objects() == 2, 0, opaque)])
    Image.fromarray(transparent).save(tmp_path / "rgba.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "rgba.png"), square(1))


def save_palette(path, indices, colours):
    image = Image.fromarray(indices, "P") if indices.ndim == 3 else Image.fromarray(indices)
    image.putpalette(np.array(colours, np.uint8).tobytes())
    image.save(path)


WHITE, BLACK, RED, BLUE = (255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 0, 255)


@pytest.mark.parametrize(
    ("indices", "colours", "expected"),
    [
        (square(1), [BLACK, WHITE], square(255)),
        (square(0, 1), [WHITE, BLACK], square(255)),  # white first
        (square(1, 1), [WHITE, BLACK], square(0)),  # and nothing but background
        (two_objects(), [BLACK, RED, BLUE], two_objects()),
        (two_objects(), [WHITE, RED, BLUE], two_objects()),
        (two_objects(), [BLACK] * 3, two_objects()),
        (square(200), [(grey,) * 3 for grey in range(256)], square(200)),
    ],
)
def test_indices_of_palettes(tmp_path, indices, colours, expected):
    save_palette(tmp_path / "m.png", indices, colours)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), expected)


@pytest.mark.parametrize(
    "picture",
    [
        Image.fromarray(np.array([BLACK, RED, BLUE], np.uint8)[two_objects()]),
        Image.fromarray(np.array([BLACK, RED, BLUE], np.uint8)[two_objects()]).convert("P"),  # the web palette
        Image.fromarray(two_objects().astype(np.uint16) * 300),
        Image.fromarray(two_objects().astype(np.float32) / 2),
    ],
)
def test_pictures_that_are_no_indices_are_refused_with_the_way_to_convert_them(tmp_path, picture):
    name = tmp_path / ("m.tiff" if picture.mode == "F" else "m.png")
    picture.save(name)
    with pytest.raises(DataError, match=r"mask .*m\.(png|tiff).*give a PNG whose pixel values are the numbers"):
        read_mask(name)


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_two_levels_are_recovered_from_jpeg(tmp_path, quality, mode):
    Image.fromarray(square()).convert(mode).save(tmp_path / "m.jpg", quality=quality)
    read = read_mask(tmp_path / "m.jpg")
    assert set(np.unique(read)) == {0, 255}
    assert (read != square()).mean() < 0.002
    Image.fromarray(np.zeros((60, 80), np.uint8)).save(tmp_path / "empty.jpg", quality=quality)
    assert not read_mask(tmp_path / "empty.jpg").any()


@pytest.mark.parametrize("resample", [Image.BILINEAR, Image.BICUBIC, Image.LANCZOS, Image.BOX])
@pytest.mark.parametrize("size", [(40, 30), (27, 20), (160, 120), (200, 151)])
def test_smooth_edges_are_sharpened(tmp_path, resample, size):
    Image.fromarray(square()).resize(size, resample).save(tmp_path / "m.png")
    read = read_mask(tmp_path / "m.png")
    assert set(np.unique(read)) == {0, 255}
    exact = np.array(Image.fromarray(square()).resize(size, Image.NEAREST))
    assert (read != exact).mean() < 0.03


def test_labels_beside_void_are_no_smooth_edges(tmp_path):
    labels = square(3)
    labels[18:20, 8:42] = labels[40:42, 8:42] = 255  # thin void
    labels[5, 5:20] = 2  # a thin object
    labels[50:, 60:] = 255
    Image.fromarray(labels).save(tmp_path / "m.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), labels)


def test_masks_spoilt_for_good_are_called_lossy(tmp_path, rgb):
    labels = square(80)
    labels[45:55, 50:70] = 160
    labels[5:15, 50:70] = 255
    Image.fromarray(labels).save(tmp_path / "labels.jpg")
    Image.fromarray(rgb[..., 0]).save(tmp_path / "noise.png")
    Image.fromarray(davis_palette()[two_objects()]).save(tmp_path / "colours.jpg")
    for name in ("labels.jpg", "noise.png", "colours.jpg"):
        with pytest.raises(DataError, match=f"{name} was saved in a lossy form"):
            read_mask(tmp_path / name)


@pytest.mark.parametrize("colours", [4, 16, 256])
@pytest.mark.parametrize("background", [BLACK, (20, 30, 90)])
def test_photographs_in_colours_of_their_own_are_no_masks(tmp_path, colours, background):
    """Also with a first colour that could be the background's."""
    frame = render_sequence("easy", 2, (160, 120)).frame(0)
    picture = Image.fromarray(frame).quantize(colours - 1)
    indices = 1 + np.array(picture)
    indices[:12] = 0
    save_palette(tmp_path / "m.png", indices, [background, *np.reshape(picture.getpalette(), (-1, 3))[: colours - 1]])
    with pytest.raises(DataError, match=r"indices of its palette are colours, not objects; give a PNG"):
        read_mask(tmp_path / "m.png")


@pytest.mark.parametrize("resample", [Image.BILINEAR, Image.BICUBIC, Image.LANCZOS])
@pytest.mark.parametrize("labels", [square(60), two_objects() * 60, two_objects()])
def test_smooth_edges_of_several_levels_are_called_lossy(tmp_path, resample, labels):
    smooth = Image.fromarray(labels * np.uint8(120 if labels.max() == 2 else 1)).resize((200, 150), resample)
    smooth.save(tmp_path / "m.png")
    with pytest.raises(DataError, match=r"m\.png was saved in a lossy form: its \d+ grey levels"):
        read_mask(tmp_path / "m.png")


@pytest.mark.parametrize("quality", [5, 75, 95])
def test_object_numbers_in_jpeg_are_called_lossy_and_not_empty(tmp_path, quality):
    Image.fromarray(two_objects()).save(tmp_path / "m.jpg", quality=quality)
    with pytest.raises(DataError, match=r"m\.jpg was saved in a lossy form"):
        read_mask(tmp_path / "m.jpg")


def test_many_small_objects_are_neither_a_picture_nor_blended(tmp_path):
    labels = np.zeros((60, 80), np.uint8)
    for number in range(1, 21):
        top, left = 3 + 12 * ((number - 1) // 5), 3 + 15 * ((number - 1) % 5)
        labels[top : top + 2, left : left + 2] = number
    save_palette(tmp_path / "own.png", labels, [(9 * number, 30, 50) for number in range(21)])
    Image.fromarray(labels).save(tmp_path / "grey.png")
    for name in ("own.png", "grey.png"):
        np.testing.assert_array_equal(read_mask(tmp_path / name), labels)
