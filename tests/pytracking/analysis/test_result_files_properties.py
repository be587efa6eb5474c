import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.dataset.convention import ZERO_BASED
from libs.media.files import write_text
from libs.media.regions import format_region
from libs.utils.errors import DataError
from pytracking.analysis.result_files import box_file, read_result

sides = st.floats(0.01, 1e5)
boxes = st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), sides, sides) | st.just((np.nan,) * 4)


class Named(list):
    """What `read_result` needs of a sequence: a name, a length and its convention."""

    name, convention = "seq", ZERO_BASED


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@given(rows=st.lists(boxes, min_size=1, max_size=10))
def test_what_is_written_is_read(run, rows):
    sequence = Named(rows)
    write_text(box_file(run, sequence), "\n".join([*map(format_region, rows), ""]))
    np.testing.assert_allclose(read_result(run, sequence), rows, atol=0.5001e-4)


@given(content=st.binary(max_size=120))
def test_any_bytes_are_refused_or_boxes(run, content):
    sequence = Named(content.splitlines())
    box_file(run, sequence).write_bytes(content)
    with contextlib.suppress(DataError):
        found = read_result(run, sequence, exact=True)
        assert found.shape == (len(sequence), 4)
        present = np.isfinite(found).all(axis=1)
        assert (found[present, 2:] > 0).all()
        assert np.isnan(found[~present]).all()
