"""The exported programs in OpenVINO, on the inputs that they get while a target is followed."""

import numpy as np
import pytest

from dmb_onnx import Tracker
from libs.dataset.rendered.sequences import mini_set

pytestmark = pytest.mark.slow

openvino = pytest.importorskip("openvino", reason="openvino is not installed: pip install '.[openvino]'")


def calls_of(folder):
    """Each program's last inputs and outputs, by name, over a start, four frames and a search."""
    sequence = next(sequence for sequence in mini_set() if sequence.name == "rotation")
    tracker, calls = Tracker(str(folder)), {}
    run = tracker.programs.run

    def recorded(name, values):
        inputs = tracker.programs.facts["programs"][name]["inputs"]
        # Copies, because the memories change later.
        given = {key: np.array(values[key], kind["type"]) for key, kind in inputs.items()}
        calls[name] = given, run(name, values)
        return calls[name][1]

    tracker.programs.run = recorded
    polygon = sequence.polygons[0]
    tracker.initialize(sequence.frame(0), {"init_bbox": [*polygon.min(axis=0), *np.ptp(polygon, axis=0)]})
    # The filter is updated every `train_skipping` frames, or after a hard negative.
    tracker.programs.params.train_skipping = 2
    for index in range(1, 5):
        tracker.track(sequence.frame(index))
    tracker._filter.search(sequence.frame(5), tracker._target)
    assert set(calls) == set(tracker.programs.facts["programs"])
    return calls


def test_the_numbers_are_the_same(exported):
    core = openvino.Core()
    for name, (given, expected) in calls_of(exported).items():
        # Not the lower precision that some processors would get.
        program = core.compile_model(str(exported / f"{name}.onnx"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        found = program(given)
        for output, numbers in expected.items():
            difference = np.abs(np.asarray(found[output]) - numbers).max()
            assert difference <= 1e-4 * max(1.0, np.abs(numbers).max()), (name, output, difference)
