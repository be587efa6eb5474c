"""Evaluations as text for the terminal and as CSV."""

import csv
import io

RULE = None


def format_evaluations(evaluations):
    """The table shown at the end of a run: in full for one tracker, side by side for several."""
    lines = [_format_single(evaluations[0]) if len(evaluations) == 1 else _format_comparison(evaluations)]
    lines += [
        f"{evaluation.label}: no results of {', '.join(evaluation.missing)}"
        for evaluation in evaluations
        if evaluation.missing
    ]
    return "\n" + "\n".join(lines) + "\n"


def format_csv(evaluations):
    """CSV text with a header and one row for each sequence, each tag and the total of every evaluation.

    A number that does not exist (the accuracy where no frame counts, fps of results without times) is left empty.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        ["results", "dataset", "kind", "name", "frames", "accuracy", "failures", "robustness", "eao", "eao_note", "fps"]
    )
    for evaluation in evaluations:
        kinds = ("sequence", evaluation.sequences), ("tag", evaluation.tags), ("total", [evaluation.total])
        for kind, scores in kinds:
            eao = [f"{evaluation.eao:.6f}", evaluation.eao_note] if kind == "total" else ["", ""]
            for score in scores:
                numbers = [_csv(score.accuracy), _csv(score.failures), _csv(score.robustness), *eao, _csv(score.fps)]
                writer.writerow([evaluation.label, evaluation.dataset, kind, score.name, score.frames, *numbers])
    return stream.getvalue()


def score_cells(score):
    """Frames, accuracy, failures and fps of a Score as text."""
    return [str(score.frames), number(score.accuracy, 3), count(score.failures), number(score.fps, 1)]


def total_cells(evaluation):
    """A, R, failures, EAO and fps of an evaluation as text."""
    total = evaluation.total
    return [
        number(total.accuracy, 3),
        number(total.robustness, 3),
        count(total.failures),
        number(evaluation.eao, 3),
        number(total.fps, 1),
    ]


def comparison_rows(evaluations, kind):
    """Rows of a comparison: the name, then "accuracy (failures)" of each evaluation.

    Args:
        kind: 'sequences' or 'tags'.
    """
    scores = [{score.name: score for score in getattr(evaluation, kind)} for evaluation in evaluations]
    names = dict.fromkeys(name for by_name in scores for name in by_name)
    return [[name, *(_pair(by_name.get(name)) for by_name in scores)] for name in names]


def number(value, digits):
    """A number with this many decimals, or '-' where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def count(value):
    """A number of failures: whole if it is, else (a mean over repetitions) with two decimals."""
    return f"{round(value, 2):g}"


def _format_single(evaluation):
    rows = [["sequence", "frames", "accuracy", "failures", "fps"], RULE]
    rows += [[score.name, *score_cells(score)] for score in evaluation.sequences]
    rows += [RULE, ["tag", *rows[0][1:]], RULE]
    rows += [[score.name, *score_cells(score)] for score in evaluation.tags]
    rows += [RULE, ["total", *score_cells(evaluation.total)]]
    accuracy, robustness, failures, eao, fps = total_cells(evaluation)
    noun = "failure" if failures == "1" else "failures"
    speed = "" if evaluation.total.fps is None else f"   {fps} fps"
    numbers = f"A {accuracy}   R {robustness} ({failures} {noun})   EAO {eao} ({evaluation.eao_note}){speed}"
    return f"{evaluation.label} on {evaluation.dataset}\n\n{_align(rows)}\n\n{numbers}"


def _format_comparison(evaluations):
    labels = [evaluation.label for evaluation in evaluations]
    detail = [["accuracy (failures)", *labels], RULE, *comparison_rows(evaluations, "sequences"), RULE]
    detail += comparison_rows(evaluations, "tags")
    summary = [["results", "A", "R", "failures", "EAO", "fps"], RULE]
    summary += [[evaluation.label, *total_cells(evaluation)] for evaluation in evaluations]
    notes = dict.fromkeys(evaluation.eao_note for evaluation in evaluations)
    return f"{evaluations[0].dataset}\n\n{_align(detail)}\n\n{_align(summary)}\n\nEAO: {'; '.join(notes)}"


def _align(rows):
    """Columns as wide as their longest cell, the first to the left, the others to the right; RULE rows are dashes."""
    cells = [row for row in rows if row is not RULE]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = "-" * (sum(widths) + 2 * len(widths) - 2)
    lines = []
    for row in rows:
        if row is RULE:
            lines.append(rule)
            continue
        first, *others = row
        aligned = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *aligned]).rstrip())
    return "\n".join(lines)


def _pair(score):
    return "-" if score is None else f"{number(score.accuracy, 3)} ({count(score.failures)})"


def _csv(value):
    return "" if value is None else f"{value:.6g}"
