"""The shape of every protocol: what to run, how to score, which columns."""

import abc
import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from libs.dataset.sequence import Sequence
from pytracking.analysis.scores import Evaluation, Measure, Pictures, Plots
from pytracking.evaluation.limits import MOST_OBJECTS


@dataclasses.dataclass(frozen=True)
class Job:
    """One piece of a run, that one worker does from start to end: a tracker over a sequence or video.

    Attributes:
        name: of the sequence or video, for people.
        key: text that no other job of the folder has; it seeds the random numbers and names the job on record.
        frames: how many it has.
        sequences: names of the sequences that it covers.
        files: that it has written when it is finished, the last one last.
        task: what the protocol needs to run it.
        extras: files that it may write too.
    """

    name: str
    key: str
    frames: int
    sequences: tuple[str, ...]
    files: tuple[pathlib.Path, ...]
    task: Any
    extras: tuple[pathlib.Path, ...] = ()

    def __len__(self) -> int:
        return self.frames

    @property
    def begun(self) -> list[pathlib.Path]:
        """Those of its files that are there, extras first."""
        return [file for file in (*self.extras, *self.files) if file.is_file()]


class Protocol(abc.ABC):
    """How trackers are run over sequences, and how what they report is scored."""

    name: ClassVar[str]
    """By which it is chosen."""
    runs_as: str
    """The way it runs: protocols of one way share results, of which none are taken for those of another."""
    measures: tuple[Measure, ...]
    """Its numbers, the columns of tables."""
    compared: tuple[str, ...]
    """Names of the measures that stand side by side where trackers are compared."""
    read: ClassVar[tuple[str, ...]] = ()
    """Kinds of scores that are shown in text; reports and CSV files have all."""
    debug: int = 0
    """0: nothing; 1: show what the tracker does in every frame; 2: and wait for a key after it."""
    max_objects: int = MOST_OBJECTS
    """How many objects of a video may be followed."""
    starts_anywhere: bool = True
    """Whether it may start a tracker in any frame, so that each needs a region."""

    in_real_time: bool = False
    """Whether results depend on how fast frames are answered."""

    def require(self, sequences: list[Sequence]) -> None:
        """Make sure, before anything is run, that sequences have what the protocol needs; nothing by default.

        Raises:
            DataError: they lack something; the message says what.
        """
        return

    @abc.abstractmethod
    def jobs(self, sequences: list[Sequence], folder: pathlib.Path, seed: int | None) -> list[Job]:
        """What is to be run, in any order.

        Args:
            sequences: of the dataset.
            folder: of the results.
            seed: of the random numbers.
        """

    @abc.abstractmethod
    def run(self, tracker: Any, job: Job, on_frame: Callable[[int], object]) -> None:
        """Run a `BaseTracker` over a job; its files are whole when this returns, and not there when it fails.

        Args:
            tracker: built, perhaps used before.
            job: one of `jobs`.
            on_frame: called with the index of each frame when it is done.
        """

    @abc.abstractmethod
    def evaluate(self, runs: Mapping[str, list[pathlib.Path]], dataset: str, data: Any) -> list[Evaluation]:
        """Score finished results.

        Args:
            runs: label of a tracker -> the folders of its results, several for repeated runs.
            dataset: its name.
            data: the dataset: a list of `Sequence`, unless the protocol says otherwise.

        Returns:
            one a tracker, in their order.

        Raises:
            DataError: results are missing or malformed, or the dataset has no ground truth.
        """

    def plots(self, evaluations: list[Evaluation]) -> list[Plots]:
        """The plots of a report; none by default."""
        return []

    def pictures(self, evaluations: list[Evaluation], data: Any) -> list[Pictures]:
        """The pictures of a report; none by default."""
        return []

    def root(self, results: pathlib.Path) -> pathlib.Path:
        """Folder that holds `<tracker>/<param>`, below that of all results."""
        return results / self.runs_as

    def first_pixel(self, sequence: Sequence) -> int:
        """What the files of a sequence's results call the corner of the image, 0 or 1; here: 0."""
        return 0

    def earlier(self, folder: pathlib.Path, seed: int | None) -> dict[str, list[pathlib.Path]]:
        """Job's key -> files, of results in the layout of versions that kept no record; none by default."""
        return {}
