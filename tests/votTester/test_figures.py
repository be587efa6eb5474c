import re
import xml.etree.ElementTree

import pytest

from libs.utils.plot_style import colour
from pytracking.analysis.report import svg_of
from votTester.figures import accuracy_robustness_plot, eao_plot, overlap_plot
from votTester.measures import evaluate
from votTester.results import result_file, write_result
from votTester.trajectory import FAILED, INITIALIZED, SKIPPED, Trajectory


@pytest.fixture
def evaluation(make_dataset, tmp_path):
    """A run without a single frame that counts for accuracy."""
    dataset = make_dataset("a", "b", frames=7)
    for name in ("a", "b"):
        write_result(result_file(tmp_path, name), Trajectory([INITIALIZED, FAILED, *[SKIPPED] * 4, INITIALIZED]))
    return evaluate(tmp_path, "mine", "tiny", dataset.annotations)


@pytest.mark.parametrize("plot", [accuracy_robustness_plot, eao_plot, overlap_plot])
def test_plots_are_svg_of_finite_points(evaluation, plot):
    svg = svg_of(plot([evaluation, evaluation])).decode()
    assert xml.etree.ElementTree.fromstring(svg).tag.endswith("svg")
    assert not re.search(r"\bnan\b", svg)
    assert colour(0) in svg
    assert colour(1) in svg


def test_same_plot_every_time(evaluation):
    assert svg_of(eao_plot([evaluation])) == svg_of(eao_plot([evaluation]))
