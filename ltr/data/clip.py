"""A training clip and a batch of them: clips may have different numbers of objects."""

import dataclasses
from collections.abc import Callable

import torch


@dataclasses.dataclass
class Clip:
    """T frames around one target, with K objects.

    Attributes:
        images: uint8 (T, 3, S, S).
        masks: bool (K, T, S, S); object 0 is the one that the crops are centred on.
        first_masks: float32 (K, S, S) in 0..1, what is memorised from frame 0: its masks, or filled boxes.
        centres: float32 (K, T, 2), where each object is expected: x, y in crop pixels, edge coordinates.
        box_start: whether frame 1 is frame 0 again, to be segmented from a box.
        name: source, sequence, object and frames, for messages.
        skipped: what could not be read before this clip was found.
    """

    images: torch.Tensor
    masks: torch.Tensor
    first_masks: torch.Tensor
    centres: torch.Tensor
    box_start: bool
    name: str
    skipped: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class ClipBatch:
    """N clips with M objects in total; rows of objects are in the order of the clips.

    Attributes:
        images: uint8 (N, T, 3, S, S).
        masks: bool (M, T, S, S).
        first_masks: float32 (M, S, S).
        centres: float32 (M, T, 2).
        clip_of_object: int64 (M,), ascending: the clip each object is in.
        box_start: bool (N,).
        objects: number of objects in each clip, N numbers on the host, so that no device has to be queried.
        names: N strings.
        skipped: list of strings.
    """

    images: torch.Tensor
    masks: torch.Tensor
    first_masks: torch.Tensor
    centres: torch.Tensor
    clip_of_object: torch.Tensor
    box_start: torch.Tensor
    objects: list[int]
    names: list
    skipped: list

    def to(self, device: torch.device) -> "ClipBatch":
        """The same batch on a device; the copy does not block if the batch is in pinned memory."""
        return self.mapped(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> "ClipBatch":
        """The same batch in pinned memory; called by torch's DataLoader."""
        return self.mapped(torch.Tensor.pin_memory)

    def mapped(self, function: Callable[[torch.Tensor], torch.Tensor]) -> "ClipBatch":
        """The same batch with the function applied to each tensor."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        tensors = {name: function(value) for name, value in fields.items() if isinstance(value, torch.Tensor)}
        return dataclasses.replace(self, **tensors)


def collate_clips(clips: list[Clip]) -> ClipBatch:
    """Join clips of equal length and size to a `ClipBatch`; in a loading process, in shared memory.

    Raises:
        RuntimeError: there is too little shared memory. If torch moved the batch there when sending it, the batch would
            be lost and the training would wait for it forever.
    """
    batch = _joined(clips)
    return batch if torch.utils.data.get_worker_info() is None else batch.mapped(torch.Tensor.share_memory_)


def _joined(clips: list[Clip]) -> ClipBatch:
    objects = [len(clip.masks) for clip in clips]
    return ClipBatch(
        images=torch.stack([clip.images for clip in clips]),
        masks=torch.cat([clip.masks for clip in clips]),
        first_masks=torch.cat([clip.first_masks for clip in clips]),
        centres=torch.cat([clip.centres for clip in clips]),
        clip_of_object=torch.repeat_interleave(torch.arange(len(clips)), torch.tensor(objects)),
        box_start=torch.tensor([clip.box_start for clip in clips]),
        objects=objects,
        names=[clip.name for clip in clips],
        skipped=[name for clip in clips for name in clip.skipped],
    )
