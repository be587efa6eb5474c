"""A tracker of one's own, through the VOT test on rendered sequences; no parameter file is needed.

python examples/own_tracker.py
python run_vot_test.py --dataset mini --tracker examples.own_tracker:Still     # the same as a command
"""

from typing import Any

import numpy as np

from pytracking.tracker.base.basetracker import BaseTracker
from votTester.vot import VOTTester


class Still(BaseTracker):
    """Thinks that nothing moves."""

    def initialize(self, image: np.ndarray, info: dict[str, Any]) -> None:
        """Take the region of the first frame, 4 or 8 numbers."""
        self.region = info["init_bbox"]

    def track(self, image: np.ndarray, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """The same region in every frame."""
        return {"polygon": self.region}


if __name__ == "__main__":
    tester = VOTTester(Still(), "still", ["mini"])
    tester.test()
    (evaluation,) = tester.evaluation()
    print(f"accuracy {evaluation.total.accuracy:.3f}, {evaluation.total.failures:.0f} failures")
