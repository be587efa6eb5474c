"""How a dataset counts: pixels in its box files, and frames in its scores."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Convention:
    """The customs of a dataset of boxes.

    Attributes:
        first_pixel: what its files call the corner of the image: 1 in those of MATLAB programs, else 0. Inside, all
            boxes are 0-based; files of ground truth and of results are read and written in the dataset's own way.
        rules: by which of `pytracking.analysis.rules` it is scored: 'otb', 'lasot', 'got10k', or 'plain'.
        source: where this is known from.
    """

    first_pixel: int = 0
    rules: str = "plain"
    source: str = ""


ZERO_BASED = Convention()
