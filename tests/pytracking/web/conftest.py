"""The page served in this process, and a headless Chromium that looks at it."""

import os
import shutil

import pytest

from libs.dataset.rendered.sequences import render_sequence
from libs.media.video_writer import VideoWriter
from tests.pytracking.web.helpers import FRAMES, SIZE

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def sequence():
    """A rendered sequence of 24 frames of 320 x 240, with its true masks."""
    return render_sequence("easy", FRAMES, SIZE, seed=1)


@pytest.fixture(scope="session")
def root(sequence, tmp_path_factory):
    """The folder that the page may read: `clip.mp4`, a text `no_video.mp4`, and a link `out.mp4` that leads outside."""
    folder = tmp_path_factory.mktemp("web")
    root = folder / "root"
    root.mkdir()
    for path in (root / "clip.mp4", folder / "secret.mp4"):
        with VideoWriter(path, 10.0) as video:
            for index in range(FRAMES):
                video.write(sequence.frame(index))
    (root / "no_video.mp4").write_text("#EXTM3U\nfile:///etc/passwd\n")
    (root / "out.mp4").symlink_to(folder / "secret.mp4")
    return root


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'")
    found = os.environ.get("DMB_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("there is no Chromium: apt install chromium, or name one by DMB_CHROMIUM")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()
