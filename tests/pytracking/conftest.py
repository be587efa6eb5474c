"""Small rendered sequences and videos for the tests of the commands."""

import pathlib

import pytest

from libs.dataset.rendered.sequences import render_sequence, write_vot
from libs.media.masks import write_mask
from libs.media.video_writer import VideoWriter

SCRIPTS = pathlib.Path(__file__).parents[2] / "pytracking"
FRAMES = 12


@pytest.fixture(scope="session")
def scripts():
    """Folder of the commands."""
    return SCRIPTS


@pytest.fixture(scope="session")
def small_sequences():
    """Three rendered sequences of 12 frames of 96 x 72."""
    return [render_sequence(name, FRAMES, (96, 72), seed=1) for name in ("easy", "rotation", "fast_motion")]


@pytest.fixture(scope="session")
def clip(small_sequences, tmp_path_factory):
    """Folder with `clip.mp4` (the first sequence), its first `mask.png`, and all sequences in VOT layout in `vot/`."""
    folder = tmp_path_factory.mktemp("clip")
    sequence = small_sequences[0]
    with VideoWriter(folder / "clip.mp4", 10.0) as video:
        for index in range(len(sequence)):
            video.write(sequence.frame(index))
    write_mask(folder / "mask.png", sequence.mask(0))
    write_vot(small_sequences, folder / "vot")
    return folder


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A fresh folder of results, set for the commands."""
    monkeypatch.setenv("DMB_RESULTS_PATH", str(tmp_path / "results"))
    return tmp_path / "results"
