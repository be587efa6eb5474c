"""Run trackers over datasets without resets (one-pass evaluation, OPE); finished sequences are skipped.

<results>/<tracker>/<param>[_NNN]/<seq>.txt         x y w h of every frame, tab-separated
<results>/<tracker>/<param>[_NNN]/<seq>_time.txt    seconds of every frame
<results>/<tracker>/<param>[_NNN]/<seq>/00000.png   masks, for sequences that start from one
"""

import contextlib
import dataclasses
import pathlib
import sys
import time

from libs.dataset.names import check_name
from libs.utils.errors import DataError, SettingsError
from libs.utils.files import whole_or_absent, write_text
from libs.utils.images import write_mask
from pytracking.evaluation.environment import results_path
from pytracking.evaluation.objects import read_output
from pytracking.evaluation.output import OverlayPictures, draw_results, format_numbers
from pytracking.evaluation.progress import Progress
from pytracking.evaluation.tracker import Tracker
from pytracking.evaluation.viewer import Viewer, can_show
from pytracking.evaluation.workers import run_jobs


@dataclasses.dataclass(frozen=True)
class Job:
    """One tracker's run over one sequence.

    Attributes:
        sequence: `libs.dataset.sequence.Sequence`.
        folder: of the tracker's results.
        run_id: of the tracker, or None; repeated runs draw other random numbers.
    """

    sequence: object
    folder: pathlib.Path
    run_id: int | None

    @property
    def name(self):
        """The sequence's name, a plain one: files and folders are called after it."""
        return check_name(self.sequence.name, "sequence")

    @property
    def key(self):
        """What seeds the job."""
        return f"{self.run_id} {self.name}"

    @property
    def file(self):
        """The boxes, written last: when they are there, the sequence is finished."""
        return self.folder / f"{self.name}.txt"

    def __len__(self):
        return len(self.sequence)


@dataclasses.dataclass(frozen=True)
class SequenceRunner:
    """Builds a tracker and gives the function that runs it over a job's sequence; can be sent to another process.

    Attributes:
        name, parameter_name: of the `Tracker`.
        debug: 0 nothing, 1 show every frame, 2 and wait for a key after it.
    """

    name: str
    parameter_name: str
    debug: int = 0

    def __call__(self):
        """Returns `run(job, on_frame)`."""
        tracker = Tracker(self.name, self.parameter_name).create_tracker()
        return lambda job, on_frame: self._run(tracker, job, on_frame)

    def _run(self, tracker, job, on_frame):
        boxes, seconds = [], []
        with contextlib.ExitStack() as stack:
            masks = stack.enter_context(whole_or_absent(job.folder / job.name)) if _has_masks(job.sequence) else None
            show = self._open_display(stack, job)
            for index, (image, result, duration) in enumerate(track_sequence(tracker, job.sequence)):
                boxes.append(format_numbers(result.box))
                seconds.append(f"{duration:.6f}")
                if masks is not None and result.mask is not None:
                    masks.mkdir(exist_ok=True)
                    write_mask(masks / f"{index:05d}.png", result.mask)
                show(index, image, [result])
                on_frame(index)
            if masks is not None:
                masks.mkdir(exist_ok=True)
        write_text(job.folder / f"{job.name}_time.txt", "\n".join([*seconds, ""]))
        write_text(job.file, "\n".join([*boxes, ""]))

    def _open_display(self, stack, job):
        """Function of (index, image, results) that shows them as `debug` asks for."""
        if not self.debug:
            return lambda index, image, results: None
        if not can_show():
            return stack.enter_context(OverlayPictures(job.folder / "debug" / job.name)).add
        viewer = stack.enter_context(Viewer(job.name))
        return lambda index, image, results: viewer.show(draw_results(image, results, str(index)), self.debug > 1)


def track_sequence(tracker, sequence):
    """Start on a sequence's first frame and follow the target to its end.

    Args:
        tracker: a `BaseTracker`.
        sequence: `libs.dataset.sequence.Sequence`.

    Yields:
        (image, ObjectResult, seconds that the tracker took) of every frame.

    Raises:
        DataError: a frame or the first region cannot be used. What the tracker raises escapes.
    """
    info = {"init_bbox": list(sequence.regions[0])}
    if _has_masks(sequence):
        info["init_mask"] = sequence.mask(0)
    for index in range(len(sequence)):
        image = sequence.frame(index)
        start = time.perf_counter()
        out = (tracker.initialize(image, info) or {}) if index == 0 else tracker.track(image)
        seconds = time.perf_counter() - start
        yield image, read_output(out, info if index == 0 else None), seconds


def run_dataset(sequences, trackers, *, results=None, threads=1, debug=0):
    """Run trackers over sequences; what is finished already is skipped, unless it is to be shown.

    Args:
        sequences: list of `libs.dataset.sequence.Sequence`.
        trackers: list of `Tracker`.
        results: folder of all results; None for the setting `results_path`.
        threads: number of processes that share the sequences.
        debug: above 0 the frames are shown, or written as pictures to `debug/<seq>` where there is no display.

    Returns:
        list of (tracker's results name, sequence name, reason) of what failed.

    Raises:
        SettingsError: `threads` is below 1, or several processes are to show frames. DMBError: a tracker cannot be
            built. DataError: a result there is of a sequence with the same name and another length.
    """
    if threads < 1 or (debug and threads > 1):
        raise SettingsError(f"threads is {threads}; it must be at least 1, and 1 with debug")
    failures = []
    for tracker in trackers:
        folder = results_path(results) / tracker.results_name
        jobs = [Job(sequence, folder, tracker.run_id) for sequence in sequences]
        todo = [job for job in jobs if debug or not _is_finished(job)]
        finished = sum(map(len, jobs)) - sum(map(len, todo))
        with Progress(tracker.results_name, sum(map(len, jobs)), finished) as progress:
            if todo:
                run_jobs(SequenceRunner(tracker.name, tracker.parameter_name, debug), todo, threads, progress)
        failures += [(tracker.results_name, name, reason) for name, reason in progress.failures]
        print(
            f"{tracker.results_name}: {len(todo) - len(progress.failures)} sequences run, "
            f"{len(jobs) - len(todo)} were finished before; results in {folder}"
        )
    return failures


def report_failures(failures):
    """Name each failed sequence and its error on the standard error. Returns the exit status, 1 if there are any."""
    for tracker, sequence, reason in failures:
        print(f"failed: {tracker}, {sequence}: {reason}", file=sys.stderr)
    return 1 if failures else 0


def choose_sequence(sequences, wanted):
    """The sequence called `wanted`, or with that number (from 0), as a list of one; all of them where it is None.

    Raises:
        SettingsError: there is no such sequence.
    """
    if wanted is None:
        return sequences
    named = [sequence for sequence in sequences if sequence.name == wanted]
    if named:
        return named
    if str(wanted).isdecimal() and int(wanted) < len(sequences):
        return [sequences[int(wanted)]]
    names = ", ".join(sequence.name for sequence in sequences[:8])
    raise SettingsError(
        f"no sequence {wanted!r}; give a number from 0 to {len(sequences) - 1} or a name, such as {names}"
    )


def _is_finished(job):
    """Whether a job's result is there, of this very number of frames."""
    if not job.file.is_file():
        return False
    lines = len(job.file.read_text(encoding="utf-8").splitlines())
    if lines != len(job.sequence):
        raise DataError(
            f"{job.file} has {lines} boxes, but sequence {job.sequence.name} has {len(job.sequence)} frames: it is of "
            "another dataset; give another --results folder or --runid, or delete it"
        )
    return True


def _has_masks(sequence):
    return sequence.masks is not None
