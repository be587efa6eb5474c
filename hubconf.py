"""For torch.hub: `tracker = torch.hub.load(REPOSITORY, "dmb")`; then `pytracking.session.Session(tracker)`."""

from typing import Any

from pytracking.tracker.base.basetracker import BaseTracker

dependencies = ["torch", "torchvision", "timm", "numpy", "cv2", "pydantic", "platformdirs", "filelock"]


def dmb(param: str | None = None, **values: Any) -> BaseTracker:
    """The DMB tracker with its bundled weights.

    Args:
        param: name of a parameter file, such as 'DMB_resnet18'; None: the default.
        values: parameters that replace the file's, such as `device="cpu"`; see docs/parameters.md.

    Raises:
        SettingsError: there is no such parameter file or parameter, or a value is out of range.
    """
    # Late, because torch.hub imports this file to list what is in it.
    from pytracking.evaluation.tracker import Tracker

    return Tracker("DMB", param).create_tracker(**values)
