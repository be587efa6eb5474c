import numpy as np
import pytest

from libs.media.excerpt import Excerpt
from libs.media.images import write_image
from libs.media.sources import open_source
from libs.utils.errors import SettingsError


@pytest.fixture
def folder(tmp_path):
    for index in range(10):
        write_image(tmp_path / f"{index + 1:03d}.png", np.full((8, 8, 3), 20 * index, np.uint8))
    return tmp_path


@pytest.mark.parametrize(
    ("part", "numbers"),
    [
        ((0, None, 1), range(10)),
        ((2, 8, 2), (2, 4, 6)),
        ((3, 99, 3), (3, 6, 9)),
        ((9, None, 5), (9,)),
        ((0, 4, 1), range(4)),
    ],
)
def test_frames_are_those_of_the_part_and_numbered_anew(folder, part, numbers):
    with Excerpt(open_source(folder), *part) as source:
        frames = list(source)
        assert [frame.index for frame in frames] == list(range(len(numbers)))
        assert [frame.image[0, 0, 0] // 20 for frame in frames] == list(numbers)
        assert frames[0].time == 0
        assert source.expected_length == len(numbers) == len(source.frames())
        assert [image[0, 0, 0] // 20 for image in source.frames()] == list(numbers)
        assert source.frames_per_second == 25 / part[2]


def test_masks_belong_to_the_frames_of_the_part(folder):
    source = Excerpt(open_source(folder), 2, 8, 2)
    assert [source.frame_index(f"{number:03d}") for number in range(1, 12)] == [
        *(None, None, 0, None, 1, None, 2, None, None, None, None),
    ]
    assert source.fingerprint() != open_source(folder).fingerprint() != Excerpt(open_source(folder), 3).fingerprint()


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ((-1,), "frames -1 to the end, every 1: give a start of 0 or more"),
        ((5, 5), "frames 5 to 5"),
        ((0, None, 0), "every 0"),
        ((10,), "has 10 frames, so that none is at 10"),
    ],
)
def test_parts_that_there_are_not(folder, part, message):
    with pytest.raises(SettingsError, match=message):
        Excerpt(open_source(folder), *part)
