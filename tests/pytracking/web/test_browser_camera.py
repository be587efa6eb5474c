"""The browser's camera; Chromium reads its pictures from a file."""

import re

import cv2
import numpy as np
import pytest

from tests.pytracking.web.helpers import FRAMES, SIZE, app_with, downloaded_masks, drag_on_screen, serving

pytestmark = pytest.mark.slow

pytest.importorskip("starlette", reason="the page's packages are not installed: pip install '.[web]'")


@pytest.fixture
def camera(sequence, tmp_path):
    """A file of the sequence's frames, 10 a second, that Chromium plays as a camera in a loop."""
    path = tmp_path / "camera.y4m"
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420\n" % SIZE)
        for index in range(FRAMES):
            file.write(b"FRAME\n" + cv2.cvtColor(sequence.frame(index), cv2.COLOR_RGB2YUV_I420).tobytes())
    return path


@pytest.fixture
def browser(request, chromium, camera):
    """A browser with this camera; the page may or may not use it."""
    allowed = "--use-fake-ui-for-media-stream" if request.param else "--deny-permission-prompts"
    browser = chromium("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}", allowed)
    yield browser
    browser.close()


@pytest.fixture
def address(root):
    with serving(app_with(root)) as address:
        yield address


@pytest.mark.parametrize("browser", [True], indirect=True)
def test_what_a_camera_shows_is_recorded_opened_and_followed(visit):
    page = visit()
    page.get_by_role("button", name="Camera").click()
    page.get_by_role("button", name="Record").click()
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Stop and open").click()
    page.locator("#empty").wait_for(state="hidden")
    assert page.locator("#camera-view").evaluate(
        "view => view.srcObject.getTracks().every(t => t.readyState == 'ended')"
    )
    area = page.locator("#canvas").bounding_box()
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    drag_on_screen(page, (x - 60, y - 40), (x + 20, y + 30), (x + 60, y + 40))
    page.get_by_role("button", name="Follow ⟶").click()
    page.get_by_text(re.compile(r"done: (\d+) of \1 frames")).wait_for()
    masks = downloaded_masks(page)
    # Two seconds at 10 frames a second, less what a busy machine loses.
    assert len(masks) > 5
    assert all(np.any(mask == 1) for mask in masks.values())


@pytest.mark.parametrize("browser", [False], indirect=True)
def test_where_no_camera_may_be_used_the_page_says_so(visit):
    page = visit()
    page.get_by_role("button", name="Camera").click()
    page.locator(
        "#open-message", has_text="the browser gives no camera: there is none, or it may not be used"
    ).wait_for()
    assert page.locator("#camera").is_hidden()
