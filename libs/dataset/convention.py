"""How a dataset counts: pixels in its box files, and frames in its scores."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Convention:
    """The conventions of a dataset of boxes.

    Attributes:
        first_pixel: coordinate of the image's corner in its files: 1 for MATLAB programs, else 0. In memory all boxes
            are 0-based; files of ground truth and of results use the dataset's own convention.
        rules: the rules in `pytracking.analysis.rules` that score it: 'otb', 'lasot', 'got10k' or 'plain'.
        source: where this is documented.
    """

    first_pixel: int = 0
    rules: str = "plain"
    source: str = ""


ZERO_BASED = Convention()
