import numpy as np
import pytest

from libs.dataset.segmented import SegmentationDataset, SegmentedSequence, objects_of
from libs.media.images import write_image
from libs.utils.errors import DataError

BOXES = {4: {2: [5, 5, 2, 2]}, 0: {1: [1, 2, 3, 4], 2: [0, 8, 2, 2]}, 2: {}}


@pytest.fixture
def sequence(tmp_path, write_video):
    write_video(tmp_path / "i", tmp_path / "m", [{1: (1, 2, 3, 4), 2: (0, 8, 2, 2)}, None, {}])
    images = tuple(sorted((tmp_path / "i").iterdir()))
    return SegmentedSequence("s", images, {0: tmp_path / "m" / "00000.png", 2: tmp_path / "m" / "00002.png"})


def test_frames_and_labels(sequence, labels):
    assert len(sequence) == 3
    assert sequence.frame(2)[0, 0].tolist() == [20, 20, 20]
    assert np.array_equal(sequence.labels(0), labels({1: (1, 2, 3, 4), 2: (0, 8, 2, 2)}))
    assert sequence.labels(1) is None
    assert not sequence.labels(2).any()


def test_objects_know_where_they_are_visible(sequence):
    first, second = objects_of(sequence, BOXES)
    assert (first.name, second.name) == ("s-1", "s-2")
    assert first.frames.tolist() == [0]
    assert second.frames.tolist() == [0, 4]
    assert second.boxes.tolist() == [[0, 8, 2, 2], [5, 5, 2, 2]]


def test_reading_an_object(sequence, labels):
    second = objects_of(sequence, BOXES)[1]
    image, mask = second.read(0)
    assert (image.shape, image.dtype, mask.dtype) == ((12, 16, 3), np.uint8, bool)
    assert np.array_equal(mask, labels({1: (0, 8, 2, 2)}) > 0)
    assert second.read_labels(0)[1].max() == 2
    with pytest.raises(DataError, match="frame 1 of s has no mask"):
        second.read(1)


def test_merged_objects_are_one(sequence, labels):
    merged = SegmentedSequence("s", sequence.images, sequence.masks, merged=True)
    assert np.array_equal(merged.labels(0), labels({1: (1, 2, 3, 4)}) | labels({1: (0, 8, 2, 2)}))


def test_chosen_objects(sequence):
    assert [o.object_id for o in objects_of(sequence, BOXES, only={2})] == [2]
    assert [o.object_id for o in objects_of(sequence, BOXES, without={2})] == [1]
    assert objects_of(sequence, BOXES, only={1}, without={1}) == []
    with pytest.raises(DataError, match=r"s has no object 3; its objects are \[1, 2\]"):
        objects_of(sequence, BOXES, only={3})


def test_a_sequence_without_objects(sequence):
    with pytest.raises(DataError, match="s has no object in any mask"):
        objects_of(sequence, {0: {}, 1: {}})


def test_a_truncated_jpeg_is_named(sequence):
    noise = np.random.default_rng(0).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    write_image(sequence.images[0], noise)
    sequence.images[0].write_bytes(sequence.images[0].read_bytes()[:-80])
    with pytest.raises(DataError, match=r"00000\.jpg"):
        objects_of(sequence, BOXES)[0].read(0)


def test_an_image_that_was_replaced_by_one_of_another_size(sequence):
    write_image(sequence.images[0], np.zeros((5, 6, 3), dtype=np.uint8))
    with pytest.raises(DataError, match=r"16 x 12 pixels but its image .*00000\.jpg is 6 x 5"):
        objects_of(sequence, BOXES)[0].read(0)


def test_a_dataset_counts_objects(sequence):
    dataset = SegmentationDataset("d", [sequence], objects_of(sequence, BOXES))
    assert len(dataset) == 2
    assert dataset[1].object_id == 2
    with pytest.raises(DataError, match="d: no object is left"):
        SegmentationDataset("d", [], [])
