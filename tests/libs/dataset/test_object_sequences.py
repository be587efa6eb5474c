import numpy as np

from libs.dataset.object_sequences import find_videos, object_sequences
from libs.dataset.readers.video_segmentation import load_davis, load_youtube_vos
from libs.dataset.sequence import Sequence


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


def test_objects_are_put_together_into_their_videos(tmp_path, write_video):
    frames = [None, {2: (2, 3, 4, 5)}, {1: (3, 3, 4, 5), 2: (8, 1, 2, 2)}]
    write_video(tmp_path / "JPEGImages" / "a", tmp_path / "Annotations" / "a", frames)
    objects = object_sequences(load_youtube_vos(tmp_path))
    alone = Sequence("b", [np.zeros((4, 5, 3), np.uint8)] * 2, [[0, 0, 2, 2]] * 2)
    first, second = find_videos([*objects, alone])
    assert (first.name, first.names, len(first)) == ("a", ["00000", "00001", "00002"], 3)
    assert {key: (sequence.name, start) for key, (sequence, start) in first.objects.items()} == {
        1: ("a-1", 2),
        2: ("a-2", 1),
    }
    assert [list(first.starts(index)) for index in range(3)] == [[], [2], [1]]
    assert first.has_masks
    assert np.array_equal(first.frame(2), objects[0].frame(0))
    assert (second.name, second.names, second.objects) == ("b", ["00000", "00001"], {1: (alone, 0)})
    assert not second.has_masks
    assert second.frame(1).shape == (4, 5, 3)
