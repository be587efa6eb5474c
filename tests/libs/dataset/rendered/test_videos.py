import pickle

import numpy as np

from libs.dataset.object_sequences import find_videos, object_sequences
from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.dataset.rendered.videos import MINI_OBJECTS, SMALLEST, mini_objects, render_video, write_youtube_vos

SIZE = (96, 72)


def test_labels_are_the_targets_mask_and_others_that_it_hides():
    video = render_video("companions", 12, SIZE)
    for index in (0, 6, 11):
        labels = video.labels(index)
        assert labels.dtype == np.uint8
        assert np.array_equal(labels == 1, video.scene.mask(index))
        assert set(np.unique(labels)) <= {0, 1, 2, 3}
        counts = np.bincount(labels.ravel())
        assert counts[counts > 0].min() >= SMALLEST * labels.size


def test_one_object_of_the_mini_set_enters_later():
    sequences = mini_objects(10, SIZE)
    videos = find_videos(sequences)
    assert [video.name for video in videos] == list(MINI_OBJECTS)
    assert all(list(video.objects) == [1, 2, 3] for video in videos)
    first = [start for _, start in videos[0].objects.values()]
    assert first[:2] == [0, 0]
    assert first[2] > 0
    late = videos[0].objects[3][0]
    assert np.array_equal(late.frame(0), videos[0].frame(first[2]))
    assert late.mask(0).sum() >= SMALLEST * SIZE[0] * SIZE[1]
    assert np.array_equal(pickle.loads(pickle.dumps(late)).frame(1), late.frame(1))


def test_a_written_folder_reads_back(tmp_path, monkeypatch):
    monkeypatch.setenv("DMB_CACHE", str(tmp_path / "cache"))
    videos = [render_video(name, 6, SIZE) for name in MINI_OBJECTS]
    write_youtube_vos(videos, tmp_path / "vos")
    read = object_sequences(load_youtube_vos(tmp_path / "vos"))
    for own, other in zip(mini_objects(6, SIZE), read, strict=True):
        assert (own.name, len(own)) == (other.name, len(other))
        assert np.array_equal(own.mask(1), other.mask(1))
        assert np.allclose(own.regions, other.regions, equal_nan=True)
        assert np.abs(own.frame(1).astype(int) - other.frame(1)).mean() < 6  # JPEG
