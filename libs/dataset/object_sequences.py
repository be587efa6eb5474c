"""Objects of segmentation data as sequences to track: one `Sequence` an object, from the first frame that shows it."""

import dataclasses

import numpy as np

from libs.dataset.sequence import ABSENT, Sequence


@dataclasses.dataclass(frozen=True)
class ObjectMasks:
    """The masks of one object behind `len` and `[i]`: bool (H, W), or None for a frame without annotation.

    Attributes:
        source: `libs.dataset.segmented.SegmentedSequence`.
        object_id: the object's label.
        first: index in `source` of the frame that is 0 here.
    """

    source: object
    object_id: int
    first: int

    def __len__(self):
        return len(self.source) - self.first

    def __getitem__(self, index):
        labels = self.source.labels(self.first + index)
        return None if labels is None else labels == self.object_id


def object_sequences(dataset):
    """One `Sequence` for each object of a `SegmentationDataset`, with masks, and boxes in the frames that show it.

    It is called `<sequence>-<object>`, or as the sequence where all of a sequence's labels are merged into one object.
    """
    return [_object_sequence(each) for each in dataset.objects]


def _object_sequence(each):
    source, first = each.sequence, int(each.frames[0])
    regions = np.full((len(source) - first, 4), ABSENT)
    regions[each.frames - first] = each.boxes
    masks = ObjectMasks(source, each.object_id, first)
    return Sequence(source.name if source.merged else each.name, source.images[first:], regions, masks)
