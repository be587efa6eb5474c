import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.utils.errors import DataError
from votTester.results import read_result, result_file, time_file, write_result
from votTester.trajectory import FAILED, INITIALIZED, SKIPPED, Trajectory, is_code

polygons = st.lists(st.floats(-1e5, 1e5), min_size=8, max_size=8).map(lambda n: np.array(n).reshape(4, 2))
entries = st.one_of(polygons, st.sampled_from([SKIPPED, INITIALIZED, FAILED]))
seconds = st.none() | st.floats(0, 1e4) | st.just(np.nan)


@st.composite
def trajectories(draw):
    regions = [INITIALIZED, *draw(st.lists(entries, max_size=12))]
    times = None
    if draw(st.booleans()):
        times = np.array([draw(st.floats(0, 1e4) | st.just(np.nan)) for _ in regions])
    return Trajectory(regions, times)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return result_file(tmp_path_factory.mktemp("results"), "seq")


@given(trajectory=trajectories())
def test_what_is_written_is_read(path, trajectory):
    time_file(path).unlink(missing_ok=True)
    write_result(path, trajectory)
    found = read_result(path, len(trajectory))
    for region, other in zip(trajectory.regions, found.regions, strict=True):
        assert is_code(region) == is_code(other)
        np.testing.assert_allclose(other, region, atol=0.5001e-4)
    if trajectory.seconds is None:
        assert found.seconds is None
    else:
        np.testing.assert_allclose(found.seconds, trajectory.seconds, atol=0.5001e-6)


def refused_or_whole(path, length):
    """Read a file that may be damaged: it is refused, or every entry is a code or four finite corners."""
    with contextlib.suppress(DataError):
        for region in read_result(path, length).regions:
            assert is_code(region) or (region.shape == (4, 2) and np.isfinite(region).all())


@given(content=st.binary(max_size=200), times=st.binary(max_size=40))
def test_any_bytes_are_refused_or_regions(path, content, times):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    time_file(path).write_bytes(times)
    refused_or_whole(path, max(1, len(content.splitlines())))


@given(trajectory=trajectories(), at=st.floats(0, 1), replacement=st.text(max_size=8))
def test_a_damaged_result_is_refused_or_regions(path, trajectory, at, replacement):
    write_result(path, trajectory)
    text = path.read_text()
    start = int(at * len(text))
    path.write_text(text[:start] + replacement + text[start + len(replacement) :], encoding="utf-8")
    refused_or_whole(path, len(trajectory))
