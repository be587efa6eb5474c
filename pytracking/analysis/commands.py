"""What the commands of `python -m pytracking.analysis` do: functions of the parsed options that return the exit status.

Datasets, plots and so on are imported inside, because they take seconds to import, which --help should not.
"""

import pathlib
from typing import TYPE_CHECKING, Any

from libs.dataset.names import check_name
from libs.utils.errors import SettingsError
from pytracking.analysis.rules import LEFT_OUT, MISSED
from pytracking.evaluation.environment import results_path

if TYPE_CHECKING:
    from libs.dataset.sequence import Sequence
    from pytracking.analysis.report import Part
    from pytracking.evaluation.protocol import Protocol

TOGETHER = "together"
ABSENT = {"official": None, "leave-out": LEFT_OUT, "miss": MISSED}


def evaluate_boxes(options: Any) -> int:
    """The command `ope`: the report, and plots as PNG and PDF."""
    from pytracking.analysis.plots import write_plots
    from pytracking.evaluation.protocols.ope import OPE

    parts, output = _report(OPE(ABSENT[options.absent]), options)
    plots = [path for part in parts for path in write_plots(output, part.evaluations)]
    print(f"{len(plots)} plots in {output}")
    return 0


def evaluate_masks(options: Any) -> int:
    """The command `vos`."""
    from pytracking.evaluation.protocols.vos import VOS

    _report(VOS(), options)
    return 0


def evaluate(options: Any) -> int:
    """The command `score`, of any protocol."""
    from pytracking.evaluation.protocols import find_protocol

    _report(find_protocol(options.protocol)(), options)
    return 0


def play_back(options: Any) -> int:
    """The command `playback`."""
    from pytracking.analysis.playback import write_playback
    from pytracking.evaluation.datasets import get_dataset
    from pytracking.evaluation.running import choose_sequence

    root, output = _folders(options)
    for sequence in choose_sequence(get_dataset(options.dataset_name, strict=options.strict), options.sequence):
        print(write_playback(output / f"{sequence.name}.mp4", sequence, root, options.trackers))
    return 0


def pack_results(options: Any) -> int:
    """The command `pack`."""
    from pytracking.analysis.packing import SERVERS, pack
    from pytracking.analysis.result_files import find_runs
    from pytracking.evaluation.datasets import get_dataset

    root = results_path(options.results)
    runs = find_runs(root, options.tracker)
    default = root / "analysis" / f"{options.server}_{'_'.join(options.tracker.split('/'))}.zip"
    path = pathlib.Path(options.output or default)
    pack(
        path,
        options.server,
        get_dataset(options.dataset_name or SERVERS[options.server].dataset, strict=options.strict),
        runs,
    )
    print(f"{path}: {SERVERS[options.server].layout}")
    return 0


def _report(protocol: "Protocol", options: Any) -> "tuple[list[Part], pathlib.Path]":
    """Evaluate the trackers of the options on their datasets, print the tables and write the report."""
    from pytracking.analysis.report import Part, write_report
    from pytracking.analysis.result_files import find_runs
    from pytracking.analysis.tables import MARKDOWN, format_text

    root, output = _folders(options)
    datasets = _load(options.dataset_name, options.strict)
    runs = {tracker: find_runs(protocol.root(root), tracker) for tracker in options.trackers}
    # Of repeated runs, the first says how all were made.
    folders = {tracker: of_tracker[0] for tracker, of_tracker in runs.items()}
    parts = [Part(protocol.evaluate(runs, name, sequences), sequences, folders) for name, sequences in datasets.items()]
    written = write_report(output, protocol.name, protocol, parts)
    print("\n".join(format_text(part.evaluations, protocol, MARKDOWN) for part in parts))
    print(f"written: {', '.join(map(str, written))}")
    return parts, output


def _load(names: str | list[str], strict: bool = False) -> "dict[str, list[Sequence]]":
    """Sequences of each dataset by its label; of several, of all together too."""
    from pytracking.evaluation.datasets import load_datasets

    loaded = load_datasets(*([names] if isinstance(names, str) else names), strict=strict)
    datasets = {_label(name): sequences for name, sequences in loaded.items()}
    if len(datasets) < len(loaded):
        raise SettingsError(f"{' and '.join(loaded)} would have the same file names; evaluate them one by one")
    if len(datasets) > 1:
        datasets[TOGETHER] = [sequence for sequences in datasets.values() for sequence in sequences]
    return datasets


def _folders(options: Any) -> tuple[pathlib.Path, pathlib.Path]:
    """Where the results are, and where to write."""
    root = results_path(options.results)
    return root, pathlib.Path(options.output) if options.output else root / "analysis"


def _label(name: str) -> str:
    """A dataset's name for titles and file names: 'otb' for 'otb=FOLDER', the folder's name for a path."""
    from libs.dataset.loading import split_name

    dataset, folder = split_name(name)
    if dataset:
        return dataset.name
    return check_name(pathlib.Path(folder or name).expanduser().resolve().name, "--dataset_name")
