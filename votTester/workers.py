"""Jobs of the VOT test: one sequence, one repetition each, under the reset protocol."""

import dataclasses
import pathlib

from pytracking.evaluation import workers as pool
from votTester.adapter import as_vot_tracker
from votTester.annotations import annotate
from votTester.results import write_result
from votTester.toolkit import run_supervised


@dataclasses.dataclass(frozen=True)
class Job:
    """One run over one sequence.

    Attributes:
        sequence: `libs.dataset.sequence.Sequence`.
        repetition: counts from 1.
        file: where the raw result goes.
        seed: of the whole test; each job draws its own from it.
    """

    sequence: object
    repetition: int
    file: pathlib.Path
    seed: int

    @property
    def name(self):
        """The sequence's name."""
        return self.sequence.name

    @property
    def key(self):
        """What seeds the job."""
        return f"{self.seed} {self.name} {self.repetition}"

    def __len__(self):
        return len(self.sequence)


@dataclasses.dataclass(frozen=True)
class _Supervised:
    """Builds the tracker in whichever process runs the jobs."""

    create_tracker: object

    def __call__(self):
        tracker = as_vot_tracker(self.create_tracker())

        def run(job, on_frame):
            write_result(job.file, run_supervised(tracker, job.sequence, annotate(job.sequence), on_frame))

        return run


def run_jobs(create_tracker, jobs, workers, listener):
    """Run all jobs; what each tracks is on disk when it is done.

    Args:
        create_tracker: makes a tracker; with several workers it is pickled into each of them.
        jobs: list of Job.
        workers, listener: as for `pytracking.evaluation.workers.run_jobs`, which says what is raised.
    """
    pool.run_jobs(_Supervised(create_tracker), jobs, workers, listener)
