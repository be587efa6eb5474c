"""Evaluations of any protocol as tables: to read, as Markdown, and as CSV to compute with."""

import csv
import io
import math
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tabulate import tabulate

from pytracking.analysis.scores import Evaluation, Measure, Score

if TYPE_CHECKING:
    from pytracking.evaluation.protocol import Protocol

TERMINAL, MARKDOWN = "simple", "pipe"

Table = tuple[str, list[str], list[list[str]]]
"""Title, header and rows of texts."""
Heading = Callable[[Measure], str]


def tables_of(
    evaluations: list[Evaluation],
    measures: Iterable[Measure],
    compared: Iterable[str],
    kinds: Iterable[str],
    arrows: bool = False,
) -> list[Table]:
    """The tables of a report: one for each kind of score, at last one with a row for each tracker.

    Args:
        evaluations: one a tracker, on one dataset.
        measures: the columns; one that no score of a table has is left out there.
        compared: names of the measures that stand side by side where there are several trackers: 'first (second)'.
        kinds: of scores, beside the totals.
        arrows: whether the headings say which way is better.
    """
    head = operator.attrgetter("marked_heading" if arrows else "heading")
    measures = list(measures)
    tables = []
    for kind in kinds:
        if not any(evaluation.of_kind(kind) for evaluation in evaluations):
            continue
        if len(evaluations) == 1:
            scores = [(score.name, score) for score in evaluations[0].of_kind(kind).values()]
            tables.append(_score_table(kind, scores, measures, head))
        else:
            chosen = [measure for measure in measures if measure.name in set(compared)]
            tables.append(_comparison(kind, evaluations, chosen, head))
    totals = [(evaluation.label, evaluation.total) for evaluation in evaluations]
    return [*tables, _score_table("results", totals, measures, head)]


def format_text(evaluations: list[Evaluation], protocol: "Protocol", style: str = TERMINAL) -> str:
    """The tables as text, with notes and what is missing below.

    Args:
        evaluations: one a tracker, on one dataset.
        protocol: whose numbers they are.
        style: TERMINAL or MARKDOWN.
    """
    mark = "# " if style == MARKDOWN else ""
    parts = [f"{mark}{evaluations[0].dataset}"]
    for title, header, rows in tables_of(evaluations, protocol.measures, protocol.compared, protocol.read):
        align = ["left", *["right"] * (len(header) - 1)]
        cells = [[cell.replace("|", "\\|") for cell in row] for row in rows] if style == MARKDOWN else rows
        table = tabulate(cells, header, tablefmt=style, colalign=align, disable_numparse=True)
        parts.append(f"## {title}\n\n{table}" if style == MARKDOWN else table)
    parts += notes_of(evaluations)
    return "\n\n".join(parts) + "\n"


def notes_of(evaluations: list[Evaluation]) -> list[str]:
    """What must be known beside the numbers, each once: the notes, and which sequences have no results."""
    notes = dict.fromkeys(note for evaluation in evaluations for note in evaluation.notes)
    return [*notes, *(f"{each.label}: no results of {', '.join(each.missing)}" for each in evaluations if each.missing)]


def format_csv(evaluations: list[Evaluation], measures: Iterable[Measure]) -> str:
    """CSV text: a row for each score of every evaluation; a number that does not exist is left empty."""
    names = [measure.name for measure in measures]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["results", "dataset", "kind", "name", *names, "note"])
    for evaluation in evaluations:
        for score in evaluation.scores:
            note = " ".join(evaluation.notes) if score is evaluation.total else ""
            numbers = ["" if math.isnan(score[name]) else f"{score[name]:.6g}" for name in names]
            writer.writerow([evaluation.label, evaluation.dataset, score.kind, score.name, *numbers, note])
    return stream.getvalue()


def _score_table(title: str, scores: list[tuple[str, Score]], measures: list[Measure], head: Heading) -> Table:
    shown = [measure for measure in measures if not all(math.isnan(score[measure.name]) for _, score in scores)]
    rows = [[name, *(measure.text(score[measure.name]) for measure in shown)] for name, score in scores]
    return title, [title, *map(head, shown)], rows


def _comparison(kind: str, evaluations: list[Evaluation], compared: list[Measure], head: Heading) -> Table:
    first, *others = map(head, compared)
    title = f"{first} ({', '.join(others)})" if others else first
    scores = [evaluation.of_kind(kind) for evaluation in evaluations]
    names = dict.fromkeys(name for by_name in scores for name in by_name)
    rows = [[name, *(_pair(by_name.get(name), compared) for by_name in scores)] for name in names]
    return f"{kind}: {title}", [kind, *(evaluation.label for evaluation in evaluations)], rows


def _pair(score: Score | None, measures: list[Measure]) -> str:
    if score is None:
        return "-"
    first, *others = [measure.text(score[measure.name]) for measure in measures]
    return f"{first} ({', '.join(others)})" if others else first
