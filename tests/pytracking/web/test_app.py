"""The requests of the page's scripts to the server, over HTTP, with a tracker that only shifts its mask."""

import contextlib
import http.client
import io
import json
import time
import urllib.parse
import zipfile

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette", reason="the page's packages are not installed: pip install '.[web]'")

from pytracking.web import visits
from pytracking.web.app import make_app
from pytracking.web.limits import Limits
from pytracking.web.places import Place
from tests.pytracking.web.helpers import FRAMES, SIZE, Shifter, Visitor, ask, serving

BOX = [40, 60, 30, 20]
LIMITS = Limits(upload=1, sessions=6, objects=3)


@pytest.fixture(scope="module", autouse=True)
def no_collection():
    """Collecting garbage takes long in a process that holds as much as the tests' does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(visits, "give_back_memory", lambda: None)
        yield


@pytest.fixture(scope="module")
def address(root):
    with serving(make_app(Shifter(), Place(root), LIMITS)) as address:
        yield address


@pytest.fixture
def visitor(address):
    visitor = Visitor(address)
    yield visitor
    visitor.do("", "DELETE")


@pytest.fixture
def at_work(visitor):
    """A visitor with the clip open, and a box drawn in frame 10."""
    visitor.open()
    assert visitor.draw(10, box=BOX) == 1
    return visitor


def masks_of(visitor, name="png"):
    made = visitor.do("/files", body={"format": name})["name"]
    status, content = visitor.ask(f"/files/{made}")
    assert status == 200
    packed = zipfile.ZipFile(io.BytesIO(content))
    return {int(each[:5]): np.array(Image.open(packed.open(each))) for each in packed.namelist()}


def test_what_is_open_is_described_and_frames_are_pictures(visitor):
    video = visitor.open()["visit"]["video"]
    assert (video["name"], video["width"], video["height"], video["length"]) == ("clip", *SIZE, FRAMES)
    status, content = visitor.ask("/frames/3.jpg")
    assert (status, Image.open(io.BytesIO(content)).size) == (200, SIZE)
    assert visitor.refused("/frames/24.jpg", "GET") == "there is no frame 24: the last one is 23"


def test_a_box_is_followed_both_ways_and_can_be_taken_away(at_work):
    rows = at_work.follow(10, "both")
    assert sorted(rows) == list(range(FRAMES))
    assert rows[10]["1"] == [1.0, "t", 1, 0.0]
    # In each direction, again from the frame that was drawn.
    assert [rows[index]["1"][0] for index in (11, 9, 12, 8)] == [0.9, 0.9, 0.81, 0.81]
    assert rows[23]["1"][1] == "d"
    masks = masks_of(at_work)
    assert sorted(masks) == list(range(FRAMES))
    for index in (0, 10, 23):
        expected = np.zeros(SIZE[::-1], np.uint8)
        expected[60:80, 40 + 2 * abs(index - 10) : 70 + 2 * abs(index - 10)] = 1
        np.testing.assert_array_equal(masks[index], expected)


@pytest.mark.parametrize(("direction", "first", "last"), [("forwards", 10, 23), ("backwards", 0, 10)])
def test_one_way(at_work, direction, first, last):
    assert sorted(at_work.follow(10, direction)) == list(range(first, last + 1))


def test_a_correction_shows_in_what_is_followed_and_what_changed_is_told(at_work):
    at_work.follow(10)
    at_work.draw(15, 1, polygon=[100, 100, 140, 100, 140, 130, 100, 130])
    rows = at_work.follow(15)
    assert rows[15]["1"][2:] == [1, 1.0]
    assert rows[16]["1"][3] == 1.0
    assert rows[14]["1"][3] == 0.0
    frame = at_work.do("/frames/16/objects", "GET")["1"]
    assert frame["mask"] != frame["before"]
    # The drawing of frame 15 holds on the way from before it.
    assert at_work.follow(12)[15]["1"][2] == 1
    assert masks_of(at_work)[17][100, 104:144].all()


def test_undo_returns_step_by_step(at_work):
    before = at_work.follow(10)
    at_work.draw(12, 1, box=[200, 100, 30, 30])
    assert at_work.rows()[12] != before[12]
    at_work.do("/undo")
    assert at_work.rows() == before
    at_work.do("/undo")
    assert sorted(at_work.rows()) == [10]
    at_work.do("/undo")
    assert at_work.rows() == {}
    assert at_work.refused("/undo") == "there is nothing to undo"
    assert at_work.draw(10, box=BOX) == 1


def test_several_objects_are_named_and_removed(at_work):
    assert at_work.draw(10, box=[200, 100, 30, 30]) == 2
    at_work.do("/objects/2", "PATCH", {"name": " red\n car "})
    at_work.follow(10)
    objects = at_work.state()["objects"]
    assert [(each["number"], each["name"]) for each in objects] == [(1, "object"), (2, "red car")]
    assert objects[0]["colour"] == [230, 159, 0]
    made = at_work.do("/files", body={"format": "csv"})["name"]
    assert b"12,2,red car,204" in at_work.ask(f"/files/{made}")[1]
    at_work.do("/objects/1", "DELETE")
    assert all(list(row) == ["2"] for row in at_work.rows().values())
    assert at_work.draw(10, box=BOX) == 3


def test_what_cannot_be_drawn_is_said_and_changes_nothing(at_work):
    rows = at_work.rows()
    for drawing, message in [
        ({"box": [40, 60, 1, 1]}, "that is no box in the image"),
        ({"polygon": [500, 500, 510, 500, 510, 510]}, "holds no pixel"),
        ({"click": [-4, 5]}, "outside of the image"),
        ({"mask": {"size": [240, 320], "counts": [5]}}, "what the brush drew"),
        ({"spline": [1, 2]}, "that shows no object"),
        ({"box": BOX}, "would cover object 1"),
    ]:
        assert message in at_work.refused("/drawings", body={"frame": 10, "number": None, "drawing": drawing})
    assert "no object 7" in at_work.refused("/drawings", body={"frame": 10, "number": 7, "drawing": {"box": BOX}})
    assert at_work.rows() == rows
    assert at_work.state()["undo"]
    assert "no object has pixels in this frame" in at_work.refused("/run", body={"frame": 3, "direction": "both"})


def test_a_brush_and_a_click(at_work):
    counts = [0, *[10, 230] * 5, 240 * 315]
    assert at_work.draw(10, mask={"size": [240, 320], "counts": counts}) == 2
    assert masks_of(at_work)[10][:10, :5].all()
    assert at_work.draw(10, click=[250, 150]) == 3
    assert masks_of(at_work)[10][150, 250] == 3


@pytest.mark.slow
def test_every_format_can_be_taken_away(at_work, address):
    at_work.follow(10)
    formats = [each["name"] for each in ask(f"{address}/api/about")[1]["formats"]]
    assert formats[:7] == ["video", "png", "csv", "coco", "mot", "yolo", "cvat"]
    for name in formats[:-1]:
        made = at_work.do("/files", body={"format": name})["name"]
        status, content = at_work.ask(f"/files/{made}")
        assert (status, len(str(content)) > 100) == (200, True), name
    assert "Shifter cannot be saved" in at_work.refused("/files", body={"format": "session"})


@pytest.mark.slow
def test_pages_are_told_of_what_changes(at_work):
    import urllib.request

    with urllib.request.urlopen(f"{at_work.address}/events", timeout=30) as events:
        first = json.loads(events.readline().removeprefix(b"data: "))
        assert first["all"]
        assert list(first["frames"]) == ["10"]
        events.readline()
        at_work.do("/run", body={"frame": 10, "direction": "forwards"})
        told = {}
        phase = ""
        while phase != "done":
            line = events.readline()
            if line.startswith(b"data: "):
                message = json.loads(line.removeprefix(b"data: "))
                told |= message["frames"]
                phase = message["visit"]["run"]["phase"]
    assert sorted(map(int, told)) == list(range(11, FRAMES))


def test_two_do_not_see_each_other(address, at_work):
    other = Visitor(address)
    assert other.state()["video"] is None
    assert "no video is open" in other.refused("/run", body={"frame": 0, "direction": "both"})
    other.open()
    assert other.rows() == {}
    other.do("", "DELETE")
    status, answer = other.ask("")
    assert (status, answer["ended"]) == (410, True)
    assert sorted(at_work.rows()) == [10]


def answer_to_announced(url, size):
    """The answer to a body that is announced but not sent; a client that sends it may find the connection closed."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.putrequest("POST", f"{parts.path}?{parts.query}")
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    with contextlib.closing(connection), connection.getresponse() as response:
        return response.read().decode()


@pytest.mark.slow
def test_limits_have_their_sentences(address, visitor):
    assert "a session may upload 1 MB" in answer_to_announced(f"{visitor.address}/uploads?name=a.mp4", (1 << 20) + 1)
    others = [Visitor(address) for _ in range(LIMITS.sessions - 1)]
    status, answer = ask(f"{address}/api/visits", "POST")
    assert status == 400
    assert "6 people are at work here" in answer["error"]
    for other in others:
        other.do("", "DELETE")
    visitor.open()
    for place in range(3):
        visitor.draw(0, box=[10 + 60 * place, 10, 30, 30])
    assert "the limit is 3" in visitor.refused(
        "/drawings", body={"frame": 0, "number": None, "drawing": {"box": [10, 100, 30, 30]}}
    )


def test_uploads_are_opened_and_deleted_at_the_end(address, root):
    visitor = Visitor(address)
    data = (root / "clip.mp4").read_bytes()
    name = visitor.do("/uploads?name=..%2F..%2Fmy%20cl%3Aip.mp4", body=data)["name"]
    assert name == "my cl_ip.mp4"
    assert visitor.open(name, "upload")["visit"]["video"]["length"] == FRAMES
    for index in (1, 2):
        picture = io.BytesIO()
        Image.new("RGB", (64, 48)).save(picture, "PNG")
        visitor.do(f"/uploads?name={index}.png&folder=frames", body=picture.getvalue())
    assert visitor.open("frames", "upload")["visit"]["video"]["length"] == 2
    assert "no video, whatever it is called" in visitor.refused("/video", body={"kind": "root", "name": "no_video.mp4"})
    visitor.do("", "DELETE")


def test_uploads_may_be_kept(root, tmp_path):
    with serving(make_app(Shifter(), None, LIMITS, keep=tmp_path)) as address:
        visitor = Visitor(address)
        visitor.do("/uploads?name=a.mp4", body=b"abc")
        assert "start the page with --root" in visitor.refused("/video", body={"kind": "root", "name": "clip.mp4"})
        visitor.do("", "DELETE")
    assert [path.read_bytes() for path in tmp_path.rglob("a.mp4")] == [b"abc"]


def test_nothing_outside_is_read(visitor, address):
    for name in ("out.mp4", "../secret.mp4", "/etc/passwd", "clip.mp4/../../secret.mp4", "\0"):
        message = visitor.refused("/video", body={"kind": "root", "name": name})
        assert "that this page may read" in message
        assert "/" not in message
    for path in ("/files/..%2Fuploads", "/static/..%2f..%2fcli.py"):
        status, _ = visitor.ask(path)
        assert status in (400, 404)
    listed = {each["name"] for each in ask(f"{address}/api/files?path=")[1]}
    assert listed == {"clip.mp4", "no_video.mp4"}


@pytest.mark.slow
def test_a_run_that_nobody_sees_stops_and_what_was_done_is_kept(root):
    with serving(make_app(Shifter(seconds=0.05), Place(root), Limits(grace=0.3))) as address:
        visitor = Visitor(address)
        visitor.open()
        visitor.draw(0, box=BOX)
        visitor.do("/run", body={"frame": 0, "direction": "forwards"})
        while visitor.state()["run"]["phase"] in ("waiting", "running"):
            time.sleep(0.05)
        assert visitor.state()["run"]["phase"] == "stopped"
        assert 1 < len(visitor.rows()) < FRAMES
        visitor.do("/leave")
        while visitor.ask("")[0] == 200:
            time.sleep(0.1)


@pytest.mark.slow
def test_more_runs_than_take_turns_wait_in_a_queue(root):
    limits = Limits(runs=1, grace=60)
    with serving(make_app(Shifter(seconds=0.03), Place(root), limits)) as address:
        first, second = Visitor(address), Visitor(address)
        for each in (first, second):
            each.open()
            each.draw(0, box=BOX)
            each.do("/run", body={"frame": 0, "direction": "forwards"})
        run = second.state()["run"]
        assert (run["phase"], run["place"]) == ("waiting", 1)
        first.do("/run", "DELETE")
        while second.state()["run"]["phase"] != "done":
            time.sleep(0.02)
        assert len(second.rows()) == FRAMES


def test_another_host_needs_the_token_and_other_sites_may_do_nothing(root, address):
    with serving(make_app(Shifter(), Place(root), LIMITS, token="secret")) as guarded:
        assert ask(f"{guarded}/")[0] == 401
        assert ask(f"{guarded}/?token=wrong")[0] == 401
        assert ask(f"{guarded}/api/about", headers={"Authorization": "Bearer secret"})[0] == 200
        port = guarded.rpartition(":")[2]
        assert ask(f"{guarded}/", headers={"Cookie": f"dmb_{port}=secret"})[0] == 200
    status, answer = ask(f"{address}/api/visits", "POST", headers={"Origin": "http://evil.example"})
    assert (status, answer["error"]) == (403, "another site may not do that here")
    assert ask(f"{address}/", headers={"Host": "evil.example"})[0] == 421
