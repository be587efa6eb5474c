"""Sequences whose masks are in an annotation file, object by object, and are drawn when they are asked for."""

import dataclasses

import numpy as np

from libs.dataset.segmented import SegmentedSequence
from libs.media.coco_masks import as_run_lengths, coco_tools, draw


@dataclasses.dataclass(frozen=True)
class RunLengthSequence(SegmentedSequence):
    """Images with masks in COCO's forms.

    Attributes:
        masks: frame index -> {object id, 1 to 254: its mask}, in the order in which they are drawn, the last in front.
        size: (height, width) in pixels.
    """

    size: tuple[int, int] = (0, 0)

    def labels(self, index: int) -> np.ndarray | None:
        """Label mask of frame `index`, uint8 (H, W), 0 background, k object k; None if the frame is not annotated."""
        if index not in self.masks:
            return None
        labels = np.zeros(self.size, dtype=np.uint8)
        for number in self.masks[index]:
            labels[draw(run_lengths(self, index, number))] = number
        return labels

    def void_pixels(self, index: int) -> None:
        """None: such files have no void pixels."""
        return None


def run_lengths(sequence: RunLengthSequence, index: int, number: int) -> dict:
    """Compressed run lengths of an object in a frame. Raises DataError when its mask does not fill the image."""
    origin = f"{sequence.name}, frame {index}, object {number}"
    return as_run_lengths(sequence.masks[index][number], *sequence.size, origin)


def box_of(sequence: RunLengthSequence, index: int, number: int) -> list[float] | None:
    """The tight box x, y, w, h of an object in a frame, of all of its mask; None where it has no pixel."""
    x, y, w, h = coco_tools().toBbox(run_lengths(sequence, index, number)).tolist()
    return [x, y, w, h] if w > 0 and h > 0 else None
