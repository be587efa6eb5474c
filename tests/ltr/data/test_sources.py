"""Drawing the frames of a clip from videos and stills."""

import types

import numpy as np
import pytest

from libs.dataset.readers.image_segmentation import load_image_folder
from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.utils.errors import DataError
from ltr.data.sources import StillSource, VideoSource, _shares, draw_places
from ltr.data.synthesis import SynthesisSettings


def test_neighbours_are_at_most_the_gap_apart_and_order_varies():
    directions, gaps = set(), set()
    for seed in range(100):
        places = draw_places(np.random.default_rng(seed), 20, 3, 4)
        steps = np.diff(places)
        assert places.min() >= 0
        assert places.max() < 20
        assert (np.abs(steps) <= 4).all()
        assert abs(np.sign(steps).sum()) == 2
        directions.add(int(np.sign(steps[0])))
        gaps |= set(np.abs(steps).tolist())
    assert directions == {-1, 1}
    assert gaps == {1, 2, 3, 4}


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_short_videos_still_give_clips(length):
    for seed in range(20):
        places = draw_places(np.random.default_rng(seed), length, 3, 50)
        assert places.min() >= 0
        assert places.max() < length
        assert len(set(places.tolist())) == min(3, length)


def test_a_video_clip_shows_its_object_in_every_frame(video_root):
    source = VideoSource(load_youtube_vos(video_root))
    targets = set()
    for seed in range(20):
        clip, target, name = source.draw(np.random.default_rng(seed), 3, 4)
        assert all((labels == target).any() for _, labels in clip)
        assert all(image.shape[:2] == labels.shape for image, labels in clip)
        assert f"-{target} frames " in name
        targets.add(target)
    assert targets == {1, 2}


def test_a_still_clip_is_named_after_its_stills(stills_root):
    source = StillSource(load_image_folder(stills_root), SynthesisSettings())
    clip, target, name = source.draw(np.random.default_rng(0), 3, 1)
    assert len(clip) == 3
    assert (clip[0][1] == target).any()
    assert "/still" in name


def test_stills_without_a_large_enough_object_are_refused(tmp_path):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
    labels = np.zeros((20, 20), dtype=np.uint8)
    labels[5:8, 5:8] = 1
    write_image(tmp_path / "images" / "a.jpg", np.zeros((20, 20, 3), dtype=np.uint8))
    write_mask(tmp_path / "masks" / "a.png", labels)
    with pytest.raises(DataError, match="no object has a box of 64 pixels"):
        StillSource(load_image_folder(tmp_path), SynthesisSettings())


def named(*names):
    """Objects of sequences of these names, as far as their shares need them."""
    return [types.SimpleNamespace(sequence=types.SimpleNamespace(name=name)) for name in names]


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        (0.0, [1 / 6] * 6),
        (1.0, [1 / 12] * 4 + [1 / 3, 1 / 3]),
        (0.5, [1 / 8] * 4 + [1 / 4, 1 / 4]),
    ],
)
def test_shares_by_hand(balance, expected):
    """A group of four and two of one, the objects without a prefix: it weighs 4, 1 or, half balanced, 2."""
    objects = named("am_dog", "am_cat", "am_owl", "am_fox", "coco_3", "horse")
    np.testing.assert_allclose(_shares(objects, balance), expected)


def test_sources_draw_by_their_shares(video_root):
    """alpha, beta and held are one object each, gamma is two, all in one group without a prefix, so equally likely."""
    dataset = load_youtube_vos(video_root)
    assert np.allclose(VideoSource(dataset, balance=1.0)._shares, 1 / 5)
    source = VideoSource(dataset)
    source._shares = np.array([0, 0, 1.0, 0, 0])
    names = {source.draw(np.random.default_rng(seed), 2, 1)[2].split(" ")[0] for seed in range(5)}
    assert len(names) == 1
