"""The videos that the page may read."""

import pytest

from libs.dataset.rendered.sequences import render_sequence
from libs.media.video_writer import VideoWriter
from tests.pytracking.web.helpers import FRAMES, PATIENCE, SIZE


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


@pytest.fixture
def visit(browser, address):
    """Function that opens the page in a separate browser; no script may fail, and no other host may be contacted."""
    contexts, problems, hosts = [], [], set()

    def visit(**options):
        options = {"viewport": {"width": 1280, "height": 720}, "accept_downloads": True, **options}
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert problems == []
    assert hosts - {""} == {address.removeprefix("http://")}
