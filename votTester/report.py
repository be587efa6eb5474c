"""The report of an evaluation: `report.csv` and a self-contained `report.html` (plots and pictures as data URIs)."""

import base64
import html
import pathlib

from libs.media.files import write_text
from votTester import figures
from votTester.pictures import encode_jpeg, picture_frame
from votTester.table import comparison_rows, format_csv, score_cells, total_cells
from votTester.trajectory import FAILED, is_code

WORST_FRAMES = 6

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
p.note, figcaption { color: #666; font-size: .87rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .22rem .9rem .22rem 0; text-align: right; border-bottom: 1px solid #eee; }
th { border-bottom: 2px solid #bbb; font-weight: 600; } th:first-child, td:first-child { text-align: left; }
.plots, .pictures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
img { max-width: 100%; } figure { margin: 0; width: 22rem; } .dot { font-size: 1.2em; line-height: 1; }
"""


def write_reports(folder, evaluations, dataset):
    """Write `report.csv` and `report.html`.

    Args:
        folder: made if it is absent.
        evaluations: list of votTester.measures.Evaluation.
        dataset: votTester.datasets.Dataset they were made on; without images there are no pictures.

    Returns:
        the two paths.
    """
    folder = pathlib.Path(folder)
    write_text(folder / "report.csv", format_csv(evaluations))
    write_text(folder / "report.html", format_html(evaluations, dataset))
    return folder / "report.csv", folder / "report.html"


def format_html(evaluations, dataset):
    """The page as text; it refers to nothing outside itself."""
    title = html.escape(f"{', '.join(evaluation.label for evaluation in evaluations)} on {dataset.name}")
    sections = [
        f"<h1>{title}</h1>",
        _notes(evaluations),
        _summary(evaluations),
        "<h2>Accuracy, robustness, expected average overlap</h2>",
        f'<div class="plots">{_svg(figures.accuracy_robustness_plot(evaluations))}'
        f"{_svg(figures.eao_plot(evaluations))}</div>",
        "<h2>Tags</h2>",
        _scores(evaluations, "tags"),
        "<h2>Sequences</h2>",
        _scores(evaluations, "sequences"),
        "<h2>Overlap over time</h2>",
        '<p class="note">Overlap with the ground truth in each frame; a cross is a failure, after which the tracker is '
        "started anew 5 frames later.</p>",
        _svg(figures.overlap_plot(evaluations)),
        _pictures(evaluations, dataset),
    ]
    body = "\n".join(sections)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _notes(evaluations):
    notes = [f"EAO over {note}." for note in dict.fromkeys(evaluation.eao_note for evaluation in evaluations)]
    notes += [f"{e.label}: no results of {', '.join(e.missing)}." for e in evaluations if e.missing]
    return f'<p class="note">{html.escape(" ".join(notes))}</p>'


def _summary(evaluations):
    rows = []
    for index, evaluation in enumerate(evaluations):
        dot = f'<span class="dot" style="color:{figures.colour(index)}">&#9679;</span> '
        rows.append([dot + html.escape(evaluation.label), *total_cells(evaluation)])
    return _table(["results", "A", "R", "failures", "EAO", "fps"], rows)


def _scores(evaluations, kind):
    if len(evaluations) == 1:
        rows = [[html.escape(score.name), *score_cells(score)] for score in getattr(evaluations[0], kind)]
        return _table([kind.removesuffix("s"), "frames", "accuracy", "failures", "fps"], rows)
    header = ["accuracy (failures)", *(html.escape(evaluation.label) for evaluation in evaluations)]
    return _table(header, [list(map(html.escape, row)) for row in comparison_rows(evaluations, kind)])


def _table(header, rows):
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _pictures(evaluations, dataset):
    """The worst frame of the worst sequences of each tracker."""
    if dataset.sequences is None:
        return ""
    sequences = {sequence.name: sequence for sequence in dataset.sequences}
    parts = [
        "<h2>Worst frames</h2>",
        '<p class="note">Green: the ground truth; amber: the tracker, at a failure its last region.</p>',
    ]
    for evaluation in evaluations:
        frames = [
            _figure(evaluation, sequences[name], index, overlap) for overlap, name, index in worst_frames(evaluation)
        ]
        parts.append(f'<h3>{html.escape(evaluation.label)}</h3><div class="pictures">{"".join(frames)}</div>')
    return "\n".join(parts)


def worst_frames(evaluation):
    """At most six (overlap, sequence name, frame index), one a sequence, the lowest overlap first; failures are 0."""
    worst = []
    for name, trajectory in evaluation.trajectories.items():
        overlaps = evaluation.overlaps[name]
        frames = [
            (float(overlaps[index]), name, index)
            for index, region in enumerate(trajectory.regions)
            if is_code(region, FAILED) or not is_code(region)
        ]
        worst += [min(frames)] if frames else []
    return sorted(worst)[:WORST_FRAMES]


def _figure(evaluation, sequence, index, overlap):
    trajectory = evaluation.trajectories[sequence.name]
    failed = is_code(trajectory.regions[index], FAILED)
    caption = f"{sequence.name}, frame {index + 1}: {'failure' if failed else f'overlap {overlap:.2f}'}"
    picture = base64.b64encode(encode_jpeg(picture_frame(sequence, trajectory, index))).decode()
    return (
        f'<figure><img src="data:image/jpeg;base64,{picture}" alt=""><figcaption>{html.escape(caption)}</figcaption>'
        "</figure>"
    )


def _svg(text):
    return f'<img src="data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode()}" alt="">'
