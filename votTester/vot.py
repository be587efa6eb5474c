"""VOTTester: runs a tracker on a VOT dataset under the reset protocol, and evaluates it.

tester = VOTTester(tracker, "result_0", ["vot2018"])
tester.data_root["vot2018"] = "/data/VOT2018"
tester.test()
tester.evaluation()
"""

import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from libs.dataset.names import check_name
from libs.utils.errors import DataError, SettingsError
from pytracking.analysis.report import Part, write_report
from pytracking.analysis.scores import Evaluation
from pytracking.analysis.tables import format_text
from pytracking.evaluation.engine import run_protocol
from pytracking.evaluation.environment import results_path
from pytracking.evaluation.protocol import Protocol
from votTester.datasets import VotDataset, load_dataset
from votTester.protocol import Resets


class VOTTester:
    """Tests one tracker.

    Args:
        tracker: a `BaseTracker`, an object with `init(image, state, name)` and `update(image)`, or one with
            `create_tracker()` that builds either; None if only `evaluation` is called.
        test_name: name of the results: they go to `<results>/<dataset>/<test_name>`.
        dataset_names: 'vot2016', 'vot2018', 'vot2019', 'mini', paths of folders in VOT layout, or
            `votTester.datasets.VotDataset` objects.
        results: folder of all results; None for the setting `results_path`, else 'results'.
        sequences: names of the sequences to test; None for all.
        repetitions: runs over each sequence; 1 is enough for a deterministic tracker.
        seed: seed of the random numbers.
        workers: number of processes that share the sequences.
        force: run finished sequences again, and discard results that were made with other settings.
        protocol: such as `votTester.stacks.StackProtocol("vot2022/shortterm")`; None for the reset protocol.

    Attributes:
        data_root: dataset name -> folder; wins over environment variables and `local.py`.
    """

    data_root: dict[str, Any] = {}

    def __init__(
        self,
        tracker: Any,
        test_name: str,
        dataset_names: str | Iterable[str | VotDataset] = ("vot2018",),
        *,
        results: str | pathlib.Path | None = None,
        sequences: list[str] | None = None,
        repetitions: int = 1,
        seed: int = 0,
        workers: int = 1,
        force: bool = False,
        protocol: Protocol | None = None,
    ) -> None:
        if repetitions < 1 or workers < 1:
            raise SettingsError(f"repetitions ({repetitions}) and workers ({workers}) are at least 1")
        self.tracker = tracker
        self.test_name = check_name(test_name, "the name of the results")
        self.dataset_names = [dataset_names] if isinstance(dataset_names, str) else list(dataset_names)
        self.results = results_path(results)
        self.sequences, self.seed = sequences, seed
        self.protocol = protocol or Resets(repetitions)
        self.workers, self.force = workers, force
        self.data_root = dict(type(self).data_root)

    def test(self) -> list[tuple[str, str]]:
        """Run the tracker over all sequences that have no result yet.

        Returns:
            list of (sequence name, reason) of the failed sequences; the others are finished.

        Raises:
            SettingsError: a dataset is not set, the existing results were made with other settings and `force` is not
                set, or another process is writing to the same folder.
            DataError: a dataset is absent, malformed, or has no images; the folder cannot be written.
        """
        failures = []
        for dataset in self._datasets():
            failures += self._test_on(dataset)
        return failures

    def evaluation(self) -> list[Evaluation]:
        """Print the table of each dataset and write it, with the report, beside the raw results.

        Returns:
            list of `pytracking.analysis.scores.Evaluation`, one for each dataset.
        """
        evaluations = []
        for dataset in self._datasets():
            evaluations += report_runs({self.test_name: self.folder(dataset)}, dataset, self.results, self.protocol)
        return evaluations

    def folder(self, dataset: VotDataset) -> pathlib.Path:
        """Folder of this test's raw results."""
        return self.protocol.root(self.results / dataset.name) / self.test_name

    def _datasets(self) -> Iterator[VotDataset]:
        """The datasets, each read when it is needed."""
        for name in self.dataset_names:
            if isinstance(name, VotDataset):
                yield name
            else:
                every = self.protocol.starts_anywhere
                yield load_dataset(name, self.data_root, self.sequences, every_frame=every)

    def _test_on(self, dataset: VotDataset) -> list[tuple[str, str]]:
        if dataset.sequences is None:
            raise DataError(f"dataset {dataset.name} was given without images: only --evaluate-only works on it")
        outcome = run_protocol(
            self.protocol,
            self.tracker,
            dataset.sequences,
            self.folder(dataset),
            title=f"{self.test_name} on {dataset.name}",
            dataset=dataset.name,
            seed=self.seed,
            workers=self.workers,
            force=self.force,
        )
        if outcome.finished:
            print(f"{outcome.finished} of {dataset.name} were finished before and are skipped")
        return outcome.failures


def report_runs(
    folders: Mapping[str, pathlib.Path],
    dataset: VotDataset,
    results: str | pathlib.Path,
    protocol: Protocol | None = None,
) -> list[Evaluation]:
    """Evaluate runs on one dataset, print their table, write CSV, Markdown and HTML.

    Args:
        folders: label -> folder of raw results.
        dataset: votTester.datasets.VotDataset.
        results: folder of all results; the report goes to `<results>/<dataset>/<label>` or `<a>_vs_<b>`, below the
            protocol's folder if it has one.
        protocol: as for `VOTTester`.

    Returns:
        list of Evaluation, one for each folder.

    Raises:
        DataError: a folder has no results of this dataset, or they are malformed.
    """
    protocol = protocol or Resets()
    evaluations = protocol.evaluate({label: [folder] for label, folder in folders.items()}, dataset.name, dataset)
    print("\n" + format_text(evaluations, protocol))
    # A file name is limited to 255 bytes, and the labels of ten checkpoints together are longer.
    folder = protocol.root(pathlib.Path(results) / dataset.name) / "_vs_".join(folders)[:200]
    for path in write_report(folder, "report", protocol, [Part(evaluations, dataset, folders)]):
        pictures = ", with plots and pictures of the worst frames" if path.suffix == ".html" else ""
        print(f"written: {path}{pictures}")
    return evaluations
