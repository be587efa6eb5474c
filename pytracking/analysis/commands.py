"""What the commands of `python -m pytracking.analysis` do: functions of the parsed options that return the exit status.

Datasets, plots and so on are imported inside, because they take seconds to import, which --help should not.
"""

import pathlib

from libs.dataset.names import check_name
from libs.media.files import write_text
from libs.utils.errors import SettingsError
from pytracking.analysis.ope import MEASURES
from pytracking.analysis.tables import csv_table, markdown_table, percent
from pytracking.evaluation.environment import results_path

TOGETHER = "together"


def evaluate_boxes(options):
    """The command `ope`."""
    from pytracking.analysis.evaluation import compare
    from pytracking.analysis.plots import write_plots
    from pytracking.evaluation.datasets import load_datasets

    loaded = load_datasets(*options.dataset_name)
    datasets = {_label(name): sequences for name, sequences in loaded.items()}
    if len(datasets) < len(loaded):
        raise SettingsError(f"{' and '.join(loaded)} would have the same file names; evaluate them one by one")
    if len(datasets) > 1:
        datasets[TOGETHER] = [sequence for sequences in datasets.values() for sequence in sequences]
    root, output = _folders(options)
    comparisons = [
        compare(name, sequences, root, options.trackers, options.absent == "miss")
        for name, sequences in datasets.items()
    ]
    plots = [path for comparison in comparisons for path in write_plots(output, comparison)]
    _write_tables(output, "ope", _format_boxes(comparisons), _box_rows(comparisons))
    print(f"{len(plots)} plots in {output}")
    return 0


def evaluate_masks(options):
    """The command `vos`."""
    from pytracking.analysis.vos import MEASURES as MASK_MEASURES
    from pytracking.analysis.vos import compare_segmentations
    from pytracking.evaluation.datasets import get_dataset

    root, output = _folders(options)
    compared = compare_segmentations(get_dataset(options.dataset_name), root, options.trackers)
    total = [[tracker, *percent(scores[-1].values)] for tracker, scores in compared.items()]
    names = [score.name for score in next(iter(compared.values()))]
    objects = [
        [name, *(100 * scores[index].values[0] for scores in compared.values())] for index, name in enumerate(names)
    ]
    text = f"# {_label(options.dataset_name)}\n\n{markdown_table(['tracker', *MASK_MEASURES], total)}\n"
    text += f"## J&F of each object\n\n{markdown_table(['object', *compared], objects)}"
    rows = [["object", "tracker", *MASK_MEASURES]]
    rows += [[score.name, tracker, *score.values] for tracker, scores in compared.items() for score in scores]
    _write_tables(output, "vos", text, rows)
    return 0


def play_back(options):
    """The command `playback`."""
    from pytracking.analysis.playback import write_playback
    from pytracking.evaluation.datasets import get_dataset
    from pytracking.evaluation.running import choose_sequence

    root, output = _folders(options)
    for sequence in choose_sequence(get_dataset(options.dataset_name), options.sequence):
        path = output / f"{sequence.name}.mp4"
        write_playback(path, sequence, root, options.trackers)
        print(path)
    return 0


def pack_results(options):
    """The command `pack`."""
    from pytracking.analysis.packing import SERVERS, pack
    from pytracking.analysis.result_files import find_runs
    from pytracking.evaluation.datasets import get_dataset

    root = results_path(options.results)
    runs = find_runs(root, options.tracker)
    default = root / "analysis" / f"{options.server}_{'_'.join(options.tracker.split('/'))}.zip"
    path = pathlib.Path(options.output or default)
    pack(path, options.server, get_dataset(options.dataset_name or SERVERS[options.server].dataset), runs)
    print(f"{path}: {SERVERS[options.server].layout}")
    return 0


def _folders(options):
    """Where the results are, and where to write."""
    root = results_path(options.results)
    return root, pathlib.Path(options.output) if options.output else root / "analysis"


def _label(name):
    """A dataset's name for titles and file names: 'otb' for 'otb=FOLDER', the folder's name for a path."""
    return check_name(pathlib.Path(name.partition("=")[0]).expanduser().resolve().name, "--dataset_name")


def _format_boxes(comparisons):
    parts = []
    for comparison in comparisons:
        rows = [
            [tracker, *percent(score.values)]
            for tracker, score in zip(comparison.trackers, comparison.total, strict=True)
        ]
        sequences = f"{comparison.total[0].sequences} sequences"
        parts.append(f"# {comparison.dataset} ({sequences})\n\n{markdown_table(['tracker', *MEASURES], rows)}")
        if comparison.attributes:
            tables = {name: _attribute_table(comparison, MEASURES.index(name)) for name in ("AUC", "P")}
            parts += [f"## {name} by attribute\n\n{table}" for name, table in tables.items()]
    return "\n".join(parts)


def _attribute_table(comparison, measure):
    header = ["attribute", "sequences", *comparison.trackers]
    rows = [
        [name, scores[0].sequences, *(100 * score.values[measure] for score in scores)]
        for name, scores in comparison.attributes.items()
    ]
    return markdown_table(header, rows)


def _box_rows(comparisons):
    rows = [["dataset", "kind", "name", "tracker", "sequences", *MEASURES]]
    for comparison in comparisons:
        for kind, name, scores in comparison.groups():
            for tracker, score in zip(comparison.trackers, scores, strict=True):
                if score is not None:
                    rows.append([comparison.dataset, kind, name, tracker, score.sequences, *score.values])
    return rows


def _write_tables(output, stem, text, rows):
    write_text(output / f"{stem}.md", text)
    write_text(output / f"{stem}.csv", csv_table(rows[0], rows[1:]))
    print(text)
    print(f"{output / stem}.md and .csv")
