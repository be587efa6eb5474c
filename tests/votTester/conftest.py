"""Small datasets in memory for the tests of votTester."""

import numpy as np
import pytest

from libs.dataset.sequence import Sequence
from votTester.annotations import annotate
from votTester.datasets import VotDataset


def _sequence(name, frames=20, step=1.0, tags=None):
    """A bright 20 x 16 box over grey noise of 120 x 80, moving right by `step` pixels a frame."""
    rng = np.random.default_rng(0)
    images, regions = [], []
    for index in range(frames):
        left = 10 + step * index
        image = rng.integers(60, 120, (80, 120, 3), dtype=np.uint8)
        image[30:46, int(left) : int(left) + 20] = 240
        images.append(image)
        regions.append([left, 30.0, 20.0, 16.0])
    return Sequence(name, images, regions, tags=tags or {})


@pytest.fixture
def make_sequence():
    return _sequence


@pytest.fixture
def make_dataset():
    def make(*names, name="tiny", **options):
        sequences = [_sequence(sequence, **options) for sequence in names]
        return VotDataset(name, [annotate(sequence) for sequence in sequences], sequences)

    return make
