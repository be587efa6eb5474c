import numpy as np
import pytest

from libs.dataset.object_sequences import object_sequences
from libs.dataset.video_segmentation import load_youtube_vos
from libs.utils.errors import DataError
from libs.utils.images import write_mask
from pytracking.analysis.masks import find_videos, join_masks


def rows(*numbers):
    """(12, 16) labels with whole rows of object k at `numbers[k - 1]`, or none for None."""
    labels = np.zeros((12, 16), dtype=np.uint8)
    for key, number in enumerate(numbers, start=1):
        if number is not None:
            labels[number] = key
    return labels


def test_the_smaller_object_has_the_pixels_that_two_claim():
    large, small = np.zeros((4, 4), dtype=bool), np.zeros((4, 4), dtype=bool)
    large[:3], small[2:] = True, True
    assert join_masks({1: large, 2: small})[:, 0].tolist() == [1, 1, 2, 2]
    assert join_masks({2: large, 1: small})[:, 0].tolist() == [2, 2, 1, 1]
    # As large: the lower number.
    assert join_masks({3: small, 1: small})[:, 0].tolist() == [0, 0, 1, 1]


def test_masks_of_other_sizes_are_refused():
    with pytest.raises(DataError, match="mask of shape"):
        join_masks({1: np.zeros((4, 4), dtype=bool), 2: np.zeros((4, 5), dtype=bool)})


def test_objects_are_found_from_their_first_frame_on(write_objects, write_masks):
    folder = write_objects("v", {"00000": rows(1), "00005": rows(1, 5), "00010": None})
    (video,) = find_videos(object_sequences(load_youtube_vos(folder)))
    assert (video.name, video.names) == ("v", ["00000", "00005", "00010"])
    run = write_masks("t/p", "v-1", [rows(1), rows(2), rows(3)])
    write_masks("t/p", "v-2", [rows(5) > 0, rows(3) > 0])
    assert video.labels(run, 0)[:, 0].tolist() == [0, 1] + [0] * 10
    assert video.labels(run, 1)[[2, 5], 0].tolist() == [1, 2]
    assert video.labels(run, 2)[:, 0].tolist() == [0, 0, 0, 1] + [0] * 8


def test_nothing_is_labelled_before_the_first_object(write_objects, write_masks):
    folder = write_objects("v", {"00000": None, "00005": rows(1)})
    (video,) = find_videos(object_sequences(load_youtube_vos(folder)))
    run = write_masks("t/p", "v-1", [rows(1)])
    assert video.labels(run, 0).shape == (12, 16)
    assert not video.labels(run, 0).any()


def test_results_of_a_whole_video_are_taken_as_they_are(tmp_path, write_objects):
    folder = write_objects("v", {"00000": rows(1, 5), "00005": None})
    (video,) = find_videos(object_sequences(load_youtube_vos(folder)))
    run = tmp_path / "results"
    (run / "v").mkdir(parents=True)
    write_mask(run / "v" / "00005.png", rows(2, 6))
    assert video.labels(run, 1)[[2, 6], 0].tolist() == [1, 2]


def test_a_missing_mask_is_named(make_sequence, write_masks):
    sequence = make_sequence("a", [[0, 0, 2, 2]] * 2, masks=[np.ones((48, 64), dtype=bool)] * 2)
    (video,) = find_videos([sequence])
    run = write_masks("t/p", "a", [np.ones((48, 64))])
    assert video.labels(run, 0).all()
    with pytest.raises(DataError, match=r"00001.png is missing: the tracker reported no mask"):
        video.labels(run, 1)


def test_sequences_without_masks(make_sequence):
    with pytest.raises(DataError, match="sequence a has no masks"):
        find_videos([make_sequence("a", [[0, 0, 2, 2]])])
