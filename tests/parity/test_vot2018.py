"""Published VOT2018 results give the published numbers (accuracy, failures, EAO)."""

import csv

import numpy as np
import pytest

from votTester.annotations import read_annotations
from votTester.cli import main
from votTester.measures import evaluate

PUBLISHED = {
    "DaSiamRPN": (0.586, 59, 0.383),
    "SiamAPN++": (0.580, 94, 0.268),
    "SiamTPN": (0.644, 152, 0.190),
}
TOLERANCE = 0.003


@pytest.fixture(scope="module")
def annotations(parity):
    return read_annotations(parity / "vot2018" / "VOT2018.json")


@pytest.mark.parametrize("tracker", PUBLISHED)
def test_published_numbers(parity, annotations, tracker):
    accuracy, failures, eao = PUBLISHED[tracker]
    result = evaluate(parity / "vot2018" / tracker, tracker, "vot2018", annotations)
    assert result.total.failures == failures
    assert result.total.accuracy == pytest.approx(accuracy, abs=TOLERANCE)
    assert result.total.eao == pytest.approx(eao, abs=TOLERANCE)
    assert result.notes == ["EAO over frames 100 to 356"]
    assert result.total.robustness == pytest.approx(100 * failures / 21356)
    assert np.isfinite(result.details.curve).all()


def test_command_on_published_results(parity, tmp_path):
    """The whole command, report included, with times and files; the published folders stay as they are."""
    folder = parity / "vot2018"
    before = sorted(folder.glob("DaSiamRPN/**/*"))
    arguments = ["--evaluate-only", "--dataset", str(folder / "VOT2018.json"), "--name", str(folder / "DaSiamRPN")]
    assert main([*arguments, "--results", str(tmp_path)]) == 0
    with (tmp_path / "vot2018" / "DaSiamRPN" / "report.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert sum(row["kind"] == "sequence" for row in rows) == 60
    total = rows[-1]
    assert (total["failures"], total["fps"]) == ("59", "")
    assert float(total["eao"]) == pytest.approx(0.383, abs=TOLERANCE)
    assert sorted(folder.glob("DaSiamRPN/**/*")) == before


def test_annotations_of_the_60_sequences(annotations):
    by_name = {annotation.name: annotation for annotation in annotations}
    assert len(by_name) == 60
    assert sum(map(len, annotations)) == 21356
    # Given as x, y, w, h in the file.
    np.testing.assert_array_equal(by_name["conduction1"].polygons[0][[0, 2]], [[712, 231], [734, 255]])
    for name, tag in (("ball1", "occlusion"), ("car1", "occlusion"), ("matrix", "camera_motion")):
        assert not by_name[name].tags[tag].any()
    assert all(annotation.present.all() for annotation in annotations)
