"""Ground truth, flags, names and tables as every reader parses them: generated, and corrupted."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.dataset.attributes import add_attributes
from libs.dataset.names import check_name, read_names
from libs.dataset.readers.fitting import read_flags
from libs.media.regions import parse_region, read_boxes, read_regions, read_rows
from libs.utils.errors import DataError
from libs.utils.polygons import polygon_area, region_to_polygon

numbers = st.floats(-1e6, 1e6)
sides = st.floats(1e-3, 1e6)
boxes = st.tuples(numbers, numbers, sides, sides)
regions = boxes | st.lists(numbers, min_size=8, max_size=8).filter(lambda r: polygon_area(region_to_polygon(r)) > 0)
separators = st.sampled_from([",", "\t", " ", ", ", ";", "  "])
line_ends = st.sampled_from(["\n", "\r\n"])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("truth") / "groundtruth.txt"


def write(path, rows, separator, line_end):
    path.write_bytes("".join(separator.join(map(repr, row)) + line_end for row in rows).encode())


@given(rows=st.lists(regions, min_size=1, max_size=5), separator=separators, line_end=line_ends)
def test_regions_are_read_as_written(path, rows, separator, line_end):
    write(path, rows, separator, line_end)
    for found, row in zip(read_regions(path), rows, strict=True):
        assert found.tolist() == list(row)


@given(
    rows=st.lists(boxes, min_size=1, max_size=5),
    separator=separators,
    line_end=line_ends,
    first_pixel=st.sampled_from([0, 1]),
)
def test_boxes_are_read_as_written(path, rows, separator, line_end, first_pixel):
    write(path, rows, separator, line_end)
    expected = np.array(rows) - [first_pixel, first_pixel, 0, 0]
    assert read_boxes(path, first_pixel).tolist() == expected.tolist()


@given(rows=st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=5), separator=separators)
def test_tables_are_read_as_written_without_their_labels(path, rows, separator):
    path.write_text("".join(separator.join(map(repr, row)) + ' "label 5"\n' for row in rows))
    assert read_rows(path, [3]) == [tuple(row) for row in rows]


@given(flags=st.lists(st.sampled_from([0, 1, 8]), min_size=1, max_size=9), separator=st.sampled_from(["\n", ",", " "]))
def test_flags_are_read_as_written(path, flags, separator):
    path.write_text(separator.join(map(str, flags)))
    assert read_flags(path, len(flags)).tolist() == flags


@given(content=st.binary(max_size=60) | st.text('0123456789,.eE+-nainf \t\r\n;"', max_size=60).map(str.encode))
def test_corrupted_files_are_refused_or_numbers(path, content):
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        assert all(region.size in (4, 8) for region in read_regions(path))
    with contextlib.suppress(DataError):
        assert read_boxes(path).shape[1] == 4
    with contextlib.suppress(DataError):
        assert read_flags(path, 3).shape == (3,)
    with contextlib.suppress(DataError):
        assert all(check_name(name, path) for name in read_names(path))
    with contextlib.suppress(DataError):
        add_attributes([], path)


@given(st.text(max_size=40))
def test_a_line_is_a_region_or_refused(line):
    with contextlib.suppress(DataError):
        assert parse_region(line, "line").size in (4, 8)


@given(name=st.text(max_size=12) | st.text("./\\:a~\0\n", max_size=6))
def test_a_name_that_passes_stays_in_its_folder(path, name):
    with contextlib.suppress(DataError):
        inside = (path.parent / check_name(name, "list")).resolve()
        assert inside.parent == path.parent.resolve()
        assert inside.name == name
