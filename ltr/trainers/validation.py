"""Validation: loss and IoU on held-out clips, J and F of mask propagation through whole held-out sequences."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import numpy as np
import torch

from libs.dataset.segmented import SegmentationDataset, VideoObject
from libs.memory.appearance import AppearanceMemoryParams
from libs.memory.propagation import propagate
from libs.models.amb import AMB
from libs.utils.masks import mask_to_box
from libs.utils.metrics import boundary_f, region_similarity, scored_frames
from ltr.actors.clip_actor import ClipActor
from ltr.data.clip import ClipBatch
from ltr.data.sampler import ClipKey
from ltr.trainers.monitor import RunningMeans

Autocast = Callable[[], AbstractContextManager]
"""Returns the context of a forward pass."""
FRAME_GAP = 5
"""Frame gap of validation clips; the same in all epochs, so that they can be compared."""
MASK_THRESHOLD = 0.5


def validation_keys(clips: int, rank: int = 0, processes: int = 1) -> list[ClipKey]:
    """Keys of the validation clips of one process; epoch 0, which training never uses."""
    return [ClipKey(0, index, FRAME_GAP) for index in range(rank, clips, processes)]


@torch.no_grad()
def validate_clips(
    actor: ClipActor, loader: Iterable[ClipBatch], device: torch.device, autocast: Autocast
) -> RunningMeans:
    """Loss and IoU of clips.

    Args:
        actor: ClipActor; it is left in evaluation mode.
        loader: loader of ClipBatches.
        device: torch.device.
        autocast: function that returns the context of a forward pass.

    Returns:
        RunningMeans with 'loss' and 'iou'.
    """
    actor.eval()
    means = RunningMeans("loss", "iou")
    for batch in loader:
        with autocast():
            result = actor(batch.to(device))
        means.add("loss", result.loss.sum(), result.loss.numel())
        means.add("iou", result.iou.sum(), result.iou.numel())
    return means


def validate_sequences(
    network: AMB,
    objects: Iterable[VideoObject],
    autocast: Autocast,
    params: AppearanceMemoryParams | None = None,
) -> RunningMeans:
    """J and F of mask propagation through whole sequences; arguments as for `score_object`.

    Args:
        objects: list of `VideoObject`.

    Returns:
        RunningMeans with 'J' and 'F' over the objects.
    """
    means = RunningMeans("J", "F")
    for video in objects:
        scores = score_object(network, video, autocast, params=params)
        if scores is not None:
            means.add("J", scores[0], 1)
            means.add("F", scores[1], 1)
    return means


def score_object(
    network: AMB,
    video: VideoObject,
    autocast: Autocast,
    from_box: bool = False,
    params: AppearanceMemoryParams | None = None,
) -> tuple[float, float] | None:
    """J and F of mask propagation from the first annotated frame of an object, as the DAVIS benchmark counts.

    Args:
        network: AMB in evaluation mode.
        video: the object.
        autocast: function that returns the context of a forward pass.
        from_box: start from the box of the first mask instead of the mask.
        params: which frames are remembered; None: the defaults.

    Returns:
        J and F, means over the annotated frames of `scored_frames`; None if there are none.
    """
    first = int(video.frames[0])
    counted = scored_frames(first, len(video.sequence))
    _, mask = video.read(first)
    start = {"first_box": mask_to_box(mask)} if from_box else {"first_mask": mask}
    numbers = range(first, counted.stop)
    scores = []
    with autocast():
        frames = (video.sequence.frame(number) for number in numbers)
        for number, probability in zip(numbers, propagate(network, frames, **start, params=params), strict=True):
            labels = video.sequence.labels(number) if number in counted else None
            if labels is not None:
                found, truth = probability > MASK_THRESHOLD, labels == video.object_id
                void = video.sequence.void_pixels(number)
                scores.append((region_similarity(found, truth, void), boundary_f(found, truth, void)))
    return tuple(np.mean(scores, axis=0)) if scores else None


def first_objects(videos: SegmentationDataset | None, count: int) -> list[VideoObject]:
    """The first object of each of several sequences, evenly spread over the dataset; none without videos."""
    if videos is None or not count:
        return []
    by_sequence = {}
    for video in videos.objects:
        by_sequence.setdefault(video.sequence.name, video)
    objects = list(by_sequence.values())
    places = np.linspace(0, len(objects) - 1, min(count, len(objects))).round().astype(int)
    return [objects[place] for place in places]
