import numpy as np
import pytest

from libs.dataset.object_sequences import object_sequences
from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.media.masks import write_mask
from libs.utils.errors import DataError
from pytracking.analysis.masks import read_result_labels, videos_with_masks


def test_results_are_called_as_the_frames(tmp_path, write_objects):
    labels = np.zeros((12, 16), dtype=np.uint8)
    labels[1], labels[5] = 1, 2
    folder = write_objects("v", {"00000": labels, "00005": None})
    (video,) = videos_with_masks(object_sequences(load_youtube_vos(folder)))
    (tmp_path / "run" / "v").mkdir(parents=True)
    write_mask(tmp_path / "run" / "v" / "00005.png", labels)
    assert np.array_equal(read_result_labels(tmp_path / "run", video, 1), labels)
    with pytest.raises(DataError, match=r"00000.png is missing: the tracker reported no mask"):
        read_result_labels(tmp_path / "run", video, 0)


def test_sequences_without_masks(make_sequence):
    with pytest.raises(DataError, match="sequence a has no masks"):
        videos_with_masks([make_sequence("a", [[0, 0, 2, 2]])])
