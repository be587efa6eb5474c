"""Miniature datasets on disk; nothing is cached outside the test's folder."""

import numpy as np
import pytest

from libs.media.images import write_image
from libs.media.masks import write_mask


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("DMB_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def labels():
    """Makes a label mask (12, 16) from id=(x, y, w, h), later ones on top."""

    def make(objects=None):
        mask = np.zeros((12, 16), dtype=np.uint8)
        for object_id, (x, y, w, h) in (objects or {}).items():
            mask[y : y + h, x : x + w] = object_id
        return mask

    return make


@pytest.fixture
def write_video(labels):
    """Writes images and label masks: `write_video(images folder, masks folder, [objects or None for no mask, ...])`."""

    def write(images, masks, frames):
        images.mkdir(parents=True)
        masks.mkdir(parents=True)
        for i, objects in enumerate(frames):
            write_image(images / f"{i:05d}.jpg", np.full((12, 16, 3), 10 * i, dtype=np.uint8))
            if objects is not None:
                write_mask(masks / f"{i:05d}.png", labels(objects))

    return write


@pytest.fixture
def write_numbered():
    """Writes tiny images of the given numbers: `write_numbered(folder, numbers, digits)`."""

    def write(folder, numbers, digits=4):
        folder.mkdir(parents=True)
        for number in numbers:
            write_image(folder / f"{number:0{digits}d}.jpg", np.full((4, 5, 3), number % 250, dtype=np.uint8))

    return write
