"""The page's tools in a real browser, with a tracker that only shifts its mask."""

import http.client
import urllib.parse

import pytest

from libs.utils.masks import box_to_mask, tight_box
from libs.utils.metrics import region_similarity
from tests.pytracking.web.helpers import (
    FRAMES,
    SIZE,
    app_with,
    downloaded_masks,
    drag,
    drag_box,
    follow,
    on_screen,
    open_clip,
    say,
    serving,
)

pytestmark = pytest.mark.slow

pytest.importorskip("starlette", reason="the page's packages are not installed: pip install '.[web]'")
BOX = (40, 60, 30, 20)
LIMITS = {
    "frames": ({"frames": 10}, "24 frames are too many: a video may have 10"),
    "side": ({"side": 200}, "frames of 320 x 240 pixels are too large: the longer side may have 200"),
}


@pytest.fixture
def limits():
    return {}


@pytest.fixture
def address(root, limits):
    with serving(app_with(root, **limits)) as address:
        yield address


@pytest.fixture
def page(visit):
    page = visit()
    open_clip(page)
    page.locator("#empty").wait_for(state="hidden")
    return page


def choose(page, tool):
    page.locator(f"[data-tool={tool}]").click()


def test_a_polygon_is_clicked_and_taken_with_enter(page):
    choose(page, "polygon")
    for corner in ((60, 40), (140, 40), (140, 100), (60, 100)):
        page.mouse.click(*on_screen(page, *corner))
    page.keyboard.press("Enter")
    say(page, "object 1 is shown in frame 0")
    expected = box_to_mask((60, 40, 80, 60), SIZE[::-1])
    assert region_similarity(downloaded_masks(page)[0] == 1, expected) > 0.93


def test_what_is_drawn_in_a_zoomed_frame_is_as_much_smaller(page):
    # In the middle of the width, where the bars beside the frame vanish equally on both sides.
    middle = (160, 90)
    page.mouse.move(*on_screen(page, *middle))
    for _ in range(4):
        page.mouse.wheel(0, -100)
    page.wait_for_timeout(300)
    drag(page, middle, (180, 130), (200, 150))
    say(page, "object 1 is shown in frame 0")
    x, y, w, h = tight_box(downloaded_masks(page)[0] == 1)
    zoom = 1.25**4
    # The point under the pointer stays, and lengths on the screen are divided by the zoom.
    assert (x, y) == pytest.approx(middle, abs=1.5)
    assert (w, h) == pytest.approx((40 / zoom, 60 / zoom), abs=2)
    page.locator("#canvas").focus()
    page.keyboard.press("0")
    page.keyboard.press("a")
    drag_box(page, (20, 20, 40, 30))
    say(page, "object 2 is shown in frame 0")
    assert tight_box(downloaded_masks(page)[0] == 2) == pytest.approx((20, 20, 40, 30), abs=2)


def test_a_brush_paints_and_erases(page):
    choose(page, "brush")
    page.locator("#radius").fill("10")
    drag(page, (50, 80), (100, 80), (150, 80))
    page.keyboard.press("Enter")
    say(page, "object 1 is shown in frame 0")
    painted = downloaded_masks(page)[0] == 1
    assert painted[80, 50:150].all()
    assert painted[71:89, 100].all()
    assert not painted[:66].any()
    page.locator("#canvas").focus()
    page.keyboard.press("c")
    say(page, "draw where object 1 is")
    choose(page, "brush")
    page.locator("#erase").click()
    drag(page, (150, 80), (125, 80), (110, 80))
    page.locator("#take").click()
    say(page, "object 1 is shown in frame 0")
    erased = downloaded_masks(page)[0] == 1
    assert erased[80, 50:95].all()
    assert not erased[80, 112:].any()


def test_a_click_takes_what_is_alike(page):
    choose(page, "click")
    page.mouse.click(*on_screen(page, 250, 150))
    say(page, "object 1 is shown in frame 0")
    assert downloaded_masks(page)[0][150, 250] == 1


def test_the_next_frame_worth_a_look_has_the_lowest_score_not_seen_yet(page):
    drag_box(page, BOX)
    say(page, "object 1 is shown")
    follow(page, FRAMES - 1)
    frames = []
    for _ in range(3):
        page.get_by_role("button", name="Worth a look").click()
        frames.append(int(page.locator("#frame").input_value()))
    # The score falls from frame to frame; eight frames around one that was seen are left out.
    assert frames == [23, 15, 7]


def test_the_overlay_plays_in_the_browser(page):
    drag_box(page, BOX)
    say(page, "object 1 is shown")
    follow(page, FRAMES - 1)
    page.get_by_role("button", name="Take away…").click()
    with page.expect_download() as download:
        page.locator("[data-format=video]").click()
    assert download.value.suggested_filename.endswith(".mp4")
    page.locator("#result-video").wait_for()
    played = page.evaluate(
        """async () => {
            const video = document.getElementById("result-video");
            video.muted = true;
            await video.play();
            while (!video.ended && video.currentTime < 0.5) await new Promise((go) => setTimeout(go, 50));
            return [video.error, video.videoWidth, video.videoHeight, video.currentTime > 0];
        }"""
    )
    assert played == [None, *SIZE, True]


@pytest.mark.parametrize(("limits", "message"), LIMITS.values(), ids=LIMITS)
def test_a_video_beyond_a_limit_is_refused_with_the_limit(visit, limits, message):
    page = visit()
    open_clip(page)
    page.locator("#open-message", has_text=message).wait_for()
    assert page.locator("#empty").is_visible()


@pytest.mark.parametrize("limits", [{"idle": 0.05}])
def test_a_session_in_which_nothing_is_done_ends_and_the_page_says_so(page):
    page.get_by_text("this session has ended").first.wait_for()


def test_a_script_that_announces_3_gb_is_answered_before_it_sends_them(address, visit):
    page = visit()
    # As soon as the server has named the session.
    with page.expect_response("**/events"):
        page.reload()
    name = page.evaluate("sessionStorage.getItem('dmb-visit')")
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=30)
    connection.putrequest("POST", f"/api/visits/{name}/uploads?name=huge.mp4")
    connection.putheader("Content-Length", str(3 << 30))
    connection.endheaders()
    with connection.getresponse() as response:
        assert response.status == 400
        assert b"uploads of 3,072 MB are too large" in response.read()
    connection.close()
    open_clip(page)
    page.locator("#empty").wait_for(state="hidden")
    assert page.locator("#open-message").text_content() == ""
