"""The page in a real browser, as users see it: with the bundled network, on a rendered clip."""

import time
import weakref

import numpy as np
import pytest

from libs.utils.masks import tight_box
from libs.utils.metrics import region_similarity
from tests.pytracking.web.helpers import downloaded_masks, drag_box, follow, open_clip, say, serving

pytestmark = pytest.mark.slow

pytest.importorskip("starlette", reason="the page's packages are not installed: pip install '.[web]'")


@pytest.fixture(scope="module")
def app(root):
    from pytracking.evaluation.tracker import Tracker
    from pytracking.web.app import make_app
    from pytracking.web.limits import Limits
    from pytracking.web.places import Place

    tracker = Tracker("DMB").create_tracker(device="cpu")
    return make_app(tracker, Place(root), Limits(grace=1.0))


@pytest.fixture(scope="module")
def address(app):
    with serving(app) as address:
        yield address


def test_a_box_is_followed_its_masks_are_downloaded_and_a_correction_shows(visit, sequence):
    page = visit()
    open_clip(page)
    page.locator("#empty").wait_for(state="hidden")
    drag_box(page, tight_box(sequence.mask(0)))
    say(page, "object 1 is shown in frame 0")
    follow(page, 23)
    masks = downloaded_masks(page)
    assert sorted(masks) == list(range(24))
    overlaps = [region_similarity(masks[index] == 1, sequence.mask(index)) for index in range(21)]
    assert np.mean(overlaps) > 0.7
    assert min(overlaps) > 0.5

    page.locator("#frame").fill("18")
    page.locator("#frame").press("Enter")
    page.locator("#canvas").focus()
    page.keyboard.press("c")
    say(page, "draw where object 1 is")
    x, y, w, h = tight_box(sequence.mask(18))
    drag_box(page, (x, y, w / 2, h))
    say(page, "object 1 is shown in frame 18")
    follow(page, 5)
    corrected = downloaded_masks(page)
    assert region_similarity(corrected[18], masks[18]) < 0.9
    assert all((corrected[index] == masks[index]).all() for index in range(18))
    page.keyboard.press("b")
    assert page.locator("#before").get_attribute("aria-pressed") == "true"


def test_two_browsers_do_not_see_each_other(visit):
    first, second = visit(), visit()
    for page in (first, second):
        open_clip(page)
        page.locator("#empty").wait_for(state="hidden")
    drag_box(first, (20, 20, 60, 60))
    say(first, "object 1 is shown")
    assert first.get_by_label("Name of object 1").count() == 1
    assert second.get_by_label("Name of object 1").count() == 0
    second.reload()
    second.locator("#empty").wait_for(state="hidden")
    assert second.get_by_label("Name of object 1").count() == 0


def test_what_cannot_be_opened_is_said_and_the_page_goes_on(visit, root, tmp_path):
    page = visit()
    message = page.locator("#open-message")
    open_clip(page, "no_video.mp4")
    message.filter(has_text="no_video.mp4 is no video, whatever it is called").wait_for()
    assert page.get_by_text("out.mp4").count() == 0
    status = page.evaluate(
        """async () => {
            const visit = sessionStorage.getItem("dmb-visit");
            const body = JSON.stringify({ kind: "root", name: "out.mp4" });
            return (await fetch(`/api/visits/${visit}/video`, { method: "POST", body })).status;
        }"""
    )
    assert status == 400
    huge = tmp_path / "huge.mp4"
    with huge.open("wb") as file:
        file.truncate(3 << 30)
    page.locator("#upload-file").set_input_files(huge)
    message.filter(has_text="huge.mp4 has 3,072 MB; 2,000 MB may be uploaded").wait_for()
    text = tmp_path / "text.mp4"
    text.write_text("not a video")
    page.locator("#upload-file").set_input_files(text)
    message.filter(has_text="text.mp4 is no video").wait_for()
    page.locator("#upload-file").set_input_files(root / "clip.mp4")
    page.locator("#video-name", has_text="clip · 320").wait_for()


def test_a_tab_closed_in_mid_run_gives_back_what_it_had(visit, app, sequence):
    page = visit()
    open_clip(page)
    page.locator("#empty").wait_for(state="hidden")
    drag_box(page, tight_box(sequence.mask(0)))
    say(page, "object 1 is shown")
    page.get_by_role("button", name="Follow ⟶").click()
    page.get_by_text("of 23, ").wait_for()
    running = [each for each in app.state.visits if each.workspace is not None and each.workspace.run is not None]
    (busy,) = [each for each in running if each.workspace.run.is_open]
    workspace, folder = weakref.ref(busy.workspace), busy.folder
    del running, busy
    page.close()
    deadline = time.monotonic() + 60
    while (workspace() is not None or folder.exists()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert workspace() is None
    assert not folder.exists()
    visit()


def test_keys_labels_and_a_session_that_goes_on(visit, sequence, tmp_path):
    page = visit(viewport={"width": 800, "height": 1100}, color_scheme="dark")
    page.get_by_role("button", name="Bundled clip").click()
    page.locator("#video-name", has_text="big_buck_bunny").wait_for()
    page.keyboard.press("?")
    page.get_by_text("pause, continue").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Box by numbers").click()
    for name, value in {"x": 480, "y": 40, "width": 60, "height": 40}.items():
        page.get_by_label(name, exact=True).fill(str(value))
    page.locator("#numbers button").click()
    say(page, "object 1 is shown in frame 0")
    page.locator("#canvas").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#frame").input_value() == "1"
    page.keyboard.press("t")
    assert page.locator("[data-tool=polygon]").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Open…").click()
    with page.expect_download() as download:
        page.locator("#open-dialog .close").click()
        page.keyboard.press("s")
    saved = tmp_path / "saved.session"
    download.value.save_as(saved)
    page.get_by_role("button", name="Remove object 1").click()
    page.get_by_label("Name of object 1").wait_for(state="detached")
    page.get_by_role("button", name="Open…").click()
    page.locator("#upload-session").set_input_files(saved)
    page.get_by_label("Name of object 1").wait_for()
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, input, canvas, progress, video, img")].filter((each) =>
            !(each.textContent.trim() || each.ariaLabel || each.alt || each.labels?.length || each.id === "camera-view"
              || each.id === "result-video")).map((each) => each.outerHTML)"""
    )
    assert unnamed == []
    # Nothing is wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
