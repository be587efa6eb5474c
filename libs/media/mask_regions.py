"""Masks as VOT writes them on a line, `m x0,y0,w,h,runs...`: the only parser and the only writer.

The line gives columns x0 to x0 + w - 1 and rows y0 to y0 + h - 1 of the image; they may reach beyond it on any side.
The runs go row by row and begin with background: n pixels of background, m of the target, and so on.
"""

import dataclasses
import re
from typing import TypeAlias

import numpy as np

from libs.utils.errors import DataError
from libs.utils.masks import mask_to_box, place_mask

MARK = "m"
"""First character of a line that holds a mask."""
LARGEST = 2**27
"""Most pixels of a mask: those of an image of 11,000 x 11,000."""
SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")
WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
Shape: TypeAlias = tuple[int, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class MaskRegion:
    """The part of a mask that a line describes.

    Attributes:
        offset: x and y of the part's first column and row in the image, in pixels; may be negative.
        size: its width and height, 0 or more.
        runs: (N,) int64, lengths of runs of background, target, background, ..., row by row; their sum is its pixel
            count.
    """

    offset: tuple[int, int]
    size: tuple[int, int]
    runs: np.ndarray

    @classmethod
    def of(cls, mask: np.ndarray) -> "MaskRegion":
        """The region of a mask (H, W), nonzero on the target: the pixels in its tight box."""
        box = mask_to_box(mask)
        if box is None:
            return cls((0, 0), (0, 0), np.zeros(1, dtype=np.int64))
        x, y, w, h = map(int, box)
        pixels = mask[y : y + h, x : x + w].ravel() != 0
        borders = np.flatnonzero(np.diff(pixels)) + 1
        first = [0, 0] if pixels[0] else [0]
        return cls((x, y), (w, h), np.diff(np.concatenate([first, borders, [pixels.size]])))

    @property
    def part(self) -> np.ndarray:
        """(h, w) bool: the described pixels."""
        on_target = np.arange(self.runs.size) % 2 == 1
        return np.repeat(on_target, self.runs).reshape(self.size[::-1])

    def draw(self, shape: Shape) -> np.ndarray:
        """(H, W) bool: the mask of an image of `shape` (H, W, ...), cut off at its border."""
        return place_mask(self.part, self.offset, shape)

    def __str__(self) -> str:
        """The line, as vot-toolkit writes it."""
        return MARK + ",".join(map(str, [*self.offset, *self.size, *self.runs.tolist()]))


def is_mask_line(line: str) -> bool:
    """Whether a line of a region file is meant as a mask."""
    return line.startswith(MARK)


def parse_mask_line(line: str, origin: str) -> MaskRegion:
    """Parse the mask on a line; numbers may be separated by commas, blanks, tabs or semicolons.

    Args:
        line: stripped.
        origin: file and line, with which an error message begins.

    Raises:
        DataError: it is not a mask, or its runs do not fill it.
    """
    fields = SEPARATOR.split(line.removeprefix(MARK).strip(" \t,;"))
    if not is_mask_line(line) or len(fields) < 4 or not all(map(WHOLE.fullmatch, fields)):
        raise DataError(f"{origin}: expected a mask, m and whole numbers x0,y0,w,h,runs..., not {line[:80]!r}")
    x, y, w, h, *runs = map(int, fields)
    if min(w, h, *runs) < 0 or w * h > LARGEST:
        raise DataError(f"{origin}: the mask has a size of {w} x {h} pixels or a run of negative length")
    if sum(runs) != w * h:
        raise DataError(
            f"{origin}: the runs of the mask are {sum(runs)} pixels long but it is {w} x {h} = {w * h}; is the file "
            "cut short?"
        )
    return MaskRegion((x, y), (w, h), np.array(runs, dtype=np.int64))
