import pathlib
import signal
import sys

import numpy as np
import pytest

from libs.media.images import write_image
from libs.media.source import Source, SourceFrame
from libs.media.sources import open_source
from libs.media.video_writer import VideoWriter
from libs.utils.command_line import Terminated
from libs.utils.errors import DataError
from pytracking.evaluation.output import OverlayVideo
from pytracking.evaluation.result_folder import ResultFolder
from pytracking.evaluation.tracker import Tracker
from pytracking.evaluation.video import follow_video
from pytracking.evaluation.video_manifest import describe_video
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker

BOX = {0: {1: {"init_bbox": [0, 0, 5, 5]}}}


class Counter(BaseTracker):
    """Moves its box right by one pixel a frame."""

    def initialize(self, image, info):
        self.box = np.array(info["init_bbox"], float)

    def track(self, image, info=None):
        self.box = self.box + [1, 0, 0, 0]
        return {"target_bbox": self.box}


class Painter(Counter):
    """Has a plain grey debug picture."""

    def initialize(self, image, info):
        super().initialize(image, info)
        self.picture = np.full((9, 9, 3), 200, np.uint8) if info.get("debug") else None

    def track(self, image, info=None):
        return {**super().track(image), **({} if self.picture is None else {"debug": self.picture})}


class Frames(Source):
    name, expected_length = "frames", 8

    def __init__(self, raises=None, unreadable=None):
        self.raises, self.unreadable = raises, unreadable

    def _frames(self):
        for index in range(self.expected_length):
            if index == 5 and self.raises:
                raise self.raises
            if index == self.unreadable:
                yield SourceFrame(index, index, None, DataError(f"{index}.png is damaged"))
            else:
                yield SourceFrame(index, index, np.full((30, 40, 3), index, np.uint8))


class User:
    """A viewer whose user presses keys at given frames and selects prepared boxes."""

    def __init__(self, keys, selections):
        self.keys, self.selections, self.shown = keys, list(selections), 0

    def select_boxes(self, image):
        return self.selections.pop(0)

    def show(self, image, wait=False):
        self.shown += 1
        return self.keys.get(self.shown - 1, "")


class Watcher(User):
    """A user who remembers the pictures, and whether the viewer waited for a key."""

    def __init__(self, selections):
        super().__init__({}, selections)
        self.pictures = []

    def show(self, image, wait=False):
        self.pictures.append((image.shape, wait))
        return super().show(image)


class Recorder:
    def __init__(self):
        self.lines = []

    def add(self, index, image, results):
        assert (image == index).all()
        self.lines.append((index, [result.box[0] for result in results.values()]))


def test_boxes_are_followed_to_the_end():
    recorder = Recorder()
    starts = {0: {1: {"init_bbox": [0, 0, 5, 5]}, 2: {"init_bbox": [10, 0, 5, 5]}}}
    summary = follow_video(Counter(None), Frames(), starts, [recorder])
    assert recorder.lines == [(index, [index, index + 10]) for index in range(8)]
    assert (summary.frames, summary.interrupted) == (8, 0)


def test_user_selects_resets_and_quits():
    recorder, user = Recorder(), User({2: "r", 4: "r", 6: "q"}, [[(0, 0, 5, 5)], [(20, 0, 5, 5), (9, 0, 5, 5)], []])
    summary = follow_video(Counter(None), Frames(), {}, [recorder], user)
    # Frame 2: two new objects. Frame 4: nothing selected, so they go on. Frame 6 is the last.
    expected = [[0], [1], [20, 9], [21, 10], [22, 11], [23, 12], [24, 13]]
    assert recorder.lines == list(enumerate(expected))
    assert summary.frames == 7


@pytest.mark.parametrize(("debug", "last"), [(0, (30, 40, 3)), (1, (9, 9, 3)), (2, (9, 9, 3))])
def test_with_debug_the_trackers_own_pictures_are_shown(debug, last):
    user = Watcher([[(0, 0, 5, 5)]])
    follow_video(Painter(None), Frames(), {}, [], user, debug)
    assert user.pictures[0][0] == (30, 40, 3)  # it has no picture of the first frame
    assert user.pictures[1:] == [(last, debug > 1)] * 7


def test_nothing_selected_at_the_start_ends_the_run():
    assert follow_video(Counter(None), Frames(), {}, [], User({}, [[]])).frames == 0


@pytest.mark.parametrize(("interruption", "status"), [(KeyboardInterrupt(), 130), (Terminated(signal.SIGTERM), 143)])
def test_interruption_keeps_what_was_done(interruption, status):
    recorder = Recorder()
    summary = follow_video(Counter(None), Frames(interruption), BOX, [recorder])
    assert summary.interrupted == status
    assert len(recorder.lines) == 5


def test_an_unreadable_frame_ends_the_run_after_what_is_before_it():
    recorder = Recorder()
    summary = follow_video(Counter(None), Frames(unreadable=4), BOX, [recorder])
    assert recorder.lines == [(index, [index]) for index in range(4)]
    (problem,) = summary.problems
    assert "4.png is damaged" in problem
    with pytest.raises(DataError, match=r"0\.png is damaged"):
        follow_video(Counter(None), Frames(unreadable=0), BOX)


def test_or_has_the_results_of_the_one_before():
    lines = []
    recorder = Recorder()
    recorder.add = lambda index, image, results: lines.append((index, image[0, 0, 0], results[1].box[0]))
    summary = follow_video(Counter(None), Frames(unreadable=4), BOX, [recorder], skip_bad_frames=True)
    assert lines[3:6] == [(3, 3, 3), (4, 3, 3), (5, 5, 4)]
    assert summary.problems == ()


def test_objects_that_never_begin_are_a_problem():
    late = {"init_bbox": [0, 0, 5, 5]}
    # Object 1, which has already begun, would only have been corrected there.
    summary = follow_video(Counter(None), Frames(), {**BOX, 20: {7: late, 1: late}, 21: {7: late}})
    assert summary.problems == ("object 7 was to begin in frame 20, but there are 8 frames",)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({"init_bbox": [100, 0, 5, 5]}, "lies wholly outside the image of 40 x 30"),
        ({"init_bbox": [0, 0, 0, 5]}, "has no area"),
        ({"init_bbox": [0, 0, 5]}, "has 3 numbers; give 4"),
        ({"init_mask": np.ones((30, 41), bool)}, r"mask of shape \(30, 41\)"),
    ],
)
def test_start_that_does_not_fit(start, message):
    with pytest.raises(DataError, match=message):
        follow_video(Counter(None), Frames(), {0: {1: start}})


def test_objects_that_begin_later_keep_their_numbers():
    recorder = Recorder()
    starts = {1: {5: {"init_bbox": [0, 0, 5, 5]}}, 3: {2: {"init_bbox": [10, 0, 5, 5]}}}
    follow_video(Counter(None), Frames(), starts, [recorder])
    assert recorder.lines[:5] == [(0, []), (1, [0]), (2, [1]), (3, [10, 2]), (4, [11, 3])]


def test_what_the_user_selects_replaces_what_was_to_begin_later():
    recorder, user = Recorder(), User({1: "r"}, [[(20, 0, 5, 5)]])
    starts = {0: {1: {"init_bbox": [0, 0, 5, 5]}}, 4: {2: {"init_bbox": [10, 0, 5, 5]}}}
    follow_video(Counter(None), Frames(), starts, [recorder], user)
    assert recorder.lines[:5] == [(0, [0]), (1, [20]), (2, [21]), (3, [22]), (4, [23])]


class MemorySampler:
    """Resident memory of this process, in MiB, at every 100th frame."""

    def __init__(self):
        self.samples = []

    def add(self, index, image, results):
        if index % 100 == 0:
            pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
            self.samples.append(pages * 4096 / 2**20)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow_with_the_video(small_sequences, tmp_path):
    """3,000 frames of 384 x 288 are 950 MiB: keeping every tenth would show."""
    images = [np.kron(small_sequences[0].frame(index), np.ones((4, 4, 1), np.uint8)) for index in range(12)]
    with VideoWriter(tmp_path / "long.mp4") as video:
        for index in range(3000):
            video.write(images[min(index % 22, 22 - index % 22)])
    sampler = MemorySampler()
    start = {0: {1: {"init_bbox": list(4 * small_sequences[0].regions[0])}}}
    tracker = Tracker("ncc", "default").create_tracker()
    with (
        open_source(tmp_path / "long.mp4") as source,
        OverlayVideo(tmp_path / "out.mp4") as overlay,
        ResultFolder(tmp_path / "out", describe_video(tracker, source, start, 0)) as folder,
    ):
        assert follow_video(tracker, source, start, [overlay, folder, sampler]).frames == 3000
    early, late = np.mean(sampler.samples[3:6]), np.mean(sampler.samples[-3:])
    print(f"resident memory: {early:.0f} MiB at frame 400, {late:.0f} MiB at the end")
    assert late - early < 16
    assert len(list((tmp_path / "out" / "masks").iterdir())) == 3000


def test_a_later_prompt_of_an_object_corrects_it():
    recorder = Recorder()
    starts = {
        0: {1: {"init_bbox": [0, 0, 5, 5]}},
        3: {1: {"init_bbox": [20, 0, 5, 5]}, 2: {"init_bbox": [10, 0, 5, 5]}},
    }
    follow_video(Counter(None), Frames(), starts, [recorder])
    assert recorder.lines[:6] == [(0, [0]), (1, [1]), (2, [2]), (3, [20, 10]), (4, [21, 11]), (5, [22, 12])]


def test_a_correction_is_of_the_tracker_that_follows():
    deeds = []

    class Telling(Counter):
        def initialize(self, image, info):
            deeds.append(("begin", int(image[0, 0, 0])))
            super().initialize(image, info)

        def track(self, image, info=None):
            deeds.append(("follow", int(image[0, 0, 0])))
            return super().track(image, info)

    follow_video(Telling(None), Frames(), {**BOX, 3: {1: {"init_bbox": [20, 0, 5, 5]}}})
    assert deeds[:6] == [("begin", 0), *(("follow", index) for index in (1, 2, 3)), ("begin", 3), ("follow", 4)]


def test_what_an_unreadable_frame_shows_is_not_used():
    lines = []
    recorder = Recorder()
    recorder.add = lambda index, image, results: lines.append([result.box[0] for result in results.values()])
    starts = {**BOX, 4: {1: {"init_bbox": [20, 0, 5, 5]}}, 5: {1: {"init_bbox": [30, 0, 5, 5]}}}
    follow_video(Counter(None), Frames(unreadable=4), starts, [recorder], skip_bad_frames=True)
    assert lines[3:6] == [[3], [3], [30]]


class Hands(User):
    """A user who presses keys and the mouse, one action each time the window is shown."""

    def __init__(self, deeds):
        super().__init__({}, [[(0, 0, 5, 5)]])
        self.deeds, self.press, self.drag = list(deeds), None, None

    def listen(self, press, drag):
        self.press, self.drag = press, drag

    def show(self, image, wait=False, milliseconds=1):
        assert self.deeds or milliseconds == 1, "the video stands still, and the user does nothing"
        deed = self.deeds.pop(0) if self.deeds else ""
        if isinstance(deed, str):
            return deed
        self.press(*deed[0])
        self.drag(*deed[1])
        return ""


def test_the_user_adds_corrects_and_removes_while_the_video_stands_still():
    recorder = Recorder()
    add = ["a", ((10, 10), (15, 15)), "\r"]
    correct = ["c", ((4, 1), (4, 1)), ((20, 20), (30, 25)), "\r"]
    remove = ["d", ((24, 22), (24, 22))]
    user = Hands(["", *add, "", *correct, *remove, "", "q"])
    follow_video(Counter(None), Frames(), {}, [recorder], user)
    expected = [[0], [1, 10], [2, 11], [20, 12], [13], [14], [15]]
    assert recorder.lines == list(enumerate(expected))


def test_what_the_user_removed_begins_anew_where_it_is_shown_again():
    recorder = Recorder()
    first = {1: {"init_bbox": [0, 0, 5, 5]}, 2: {"init_bbox": [10, 10, 5, 5]}}
    user = Hands(["", "d", ((3, 2), (3, 2))])
    follow_video(Counter(None), Frames(), {0: first, 5: {1: {"init_bbox": [30, 0, 5, 5]}}}, [recorder], user)
    expected = [[0, 10], [11], [12], [13], [14], [30, 15], [31, 16], [32, 17]]
    assert recorder.lines == list(enumerate(expected))


class Book(Recorder):
    """Takes frames back."""

    def go_back(self, index, before):
        frames = [(place, [result.box[0] for result in results.values()]) for place, _, results in before]
        assert frames == self.lines[:index]
        del self.lines[index:]


class Seekable(Frames):
    """Images of any index in any order."""

    def frames(self):
        return [np.full((30, 40, 3), index, np.uint8) for index in range(self.expected_length)]


def test_a_correction_of_an_earlier_frame_changes_what_follows():
    """At frame 5 the user goes back to frame 2, and then on to the end: frames 3, 4 and 5 come again."""
    book, other = Book(), Recorder()
    correct = ["c", ((20, 20), (25, 25)), "\r", " "]
    user = Hands(["", "", "", "", "", "left", "left", "left", *correct])
    summary = follow_video(Counter(None), Seekable(), {}, [book, other], user)
    assert book.lines == list(enumerate([[0], [1], [20], [21], [22], [23], [24], [25]]))
    # An output that cannot take a frame back gets it again.
    assert [index for index, _ in other.lines] == [0, 1, 2, 3, 4, 2, 3, 4, 5, 6, 7]
    assert summary.frames == 8


def test_what_was_done_in_later_frames_stays_when_these_come_again():
    """Object 2 begins in frame 4; then, in frame 1, object 3 does; in frame 6 the first is removed."""
    book = Book()
    first = ["", "", "", "", "a", ((10, 10), (15, 15)), "\r"]
    second = ["b", "1", "\r", "a", ((30, 20), (35, 25)), "\r", " "]
    user = Hands([*first, *second, "", "", "", "", "d", ((7, 2), (7, 2))])
    follow_video(Counter(None), Seekable(), {}, [book], user)
    x = {1: [0, 1, 2, 3, 4, 5, 6, 7], 2: [10, 11, 12, 13], 3: [30, 31, 32, 33, 34, 35, 36]}
    expected = [[x[1][0]], *([x[1][i], x[3][i - 1]] for i in (1, 2, 3))]
    expected += [[x[1][i], x[2][i - 4], x[3][i - 1]] for i in (4, 5)]
    expected += [[x[2][i - 4], x[3][i - 1]] for i in (6, 7)]
    assert book.lines == list(enumerate(expected))


def test_a_camera_does_not_go_back():
    recorder = Recorder()
    user = Hands(["", "", "left", "", " "])
    follow_video(Counter(None), Frames(), {}, [recorder], user)
    assert recorder.lines == [(index, [index]) for index in range(8)]


def test_going_back_is_written_into_results_and_video(tmp_path):
    """As if the correction had been there from the start."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for index in range(8):
        write_image(folder / f"{index}.png", np.full((48, 64, 3), 30 * index, np.uint8))

    def run(user, starts, name):
        with open_source(folder) as source:
            run = describe_video(Counter(None), source, starts, 0)
            outputs = [OverlayVideo(tmp_path / f"{name}.mp4"), ResultFolder(tmp_path / name, run, goes_on=user is None)]
            with outputs[0], outputs[1]:
                return follow_video(Counter(None), source, starts, outputs, user)

    shown = {**BOX, 2: {1: {"init_bbox": [20.0, 20.0, 10.0, 8.0]}}}
    plain = run(None, shown, "plain")
    user = Hands(["", "", "", "", "", "b", "2", "\r", "c", ((20, 20), (30, 28)), "\r", " "])
    assert run(user, BOX, "steered").frames == plain.frames
    for path in sorted((tmp_path / "plain").glob("*.txt")):
        assert (tmp_path / "steered" / path.name).read_text() == path.read_text()
    frames = [list(open_source(tmp_path / f"{name}.mp4")) for name in ("plain", "steered")]
    assert [len(each) for each in frames] == [plain.frames] * 2
    for one, other in zip(*frames, strict=True):
        assert np.abs(one.image.astype(int) - other.image).mean() < 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "frames",
        "plain",
        "plain.mp4",
        "steered",
        "steered.mp4",
    ]


def test_a_session_is_gone_on_with_behind_the_frame_that_it_saw_last():
    recorder, session = Recorder(), Session(Counter(None))
    frames = Seekable().frames()
    session.add(frames[0], box=(0, 0, 5, 5))
    for frame in frames[1:4]:
        session.step(frame)
    summary = follow_video(Counter(None), Frames(), {}, [recorder], session=session)
    assert recorder.lines == [(index, [index]) for index in (4, 5, 6, 7)]
    assert summary.frames == 4
    other = Session(Counter(None))
    other.add(frames[0] + 99, box=(0, 0, 5, 5))
    with pytest.raises(DataError, match="frames does not show the frame that the session was saved at, number 0"):
        follow_video(Counter(None), Frames(), {}, [], session=other)


class Holes(Seekable):
    """Some frames cannot be read, in any order."""

    def __init__(self, bad):
        super().__init__()
        self.bad = bad

    def frames(self):
        return self

    def __len__(self):
        return self.expected_length

    def __getitem__(self, index):
        if index in self.bad:
            raise DataError(f"{index}.png is damaged")
        return np.full((30, 40, 3), index, np.uint8)


class Lines(Recorder):
    def add(self, index, image, results):
        self.lines.append((index, int(image[0, 0, 0]), [result.box[0] for result in results.values()]))


@pytest.mark.parametrize("bad", [(5,), (5, 7)])
def test_backwards_what_is_before_an_unreadable_frame_is_followed_on_its_own(bad):
    """Frame 6 shows the object too, but the way back from it meets frame 5."""
    recorder = Lines()
    shown = {2: {1: {"init_bbox": [10, 0, 5, 5]}}, 6: {1: {"init_bbox": [30, 0, 5, 5]}, 2: {"init_bbox": [0, 9, 5, 5]}}}
    summary = follow_video(Counter(None), Holes(bad), shown, [recorder], backwards=True)
    assert recorder.lines == [(0, 0, [12]), (1, 1, [11]), (2, 2, [10]), (3, 3, [11]), (4, 4, [12])]
    assert summary.frames == 5
    assert summary.problems == (
        "5.png is damaged; the frames before it are written (--on-bad-frame skip continues)",
        "object 2 was to begin in frame 6, but there are 5 frames",
    )


def test_the_way_forwards_ends_right_before_an_unreadable_frame():
    recorder = Lines()
    summary = follow_video(
        Counter(None), Holes((5,)), {1: {1: {"init_bbox": [10, 0, 5, 5]}}}, [recorder], backwards=True
    )
    assert recorder.lines == [(0, 0, [11]), (1, 1, [10]), (2, 2, [11]), (3, 3, [12]), (4, 4, [13])]
    assert summary.problems == ("5.png is damaged; the frames before it are written (--on-bad-frame skip continues)",)


def test_backwards_an_unreadable_frame_has_the_results_of_the_one_that_was_followed_before_it():
    """The backward pass starts from frame 4, the forward pass from frame 5; the object in frame 3 is not used."""
    recorder = Lines()
    shown = {4: {1: {"init_bbox": [10, 0, 5, 5]}}, 3: {1: {"init_bbox": [30, 0, 5, 5]}}}
    summary = follow_video(Counter(None), Holes((3, 6)), shown, [recorder], backwards=True, skip_bad_frames=True)
    x, images = [13, 12, 11, 10, 10, 11, 11, 12], [0, 1, 2, 2, 4, 5, 5, 7]
    assert recorder.lines == [(index, images[index], [x[index]]) for index in range(8)]
    assert summary.problems == ()


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("skip", [False, True])
def test_the_end_of_a_file_that_is_cut_is_named_and_no_frame(tmp_path, caplog, backwards, skip):
    with VideoWriter(tmp_path / "clip.avi", 10.0) as video:
        for index in range(8):
            video.write(np.random.default_rng(index).integers(0, 255, (48, 64, 3), np.uint8))
    whole = (tmp_path / "clip.avi").read_bytes()
    (tmp_path / "clip.avi").write_bytes(whole[: whole.rindex(b"idx1") - 99])
    options = {"backwards": backwards, "skip_bad_frames": skip}
    with open_source(tmp_path / "clip.avi") as source:
        summary = follow_video(Counter(None), source, BOX, [], **options)
    assert summary.frames == 7
    said = caplog.text if skip else " ".join(summary.problems)
    assert "clip.avi ended after 7 of 8 frames: it is damaged or cut short" in said
    assert len(summary.problems) == (not skip)
