"""Tables as Markdown, to read, and as CSV, to compute with."""

import csv
import io
import math


def markdown_table(header, rows):
    """A Markdown table; the first column is text, the others are numbers, to the right, NaN as '-'.

    Args:
        header: names of the columns.
        rows: lists of a text and numbers or texts.
    """
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in cells]
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    rule = "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])])
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]]) + "\n"


def csv_table(header, rows):
    """CSV text; numbers with six decimals, NaN left empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_csv(value) for value in row])
    return stream.getvalue()


def percent(values):
    """Values of 0..1 times 100, as a list."""
    return [100 * value for value in values]


def _line(row, widths):
    first, *others = row
    return "| " + " | ".join([first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]) + " |"


def _cell(value):
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.1f}"
    return str(value)


def _csv(value):
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6f}"
    return value
