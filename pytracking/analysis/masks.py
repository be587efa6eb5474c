"""Reported masks of the objects of a video, joined to label masks in which every pixel is of one object."""

import dataclasses

import numpy as np

from libs.dataset.object_boxes import read_labels
from libs.dataset.object_sequences import ObjectMasks
from libs.utils.errors import DataError
from libs.utils.masks import check_mask_size


@dataclasses.dataclass(frozen=True)
class Video:
    """A video and the objects in it that were tracked one by one.

    Attributes:
        name: of the video.
        names: of its frames' files, without ending.
        objects: object id -> (sequence that was tracked, index in the video of its first frame).
    """

    name: str
    names: list
    objects: dict

    def labels(self, run, index):
        """What a run reported in frame `index`, uint8 (H, W): 0 background, k object k.

        Where several objects claim a pixel, the one of fewer pixels has it: a small object is rather in front of a
        large one than behind it. Results of a whole video, `<run>/<video>/<frame>.png`, are taken as they are; else
        each object's are read from `<run>/<sequence>/<index in the sequence>.png`.

        Raises:
            DataError: a mask is missing or damaged, or two have different sizes.
        """
        if self._is_joined(run):
            return read_labels(_existing(run / self.name / f"{self.names[index]}.png"))
        shown = {
            key: read_labels(_existing(run / sequence.name / f"{index - first:05d}.png")) > 0
            for key, (sequence, first) in self.objects.items()
            if index >= first
        }
        if not shown:
            return np.zeros(self._shape(index), dtype=np.uint8)
        return join_masks(shown)

    def _is_joined(self, run):
        own = {sequence.name for sequence, _ in self.objects.values()}
        return self.name not in own and (run / self.name).is_dir()

    def _shape(self, index):
        sequence = min(self.objects.values(), key=lambda item: item[1])[0]
        return sequence.frame(0).shape[:2]


def join_masks(masks):
    """A label mask, uint8 (H, W), of overlapping masks.

    Args:
        masks: object id -> bool (H, W); not empty.

    Raises:
        DataError: two differ in size.
    """
    shape = next(iter(masks.values())).shape
    labels = np.zeros(shape, dtype=np.uint8)
    for key, mask in sorted(masks.items(), key=lambda item: (-np.count_nonzero(item[1]), -item[0])):
        labels[check_mask_size(mask, shape)] = key
    return labels


def find_videos(sequences):
    """The videos that sequences with masks come from, as a list of `Video`, in their order.

    Raises:
        DataError: a sequence has no masks.
    """
    videos = {}
    for sequence in sequences:
        if sequence.masks is None:
            raise DataError(f"sequence {sequence.name} has no masks; give a dataset that has them, such as davis2017")
        masks = sequence.masks
        if isinstance(masks, ObjectMasks):
            names = [path.stem for path in masks.source.images]
            video = videos.setdefault(masks.source.name, Video(masks.source.name, names, {}))
            video.objects[masks.object_id] = sequence, masks.first
        else:
            names = [f"{index:05d}" for index in range(len(sequence))]
            videos[sequence.name] = Video(sequence.name, names, {1: (sequence, 0)})
    return list(videos.values())


def _existing(path):
    if not path.is_file():
        raise DataError(f"{path} is missing: the tracker reported no mask there, or did not finish the sequence")
    return path
