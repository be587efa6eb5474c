"""Videos run in one pass, without resets, as in OPE and the VOS benchmarks.

<results>/<tracker>/<param>[_NNN]/<seq>.txt             x y w h of every frame, tab-separated, as the dataset counts
<results>/<tracker>/<param>[_NNN]/<video>_time.txt      seconds of every frame
<results>/<tracker>/<param>[_NNN]/scores/<seq>.txt      score, nan if the tracker has none, and state in every frame
<results>/<tracker>/<param>[_NNN]/<video>/<frame>.png   masks, for sequences that start from one: 0, or the object

The objects of one video are sequences that are followed together (see `libs.dataset.object_sequences`); any other
sequence is its own video.
"""

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from libs.dataset.names import check_name
from libs.dataset.object_sequences import Video, find_videos
from libs.dataset.sequence import Sequence
from libs.media.annotations.formats.results_folder import certainty_line
from libs.media.files import create_file, write_text
from libs.media.masks import encode_mask
from libs.media.regions import format_region
from pytracking.evaluation.debug import ask_for_pictures, open_debug
from pytracking.evaluation.limits import check_count
from pytracking.evaluation.loop import FrameInput, follow
from pytracking.evaluation.output import label_mask
from pytracking.evaluation.protocol import Job, Protocol
from pytracking.session import Session
from pytracking.tracker.base.result import Results

SCORES = "scores"


class OnePass(Protocol):
    """Runs every video once from its first frame; a subclass that runs differently sets `runs_as`."""

    runs_as = "one-pass"

    def root(self, results: pathlib.Path) -> pathlib.Path:
        """That of all results itself, as pytracking has it; see Protocol.root."""
        return results if self.runs_as == OnePass.runs_as else super().root(results)

    def first_pixel(self, sequence: Sequence) -> int:
        """As the files of the sequence's dataset; see Protocol.first_pixel."""
        return sequence.convention.first_pixel

    def jobs(self, sequences: list[Sequence], folder: pathlib.Path, seed: int | None) -> list[Job]:
        """One job a video; see Protocol.jobs."""
        return [video_job(video, folder, seed) for video in find_videos(sequences)]

    def run(self, tracker: Any, job: Job, on_frame: Callable[[int], object]) -> None:
        """Follow a video's objects together; see Protocol.run."""
        video, folder = job.task, job.files[0].parent
        check_count(len(video.objects), self.max_objects, f"video {video.name}")
        seconds, boxes, scores = [], {key: [] for key in video.objects}, {key: [] for key in video.objects}
        masks = mask_files(video, folder)
        for file in job.extras:
            # Files of an earlier run, possibly with other parameters; anything else there stays.
            file.unlink(missing_ok=True)
            file.parent.mkdir(parents=True, exist_ok=True)
        with open_debug(self.debug, job.name, debug_folder(job)) as view:
            for step in follow(Session(tracker, self.max_objects), video_frames(video, self.debug)):
                seconds.append(f"{step.seconds:.6f}")
                for key, result in step.results.items():
                    first_pixel = self.first_pixel(video.objects[key][0])
                    boxes[key].append(format_region(result.box, first_pixel=first_pixel))
                    scores[key].append(certainty_line(result.score, result.state))
                if masks and _all_have_masks(step.results):
                    create_file(masks[step.index], encode_mask(label_mask(step.results, step.image.shape)))
                if view is not None:
                    view.add(step.index, step.image, step.results)
                on_frame(step.index)
        for file, lines in zip(score_files(video, folder), scores.values(), strict=True):
            write_text(file, "".join(lines))
        write_text(folder / f"{job.name}_time.txt", "\n".join([*seconds, ""]))
        for file, lines in zip(job.files[1:], boxes.values(), strict=True):
            write_text(file, "\n".join([*lines, ""]))


def video_frames(video: Video, debug: int = 0) -> Iterator[FrameInput]:
    """A video as a source for `follow`: its frames, where each object starts in its first one.

    Args:
        video: whose objects are followed.
        debug: above 0, the tracker makes debug pictures.
    """
    for index in range(len(video)):
        image = video.frame(index)
        starts = {key: _start_of(sequence) for key, sequence in video.starts(index).items()}
        yield FrameInput(index, image, ask_for_pictures(starts, debug))


def debug_folder(job: Job) -> pathlib.Path:
    """The folder for a job's debug pictures that cannot be shown."""
    return job.files[0].parent / "debug" / job.name


def video_job(video: Video, folder: pathlib.Path, seed: int | None) -> Job:
    """The job of one video. Raises DataError for a name that could lead out of the folder."""
    # Plain names, because files and folders are named after them.
    name = check_name(video.name, "sequence")
    names = tuple(check_name(sequence.name, "sequence") for sequence, _ in video.objects.values())
    extras = [*mask_files(video, folder), *score_files(video, folder)]
    # Boxes last: the times alone are not a result.
    files = [folder / f"{name}_time.txt", *(folder / f"{each}.txt" for each in names)]
    return Job(name, f"{seed} {name}", len(video), names, tuple(files), video, tuple(extras))


def mask_files(video: Video, folder: pathlib.Path) -> list[pathlib.Path]:
    """The masks of a video's frames, in order; none for a video whose objects start from boxes."""
    return [folder / video.name / f"{frame}.png" for frame in video.names] if video.has_masks else []


def score_files(video: Video, folder: pathlib.Path) -> list[pathlib.Path]:
    """The scores and states of a video's objects, in order."""
    return [folder / SCORES / f"{sequence.name}.txt" for sequence, _ in video.objects.values()]


def _start_of(sequence: Sequence) -> dict[str, Any]:
    """What a sequence's object is started with, as for `BaseTracker.initialize`."""
    info = {"init_bbox": list(sequence.regions[0]), "name": sequence.name}
    return info if sequence.masks is None else {**info, "init_mask": sequence.mask(0)}


def _all_have_masks(results: Results) -> bool:
    return all(result.mask is not None for result in results.values())
