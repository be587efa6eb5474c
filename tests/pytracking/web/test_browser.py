"""The page in a real browser, as its users have it: with the bundled network, on a rendered clip."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from libs.utils.masks import tight_box
from libs.utils.metrics import region_similarity
from tests.pytracking.web.helpers import SIZE, serving

pytestmark = pytest.mark.slow

pytest.importorskip("starlette", reason="the page's packages are not installed: pip install '.[web]'")
PATIENCE = 60000
"""Milliseconds that anything on the page may take on a busy machine."""


@pytest.fixture(scope="module")
def address(root):
    from pytracking.evaluation.tracker import Tracker
    from pytracking.web.app import make_app
    from pytracking.web.limits import Limits
    from pytracking.web.places import Place

    tracker = Tracker("DMB").create_tracker(device="cpu")
    with serving(make_app(tracker, Place(root), Limits(grace=1.0))) as address:
        yield address


@pytest.fixture
def page(browser, address):
    """The page, with nothing wrong in its scripts, and nothing asked of another host."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    problems, hosts = [], set()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(address)
    yield page
    context.close()
    assert problems == []
    assert {host for host in hosts if host} == {address.removeprefix("http://")}


def open_clip(page, name="clip.mp4"):
    page.get_by_role("button", name=f"▶ {name}").click()


def drag_box(page, box):
    """Drag a box, in pixels of the image, on the canvas."""
    area = page.locator("#canvas").bounding_box()
    scale = min(area["width"] / SIZE[0], area["height"] / SIZE[1])
    left = area["x"] + (area["width"] - scale * SIZE[0]) / 2
    top = area["y"] + (area["height"] - scale * SIZE[1]) / 2
    x, y, w, h = box
    page.mouse.move(left + scale * x, top + scale * y)
    page.mouse.down()
    page.mouse.move(left + scale * (x + w / 2), top + scale * (y + h))
    page.mouse.move(left + scale * (x + w), top + scale * (y + h))
    page.mouse.up()


def say(page, text):
    page.locator("#notice", has_text=text).wait_for()


def downloaded_masks(page):
    page.get_by_role("button", name="Take away…").click()
    with page.expect_download() as download:
        page.locator("[data-format=png]").click()
    packed = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    page.locator("#take-dialog .close").click()
    return {int(name[:5]): np.array(Image.open(packed.open(name))) for name in packed.namelist()}


def test_a_box_is_followed_and_its_masks_are_downloaded(page, sequence):
    open_clip(page)
    page.locator("#empty").wait_for(state="hidden")
    drag_box(page, tight_box(sequence.mask(0)))
    say(page, "object 1 is shown in frame 0")
    page.get_by_role("button", name="Follow ⟶").click()
    page.get_by_text("done: 23 of 23 frames").wait_for()
    masks = downloaded_masks(page)
    assert sorted(masks) == list(range(24))
    overlaps = [region_similarity(masks[index] == 1, sequence.mask(index)) for index in range(21)]
    assert np.mean(overlaps) > 0.7
    assert min(overlaps) > 0.5
