import numpy as np
import pytest

from libs.dataset.sequence import ABSENT, TAGS, Sequence
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.utils.errors import DataError

BOX = [1.0, 2.0, 3.0, 4.0]


def frames(count, value=7):
    return [np.full((6, 8, 3), value + i, dtype=np.uint8) for i in range(count)]


def test_frames_in_memory():
    sequence = Sequence("s", frames(3), [BOX] * 3)
    assert len(sequence) == 3
    assert sequence.image_size == (8, 6)
    assert sequence.frame(2)[0, 0].tolist() == [9, 9, 9]
    assert sequence.mask(0) is None


def test_regions_keep_their_numbers_and_polygons_are_their_corners():
    polygon = [1.0, 1.0, 5.0, 1.0, 5.0, 4.0, 1.0, 4.0]
    sequence = Sequence("s", frames(2), [BOX, polygon])
    assert [region.tolist() for region in sequence.regions] == [BOX, polygon]
    assert sequence.polygons[0].tolist() == [[1, 2], [4, 2], [4, 6], [1, 6]]
    assert sequence.polygons[1].tolist() == [[1, 1], [5, 1], [5, 4], [1, 4]]


def test_files_are_read_when_asked_for(tmp_path):
    write_image(tmp_path / "1.png", np.full((4, 5, 3), 30, dtype=np.uint8))
    mask = np.zeros((4, 5), dtype=bool)
    mask[1, 2] = True
    write_mask(tmp_path / "1_mask.png", mask)
    files, masks = [tmp_path / "1.png", tmp_path / "absent.png"], [tmp_path / "1_mask.png"] * 2
    sequence = Sequence("s", files, [BOX] * 2, masks)
    assert sequence.frame(0)[0, 0, 0] == 30
    assert sequence.mask(0).dtype == bool
    assert np.array_equal(sequence.mask(0), mask)
    with pytest.raises(DataError, match=r"absent\.png"):
        sequence.frame(1)


def test_frames_may_lack_the_target_and_a_mask():
    sequence = Sequence("s", frames(2), [BOX, ABSENT], masks=[np.ones((6, 8), dtype=bool), None])
    assert np.isnan(sequence.regions[1]).all()
    assert np.isnan(sequence.polygons[1]).all()
    assert sequence.polygons[1].shape == (4, 2)
    assert sequence.mask(1) is None


def test_the_vot_tags_are_always_there():
    sequence = Sequence("s", frames(2), [BOX] * 2, tags={"occlusion": [0, 1]})
    assert set(sequence.tags) == set(TAGS)
    assert sequence.tags["occlusion"].tolist() == [False, True]
    assert not sequence.tags["camera_motion"].any()
    assert sequence.tags["camera_motion"].dtype == bool


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"frames": [], "regions": []}, "no frames"),
        ({"frames": frames(2), "regions": [BOX]}, "2 images but 1 ground truth regions"),
        ({"frames": frames(1), "regions": [BOX], "masks": []}, "1 images but 0 masks"),
        ({"frames": frames(1), "regions": [BOX], "tags": {"occlusion": [0, 1]}}, "2 values of tag occlusion"),
        ({"frames": frames(2), "regions": [BOX, [1, 2, 3]]}, "frame 1.*4 or 8 finite numbers"),
        ({"frames": frames(1), "regions": [ABSENT]}, "no region in its first frame"),
        ({"frames": frames(1), "regions": [[1, 2, np.nan, 4]]}, "frame 0.*4 or 8 finite numbers"),
    ],
)
def test_what_does_not_fit_together_is_an_error(given, message):
    with pytest.raises(DataError, match=message):
        Sequence("s", **given)
