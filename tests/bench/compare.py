"""Compares two measurements."""

import json
import pathlib

from libs.utils.errors import DataError


def read_result(path):
    """A result that `write_result` wrote.

    Raises:
        DataError: the file is absent or holds something else.
    """
    path = pathlib.Path(path)
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}); give a JSON file that the benchmark wrote") from error
    if not isinstance(result, dict) or not {"kind", "settings", "versions"} <= result.keys():
        raise DataError(f"{path} is no result of the benchmark; give a JSON file that it wrote")
    return result


def format_comparison(first, second):
    """The settings that differ, and every number of both results with the ratio of the second to the first.

    Args:
        first, second: results of `read_result`; numbers that one of them lacks are left out.

    Raises:
        DataError: one result is of a tracker, the other of a training.
    """
    if first["kind"] != second["kind"]:
        raise DataError(f"a {first['kind']} cannot be compared with a {second['kind']}; give two of one kind")
    lines = [f"  {name}: {old} | {new}" for name, old, new in _differences(first, second)]
    if lines:
        lines = ["set otherwise:", *lines, ""]
    numbers = [_numbers(result) for result in (first, second)]
    names = [name for name in numbers[0] if name in numbers[1]]
    width = max(map(len, names), default=0)
    lines.append(f"{'':<{width}}{'first':>12}{'second':>12}{'ratio':>9}")
    for name in names:
        old, new = (values[name] for values in numbers)
        ratio = f"{new / old:.3f}" if old else "-"
        lines.append(f"{name:<{width}}{old:>12.4g}{new:>12.4g}{ratio:>9}")
    return "\n".join(lines)


def _differences(first, second):
    """(name, value in the first, value in the second) of the settings and versions that differ."""
    both = [dict(_leaves({key: result[key] for key in ("settings", "versions")})) for result in (first, second)]
    names = dict.fromkeys([*both[0], *both[1]])
    pairs = [(name, both[0].get(name), both[1].get(name)) for name in names]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _numbers(result):
    measured = {key: value for key, value in result.items() if key not in ("settings", "versions")}
    return {name: value for name, value in _leaves(measured) if isinstance(value, int | float)}


def _leaves(tree, prefix=""):
    """(dotted name, value) of every value in nested dicts that is not a dict."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
