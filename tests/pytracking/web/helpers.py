"""Helpers for the tests of the page."""

import contextlib
import io
import json
import threading
import time
import urllib.error
import urllib.request
import zipfile

import numpy as np
import pytest
from PIL import Image

from libs.utils.masks import box_to_mask, mask_to_box
from pytracking.tracker.base.basetracker import BaseTracker

FRAMES, SIZE = 24, (320, 240)
PATIENCE = 60000
"""Milliseconds that anything on the page may take on a busy machine."""


class Shifter(BaseTracker):
    """Moves its mask by 2 pixels to the right a frame, and is less sure each time."""

    def __init__(self, seconds=0.0):
        super().__init__({})
        self.seconds = seconds

    def initialize(self, image, info):
        given = info.get("init_mask")
        self.mask = box_to_mask(info["init_bbox"], image.shape) if given is None else np.asarray(given) > 0
        self.score = 1.0
        return self.out()

    def track(self, image, info=None):
        time.sleep(self.seconds)
        self.mask = np.roll(self.mask, 2, axis=1)
        self.score *= 0.9
        return self.out()

    def out(self):
        state = "tracked" if self.score > 0.5 else "doubtful"
        return {
            "target_bbox": mask_to_box(self.mask),
            "segmentation": self.mask,
            "score": self.score,
            "state": state,
        }


def app_with(root, **limits):
    """The page's application with a `Shifter`, for the videos in a folder."""
    # Late, because the page's packages may be absent.
    from pytracking.web.app import make_app
    from pytracking.web.limits import Limits
    from pytracking.web.places import Place

    return make_app(Shifter(), Place(root), Limits(**limits))


@contextlib.contextmanager
def serving(app):
    """Context that serves an application; returns its address."""
    uvicorn = pytest.importorskip("uvicorn")
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def ask(address, method="GET", body=None, headers=None):
    """(status, answer) of a request; the answer is parsed where it is JSON."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    request = urllib.request.Request(address, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            status, content, kind = response.status, response.read(), response.headers["content-type"]
    except urllib.error.HTTPError as error:
        status, content, kind = error.code, error.read(), error.headers["content-type"]
    return status, json.loads(content) if kind == "application/json" else content


class Visitor:
    """A user of the page, through its requests."""

    def __init__(self, address):
        self.address = f"{address}/api/visits/{ask(f'{address}/api/visits', 'POST')[1]['id']}"

    def ask(self, path, method="GET", body=None, headers=None):
        return ask(self.address + path, method, body, headers)

    def do(self, path, method="POST", body=None):
        """The answer to a request that must succeed."""
        status, answer = self.ask(path, method, body)
        assert status == 200, answer
        return answer

    def refused(self, path, method="POST", body=None):
        """The reason for a refusal."""
        status, answer = self.ask(path, method, body)
        assert status == 400, answer
        return answer["error"]

    def open(self, name="clip.mp4", kind="root"):
        return self.do("/video", body={"kind": kind, "name": name})

    def draw(self, frame, number=None, **drawing):
        return self.do("/drawings", body={"frame": frame, "number": number, "drawing": drawing})["number"]

    def follow(self, frame, direction="forwards"):
        """Follow to the end. Returns the rows by frame."""
        self.do("/run", body={"frame": frame, "direction": direction})
        while self.state()["run"]["phase"] in ("waiting", "running"):
            time.sleep(0.02)
        return self.rows()

    def state(self):
        return self.do("", "GET")["visit"]

    def rows(self):
        return {int(index): row for index, row in self.do("", "GET")["frames"].items()}


def open_clip(page, name="clip.mp4"):
    page.get_by_role("button", name=f"▶ {name}").click()


def on_screen(page, x, y):
    """The place on the screen of a point of the image, in pixels."""
    area = page.locator("#canvas").bounding_box()
    scale = min(area["width"] / SIZE[0], area["height"] / SIZE[1])
    left = area["x"] + (area["width"] - scale * SIZE[0]) / 2
    top = area["y"] + (area["height"] - scale * SIZE[1]) / 2
    return left + scale * x, top + scale * y


def drag(page, *points):
    """Drag the pointer through points of the image."""
    drag_on_screen(page, *(on_screen(page, *point) for point in points))


def drag_on_screen(page, *points):
    """Drag the pointer through points of the screen."""
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def drag_box(page, box):
    """Drag a box, in pixels of the image, on the canvas."""
    x, y, w, h = box
    drag(page, (x, y), (x + w / 2, y + h), (x + w, y + h))


def say(page, text):
    page.locator("#notice", has_text=text).wait_for()


def downloaded_masks(page):
    page.get_by_role("button", name="Take away…").click()
    with page.expect_download() as download:
        page.locator("[data-format=png]").click()
    packed = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    page.locator("#take-dialog .close").click()
    return {int(name[:5]): np.array(Image.open(packed.open(name))) for name in packed.namelist()}


def follow(page, done):
    page.get_by_role("button", name="Follow ⟶").click()
    page.get_by_text(f"done: {done} of {done} frames").wait_for()
