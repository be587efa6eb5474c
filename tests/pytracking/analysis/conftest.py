"""Sequences of a few tiny frames, and results on disk."""

import numpy as np
import pytest

from libs.dataset.sequence import Sequence
from libs.media.images import write_image
from libs.media.masks import write_mask


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("DMB_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def make_sequence():
    """Makes a sequence of black 64 x 48 frames: `make_sequence(name, regions, tags={}, masks=None)`."""

    def make(name, regions, tags=None, masks=None):
        return Sequence(name, [np.zeros((48, 64, 3), dtype=np.uint8)] * len(regions), regions, masks, tags or {})

    return make


@pytest.fixture
def write_result(tmp_path):
    """Writes boxes as results: `write_result('tracker/param', name, boxes, seconds=None)`; returns the run's folder."""

    def write(tracker, name, boxes, seconds=None):
        folder = tmp_path / "results" / tracker
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.txt").write_text("".join("\t".join(f"{v:.4f}" for v in box) + "\n" for box in boxes))
        if seconds is not None:
            (folder / f"{name}_time.txt").write_text("".join(f"{value}\n" for value in seconds))
        return folder

    return write


@pytest.fixture
def write_masks(tmp_path):
    """Writes masks as results: `write_masks('tracker/param', name, masks)`; returns the run's folder."""

    def write(tracker, name, masks):
        folder = tmp_path / "results" / tracker
        (folder / name).mkdir(parents=True)
        for index, mask in enumerate(masks):
            write_mask(folder / name / f"{index:05d}.png", mask)
        return folder

    return write


@pytest.fixture
def write_objects(tmp_path):
    """Writes a dataset in YouTube-VOS's layout: `write_objects(video, {frame: labels or None})`; returns its folder."""

    def write(video, frames):
        for folder in ("JPEGImages", "Annotations"):
            (tmp_path / "vos" / folder / video).mkdir(parents=True)
        for name, labels in frames.items():
            image = np.zeros((12, 16, 3), dtype=np.uint8)
            write_image(tmp_path / "vos" / "JPEGImages" / video / f"{name}.jpg", image)
            if labels is not None:
                write_mask(tmp_path / "vos" / "Annotations" / video / f"{name}.png", labels)
        return tmp_path / "vos"

    return write
