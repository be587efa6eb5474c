"""Drawing the frames of a clip from videos and stills."""

import numpy as np
import pytest

from libs.dataset.readers.image_segmentation import load_image_folder
from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.utils.errors import DataError
from ltr.data.sources import StillSource, VideoSource, draw_places
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
