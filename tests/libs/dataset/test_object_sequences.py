import numpy as np

from libs.dataset.object_sequences import object_sequences
from libs.dataset.video_segmentation import load_davis, load_youtube_vos


def test_an_object_starts_where_it_is_first_shown(tmp_path, write_video):
    frames = [{1: (2, 3, 4, 5)}, None, {1: (3, 3, 4, 5), 2: (8, 1, 2, 2)}, None, {2: (9, 1, 2, 2)}]
    write_video(tmp_path / "JPEGImages" / "a", tmp_path / "Annotations" / "a", frames)
    first, second = object_sequences(load_youtube_vos(tmp_path))
    assert [(first.name, len(first)), (second.name, len(second))] == [("a-1", 5), ("a-2", 3)]
    assert first.regions[0].tolist() == [2, 3, 4, 5]
    assert np.isnan(first.regions[1]).all()
    assert first.mask(1) is None
    assert first.mask(2).sum() == 20
    assert not first.mask(4).any()
    assert np.isnan(first.regions[4]).all()
    assert second.frames[0].stem == "00002"
    assert [region[0] for region in second.regions[::2]] == [8, 9]
    assert np.argwhere(second.mask(0)).tolist() == [[1, 8], [1, 9], [2, 8], [2, 9]]


def test_davis_2016_has_one_object_named_as_its_sequence(tmp_path, write_video):
    frames = [{1: (2, 3, 2, 2), 2: (4, 3, 2, 2)}]
    write_video(tmp_path / "JPEGImages/480p/bear", tmp_path / "Annotations/480p/bear", frames)
    assert [s.name for s in object_sequences(load_davis(tmp_path, 2017))] == ["bear-1", "bear-2"]
    (merged,) = object_sequences(load_davis(tmp_path, 2016))
    assert merged.name == "bear"
    assert merged.regions[0].tolist() == [2, 3, 4, 2]
    assert merged.mask(0).sum() == 8
