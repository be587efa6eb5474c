"""Validation on clips and on whole sequences."""

import contextlib

import numpy as np
import pytest

from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.utils.metrics import boundary_f, region_similarity
from ltr.trainers import validation
from ltr.trainers.validation import first_objects, validate_sequences, validation_keys


def test_keys_are_shared_out_and_never_those_of_training():
    parts = [validation_keys(5, rank, 2) for rank in range(2)]
    assert sorted(key.index for part in parts for key in part) == [0, 1, 2, 3, 4]
    assert {key.epoch for part in parts for key in part} == {0}


def test_one_object_of_each_sequence(video_root):
    videos = load_youtube_vos(video_root)
    assert [video.name for video in first_objects(videos, 10)] == ["alpha-1", "beta-1", "gamma-1", "held-1"]
    assert [video.name for video in first_objects(videos, 2)] == ["alpha-1", "held-1"]
    assert first_objects(videos, 0) == []
    assert first_objects(None, 5) == []


def test_j_and_f_of_a_propagation_that_stands_still(video_root, monkeypatch):
    """A stand-in that repeats the first mask; expected values straight from the metrics."""

    def stand_still(_network, frames, first_mask, params):
        for _ in frames:
            yield first_mask.astype(np.float32)

    monkeypatch.setattr(validation, "propagate", stand_still)
    videos = load_youtube_vos(video_root, split=["alpha"])
    first, *rest, _last = [videos.objects[0].read(index)[1] for index in range(8)]
    values = validate_sequences(None, videos.objects, contextlib.nullcontext).means()
    assert values["J"] == pytest.approx(np.mean([region_similarity(first, mask) for mask in rest]))
    assert values["F"] == pytest.approx(np.mean([boundary_f(first, mask) for mask in rest]))
    assert 0.1 < values["J"] < 0.9


def test_the_real_propagation_gives_values_in_range(video_root, network):
    videos = load_youtube_vos(video_root, split=["held"])
    values = validate_sequences(network.eval(), videos.objects, contextlib.nullcontext).means()
    assert 0 <= values["J"] <= 1
    assert 0 <= values["F"] <= 1
