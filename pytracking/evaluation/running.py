"""Run trackers over datasets without resets (one-pass evaluation, OPE); finished sequences are skipped.

<results>/<tracker>/<param>[_NNN]/<seq>.txt             x y w h of every frame, tab-separated
<results>/<tracker>/<param>[_NNN]/<video>_time.txt      seconds of every frame
<results>/<tracker>/<param>[_NNN]/<video>/<frame>.png   masks, for sequences that start from one: 0, or the object

Objects of one video are sequences that are followed together (see `libs.dataset.object_sequences`); any other sequence
is a video of its own.
"""

import contextlib
import dataclasses
import pathlib
import sys
import time

from libs.dataset.names import check_name
from libs.dataset.object_sequences import Video, find_videos, video_name
from libs.media.files import whole_or_absent, write_text
from libs.media.masks import write_mask
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.debug import LEVELS, ask_for_pictures, open_debug
from pytracking.evaluation.environment import results_path
from pytracking.evaluation.objects import ObjectTrackers
from pytracking.evaluation.output import format_numbers, label_mask
from pytracking.evaluation.progress import Progress
from pytracking.evaluation.tracker import Tracker
from pytracking.evaluation.workers import run_jobs


@dataclasses.dataclass(frozen=True)
class Job:
    """One tracker's run over one video.

    Attributes:
        video: `libs.dataset.object_sequences.Video`.
        folder: of the tracker's results.
        run_id: of the tracker, or None; repeated runs draw other random numbers.
    """

    video: Video
    folder: pathlib.Path
    run_id: int | None

    @property
    def name(self):
        """The video's name, a plain one: files and folders are called after it."""
        return check_name(self.video.name, "sequence")

    @property
    def key(self):
        """What seeds the job."""
        return f"{self.run_id} {self.name}"

    @property
    def files(self):
        """Object id -> its boxes, written last: when they are there, the video is finished."""
        names = {key: check_name(sequence.name, "sequence") for key, (sequence, _) in self.video.objects.items()}
        return {key: self.folder / f"{name}.txt" for key, name in names.items()}

    @property
    def is_finished(self):
        """Whether the results are there, of these very numbers of frames. Raises DataError for another number."""
        for key, file in self.files.items():
            sequence = self.video.objects[key][0]
            if not file.is_file():
                return False
            lines = len(file.read_text(encoding="utf-8").splitlines())
            if lines != len(sequence):
                raise DataError(
                    f"{file} has {lines} boxes, but sequence {sequence.name} has {len(sequence)} frames: it is of "
                    "another dataset; give another --results folder or --runid, or delete it"
                )
        return True

    @property
    def debug_folder(self):
        """Where debug pictures go that cannot be shown."""
        return self.folder / "debug" / self.name

    def __len__(self):
        return len(self.video)


@dataclasses.dataclass(frozen=True)
class VideoRunner:
    """Builds a tracker and gives the function that runs it over a job's video; can be sent to another process.

    Attributes:
        tracker: what is built.
        debug: 0 nothing, 1 show every frame, 2 and wait for a key after it.
    """

    tracker: Tracker
    debug: int = 0

    def __call__(self):
        """Returns `run(job, on_frame)`."""
        tracker = self.tracker.create_tracker()
        return lambda job, on_frame: self._run(tracker, job, on_frame)

    def _run(self, tracker, job, on_frame):
        video, seconds, boxes = job.video, [], {key: [] for key in job.video.objects}
        with contextlib.ExitStack() as stack:
            masks = stack.enter_context(whole_or_absent(job.folder / job.name)) if video.has_masks else None
            if masks is not None:
                masks.mkdir()
            view = stack.enter_context(open_debug(self.debug, job.name, job.debug_folder))
            for index, (image, results, duration) in enumerate(track_video(tracker, video, self.debug)):
                seconds.append(f"{duration:.6f}")
                for key, result in results.items():
                    boxes[key].append(format_numbers(result.box))
                if masks is not None and _all_have_masks(results):
                    write_mask(masks / f"{video.names[index]}.png", label_mask(results, image.shape))
                if view is not None:
                    view.add(index, image, results)
                on_frame(index)
        write_text(job.folder / f"{job.name}_time.txt", "\n".join([*seconds, ""]))
        for key, file in job.files.items():
            write_text(file, "\n".join([*boxes[key], ""]))


def track_video(tracker, video, debug=0):
    """Follow the objects of a video to its end, each from its first frame on.

    Args:
        tracker: a `BaseTracker`.
        video: `libs.dataset.object_sequences.Video`.
        debug: above 0 the tracker is asked for its pictures.

    Yields:
        (image, object id -> ObjectResult, seconds that the tracker took) of every frame.

    Raises:
        DataError: a frame or a first region cannot be used. What the tracker raises escapes.
    """
    objects = ObjectTrackers(tracker)
    for index in range(len(video)):
        image = video.frame(index)
        starts = {key: _start_of(sequence) for key, sequence in video.starts(index).items()}
        start = time.perf_counter()
        results = objects.track(image, ask_for_pictures(starts, debug))
        yield image, results, time.perf_counter() - start


def run_dataset(sequences, trackers, *, results=None, workers=1, debug=0):
    """Run trackers over sequences; what is finished already is skipped, unless it is to be shown.

    Args:
        sequences: list of `libs.dataset.sequence.Sequence`.
        trackers: list of `Tracker`.
        results: folder of all results; None for the setting `results_path`.
        workers: number of processes that share the sequences.
        debug: 1 shows what the tracker does in every frame, or writes it as pictures to `debug/<video>` where there
            is no display; 2 waits for a key after each.

    Returns:
        list of (tracker's results name, video name, reason) of what failed.

    Raises:
        SettingsError: `workers` is below 1, several processes are to show frames, or there is no such level of debug.
            DMBError: a tracker cannot be built. DataError: a result there is of a sequence with the same name and
            another length.
    """
    if debug not in LEVELS:
        raise SettingsError(f"debug is {debug}; it must be one of {', '.join(map(str, LEVELS))}")
    if workers < 1 or (debug and workers > 1):
        raise SettingsError(f"workers is {workers}; it must be at least 1, and 1 with debug")
    videos = find_videos(sequences)
    failures = []
    for tracker in trackers:
        folder = results_path(results) / tracker.results_name
        jobs = [Job(video, folder, tracker.run_id) for video in videos]
        todo = [job for job in jobs if debug or not job.is_finished]
        finished = sum(map(len, jobs)) - sum(map(len, todo))
        with Progress(tracker.results_name, sum(map(len, jobs)), finished) as progress:
            if todo:
                run_jobs(VideoRunner(tracker, debug), todo, workers, progress)
        failures += [(tracker.results_name, name, reason) for name, reason in progress.failures]
        print(
            f"{tracker.results_name}: {len(todo) - len(progress.failures)} sequences run, "
            f"{len(jobs) - len(todo)} were finished before; results in {folder}"
        )
        if debug and any(job.debug_folder.is_dir() for job in todo):
            print(f"debug pictures in {folder / 'debug'}")
    return failures


def report_failures(failures):
    """Name each failed sequence and its error on the standard error. Returns the exit status, 1 if there are any."""
    for tracker, sequence, reason in failures:
        print(f"failed: {tracker}, {sequence}: {reason}", file=sys.stderr)
    return 1 if failures else 0


def choose_sequence(sequences, wanted):
    """The sequence called `wanted`, or with that number (from 0), as a list of one; all of them where it is None.

    A video's name chooses all of its objects.

    Raises:
        SettingsError: there is no such sequence.
    """
    if wanted is None:
        return sequences
    for name in (video_name, lambda sequence: sequence.name):
        named = [sequence for sequence in sequences if name(sequence) == wanted]
        if named:
            return named
    if str(wanted).isdecimal() and int(wanted) < len(sequences):
        return [sequences[int(wanted)]]
    names = ", ".join(sequence.name for sequence in sequences[:8])
    raise SettingsError(
        f"no sequence {wanted!r}; give a number from 0 to {len(sequences) - 1} or a name, such as {names}"
    )


def choose_video(sequences, wanted):
    """As `choose_sequence`, but with all objects of the chosen one's video, because they are followed together."""
    chosen = {video_name(sequence) for sequence in choose_sequence(sequences, wanted)}
    return [sequence for sequence in sequences if video_name(sequence) in chosen]


def _start_of(sequence):
    """What a sequence's object is started with, as for `BaseTracker.initialize`."""
    info = {"init_bbox": list(sequence.regions[0])}
    return info if sequence.masks is None else {**info, "init_mask": sequence.mask(0)}


def _all_have_masks(results):
    return all(result.mask is not None for result in results.values())
