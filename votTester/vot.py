"""VOTTester: a tracker over a VOT dataset under the reset protocol, and its numbers.

tester = VOTTester(tracker, "result_0", ["vot2018"])
tester.data_root["vot2018"] = "/data/VOT2018"
tester.test()
tester.evaluation()
"""

import pathlib

from libs.dataset.names import check_name
from libs.media.files import sole_writer
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.environment import results_path
from pytracking.evaluation.progress import Progress
from votTester.datasets import Dataset, find_dataset
from votTester.manifest import claim_folder, describe_run
from votTester.measures import evaluate
from votTester.report import write_reports
from votTester.results import result_file
from votTester.table import format_evaluations
from votTester.workers import Job, run_jobs


class VOTTester:
    """Tests one tracker.

    Args:
        tracker: a `BaseTracker`, an object with `init(image, state, name)` and `update(image)`, or one with
            `create_tracker()` that builds either; None if only `evaluation` is called.
        test_name: name of the results: they go to `<results>/<dataset>/<test_name>`.
        dataset_names: 'vot2016', 'vot2018', 'vot2019', 'mini', paths of folders in VOT layout, or
            `votTester.datasets.Dataset` objects.
        results: folder of all results; None for the setting `results_path`, else 'results'.
        sequences: names of the sequences to test; None for all.
        repetitions: runs over each sequence; 1 is enough for a deterministic tracker.
        seed: of the random numbers.
        workers: number of processes that share the sequences.
        force: run again what is finished, and throw away results that were made otherwise.

    Attributes:
        data_root: dataset name -> folder; wins over environment variables and `local.py`.
    """

    data_root = {}

    def __init__(
        self,
        tracker,
        test_name,
        dataset_names=("vot2018",),
        *,
        results=None,
        sequences=None,
        repetitions=1,
        seed=0,
        workers=1,
        force=False,
    ):
        if repetitions < 1 or workers < 1:
            raise SettingsError(f"repetitions ({repetitions}) and workers ({workers}) are at least 1")
        self.tracker = tracker
        self.test_name = check_name(test_name, "the name of the results")
        self.dataset_names = [dataset_names] if isinstance(dataset_names, str) else list(dataset_names)
        self.results = results_path(results)
        self.sequences, self.repetitions, self.seed = sequences, repetitions, seed
        self.workers, self.force = workers, force
        self.data_root = dict(type(self).data_root)

    def test(self):
        """Run the tracker over all sequences that have no result yet.

        Returns:
            list of (sequence name, reason) of those that failed; the others are finished.

        Raises:
            SettingsError: a dataset is not set, the results there were made otherwise and `force` is not set, or
                another process is testing into the same folder.
            DataError: a dataset is absent, malformed, or has no images; the folder cannot be written.
        """
        failures = []
        for dataset in self._datasets():
            failures += self._test_on(dataset)
        return failures

    def evaluation(self):
        """Print the table of each dataset and write it, with the report, beside the raw results.

        Returns:
            list of `votTester.measures.Evaluation`, one a dataset.
        """
        evaluations = []
        for dataset in self._datasets():
            evaluations += report_runs({self.test_name: self.folder(dataset)}, dataset, self.results)
        return evaluations

    def folder(self, dataset):
        """Folder of this test's raw results."""
        return self.results / dataset.name / self.test_name

    def _datasets(self):
        """The datasets, each read when its turn comes."""
        for name in self.dataset_names:
            yield name if isinstance(name, Dataset) else find_dataset(name, self.data_root, self.sequences)

    def _test_on(self, dataset):
        if dataset.sequences is None:
            raise DataError(f"dataset {dataset.name} was given without images: only --evaluate-only works on it")
        tracker = _build(self.tracker)
        # Or a second test with other parameters could throw away, or mix its results with, those of the first.
        with sole_writer(self.folder(dataset)):
            return self._test_with(tracker, dataset)

    def _test_with(self, tracker, dataset):
        folder = self.folder(dataset)
        names = [sequence.name for sequence in dataset.sequences]
        claim_folder(folder, describe_run(tracker, dataset, self.seed), names, self.force)
        jobs, finished = self._jobs(folder, dataset)
        if finished:
            print(f"{finished} frames of {dataset.name} were finished before and are skipped")
        total = self.repetitions * sum(len(sequence) for sequence in dataset.sequences)
        create = _Ready(tracker) if self.workers == 1 else getattr(self.tracker, "create_tracker", _Ready(self.tracker))
        with Progress(f"{self.test_name} on {dataset.name}", total, finished) as progress:
            if jobs:
                run_jobs(create, jobs, self.workers, progress)
        return progress.failures

    def _jobs(self, folder, dataset):
        """(jobs that are still to do, frames of those that are done)."""
        jobs, finished = [], 0
        for sequence in dataset.sequences:
            for repetition in range(1, self.repetitions + 1):
                file = result_file(folder, sequence.name, repetition)
                if file.is_file():
                    finished += len(sequence)
                else:
                    jobs.append(Job(sequence, repetition, file, self.seed))
        return jobs, finished


def report_runs(folders, dataset, results):
    """Evaluate runs on one dataset, print their table, write CSV and HTML.

    Args:
        folders: label -> folder of raw results.
        dataset: votTester.datasets.Dataset.
        results: folder of all results; the report goes to `<results>/<dataset>/<label>` or `<a>_vs_<b>`.

    Returns:
        list of Evaluation, one a folder.

    Raises:
        DataError: a folder has no results of this dataset, or they are malformed.
    """
    evaluations = [evaluate(folder, label, dataset.name, dataset.annotations) for label, folder in folders.items()]
    print(format_evaluations(evaluations))
    # A file name is limited to 255 bytes, and the labels of ten checkpoints are longer together.
    folder = pathlib.Path(results) / dataset.name / "_vs_".join(folders)[:200]
    for path in write_reports(folder, evaluations, dataset):
        print(f"written: {path}")
    return evaluations


class _Ready:
    """Makes a tracker that exists already: what `create_tracker` is for one that can be built."""

    def __init__(self, tracker):
        self.tracker = tracker

    def __call__(self):
        return self.tracker


def _build(tracker):
    return tracker.create_tracker() if hasattr(tracker, "create_tracker") else tracker
