import numpy as np
import pytest
from PIL import Image

from libs.utils.plot_style import colour
from pytracking.analysis import plots
from pytracking.analysis.evaluation import evaluate_boxes
from pytracking.analysis.plots import PLOTS, draw_attributes, draw_plot, write_plots


@pytest.fixture
def evaluations(tmp_path, make_sequence, write_result):
    sequence = make_sequence("a", [[0, 0, 10, 10]] * 2, tags={"IV": [True] * 2})
    write_result("bad/p", "a", [[5, 0, 10, 10]] * 2)
    write_result("good/p", "a", [[0, 0, 10, 10]] * 2)
    runs = {name: [tmp_path / "results" / name] for name in ("bad/p", "good/p")}
    return evaluate_boxes(runs, "tiny", [sequence])


def test_curves_are_the_scores_and_the_legend_is_ordered(evaluations):
    axes = draw_plot(PLOTS[0], evaluations).axes[0]
    first, second = axes.get_lines()
    assert (first.get_label(), second.get_label()) == ("good/p  95.2", "bad/p  33.3")
    # Overlap 1/3: above the thresholds 0 to 0.3.
    assert second.get_ydata().tolist() == [1] * 7 + [0] * 14
    assert np.allclose(second.get_xdata(), np.arange(21) / 20)
    assert (first.get_color(), second.get_color()) == (colour(1), colour(0))


def test_precision_plots(evaluations):
    plots = [draw_plot(plot, evaluations).axes[0].get_lines() for plot in PLOTS[1:]]
    precision, normalised = (next(line for line in lines if "bad" in line.get_label()) for lines in plots)
    assert precision.get_ydata().tolist() == [0] * 5 + [1] * 46
    assert precision.get_xdata()[-1] == 50
    assert normalised.get_ydata().tolist() == [0] * 50 + [1]
    assert normalised.get_xdata()[-1] == 0.5


def test_a_panel_for_each_attribute(evaluations):
    figure = draw_attributes(PLOTS[0], evaluations)
    assert [axes.get_title() for axes in figure.axes if axes.get_visible()] == ["IV (1)"]


def test_files_are_png_and_pdf_and_the_same_every_time(tmp_path, evaluations, monkeypatch):
    monkeypatch.setattr(plots, "PLOTS", PLOTS[1:2])
    paths = write_plots(tmp_path / "plots", evaluations)
    assert len(paths) == 4
    assert {path.name for path in paths} == {path.name for path in (tmp_path / "plots").iterdir()}
    with Image.open(tmp_path / "plots" / "precision_tiny.png") as image:
        assert image.size == (1000, 800)
    assert (tmp_path / "plots" / "precision_tiny.pdf").read_bytes()[:5] == b"%PDF-"
    for path in write_plots(tmp_path / "again", evaluations):
        assert path.read_bytes() == (tmp_path / "plots" / path.name).read_bytes()
