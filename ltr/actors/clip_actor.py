"""Runs a batch of clips through the network: memorise frame 1, segment frame 2, remember it, segment frame 3."""

from typing import NamedTuple

import torch
from torch import nn
from torchvision.transforms.v2 import functional as transforms

from libs.models.aggregation import soft_aggregation, target_probability
from libs.models.location_map import location_map
from libs.utils.crops import IMAGENET_MEAN, IMAGENET_STD
from libs.utils.losses import mask_iou, segmentation_loss
from ltr.actors.mask_spoiling import spoil_masks

TRUSTED_IOU = 0.5
"""With memory 'threshold', predicted masks of a higher IoU are remembered."""


class ClipResult(NamedTuple):
    """What a batch of N clips of T frames with M objects in all gives.

    Attributes:
        loss: float32 (N,), mean over a clip's frames and objects.
        iou: float32 (M, T-1) in 0..1, of the masks at probability 0.5.
        probability: float32 (M, T-1, S, S) of the objects, detached.
    """

    loss: torch.Tensor
    iou: torch.Tensor
    probability: torch.Tensor


class ClipActor(nn.Module):
    """The network with its training task. All clips of a batch, and all their objects, go through it together.

    Args:
        network: AMB.
        loss: name of the loss, see `segmentation_loss`.
        memory: what is remembered of a segmented frame: 'recurrent', 'mask', 'threshold', or 'two' (nothing).
        freeze_encoders: leave both encoders as they are.
        channels_last: bring the images into channels-last memory order.
        spoilt_memory: probability that a remembered mask is spoilt in training, see `spoil_masks`.
    """

    def __init__(
        self,
        network,
        loss="bootstrapped",
        memory="recurrent",
        freeze_encoders=False,
        channels_last=False,
        spoilt_memory=0.0,
    ):
        super().__init__()
        self.network = network
        self.learn_batch_norm = False
        self._loss = segmentation_loss(loss)
        self._memory = memory
        self._spoilt_memory = spoilt_memory
        self._memory_format = torch.channels_last if channels_last else torch.contiguous_format
        if freeze_encoders:
            network.query_encoder.requires_grad_(False)
            network.memory_encoder.requires_grad_(False)

    def train(self, mode=True):
        """Training or evaluation mode; batch norm is only in training mode while its statistics are learned."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.train(mode and self.learn_batch_norm and module.weight.requires_grad)
        return self

    def forward(self, batch):
        """Segment frames 2 .. T of every clip (`ClipBatch` on the network's device); returns a `ClipResult`.

        A predicted mask is remembered as it is: no gradient flows back through it to the frame it was predicted in.
        Where a clip starts from a box, the box is forgotten once frame 2 (frame 1 again) has been segmented from it, as
        the tracker does.
        """
        frames = self._encode(batch)
        key, value = self.network.memorize(frames[0], batch.first_masks)
        keys, values = [key], [value]
        from_box = batch.box_start[batch.clip_of_object][:, None, None]
        losses, probabilities = [], []
        for frame in range(1, len(frames)):
            logits = self._segment(batch, frames[frame], frame, keys, values)
            losses.append(self._loss(logits, batch.masks[:, frame]))
            probabilities.append(target_probability(logits.detach()))
            if frame < len(frames) - 1:
                mask = self._mask_to_remember(batch, probabilities[-1], frame)
                if self.training and self._spoilt_memory:
                    mask = spoil_masks(mask, self._spoilt_memory)
                key, value = self.network.memorize(frames[frame], mask)
                if frame == 1:
                    # Twice the same memory reads like once: softmax weights halve, and are added up.
                    keys, values = [torch.where(from_box, key, keys[0])], [torch.where(from_box, value, values[0])]
                keys, values = [*keys, key], [*values, value]
        probability = torch.stack(probabilities, dim=1)
        iou = mask_iou((probability > 0.5).flatten(0, 1), batch.masks[:, 1:].flatten(0, 1)).unflatten(
            0, (-1, len(losses))
        )
        return ClipResult(self._mean_per_clip(batch, torch.stack(losses).mean(dim=0)), iou, probability)

    def _encode(self, batch):
        """`EncodedFrame` of each of the T frames, one row for each of the M objects."""
        count = len(batch.images)
        flat = transforms.to_dtype(batch.images.transpose(0, 1).flatten(0, 1), torch.float32, scale=True)
        flat = transforms.normalize(flat, IMAGENET_MEAN, IMAGENET_STD).contiguous(memory_format=self._memory_format)
        segmented = self.network.encode(flat[count:])
        parts = [self.network.encode_for_memory(flat[:count])]
        parts += [segmented.select(slice(start, start + count)) for start in range(0, len(flat) - count, count)]
        several = len(batch.clip_of_object) > count
        return [part.select(batch.clip_of_object) for part in parts] if several else parts

    def _segment(self, batch, frame, number, keys, values):
        size = batch.images.shape[-1]
        centres = batch.centres[:, number]
        location = location_map(size, self.network.config.location_scale, centres, device=centres.device)
        return self.network.segment(frame, torch.cat(keys, dim=1), torch.cat(values, dim=1), location)

    def _mask_to_remember(self, batch, probability, frame):
        annotated = batch.masks[:, frame]
        if self._memory == "mask":
            return annotated.float()
        predicted = self._aggregated(batch.clip_of_object, probability)
        if self._memory == "recurrent":
            return predicted
        trusted = mask_iou(probability > 0.5, annotated) > TRUSTED_IOU
        return torch.where(trusted[:, None, None], predicted, annotated.float())

    def _aggregated(self, clip_of_object, probability):
        """Masks to memorise: the objects of one clip share its pixels."""
        counts = torch.bincount(clip_of_object).tolist()
        parts = probability.split(counts)
        return torch.cat([soft_aggregation(p)[1:] if len(p) > 1 else self.network.memory_mask(p) for p in parts])

    @staticmethod
    def _mean_per_clip(batch, losses):
        counts = torch.bincount(batch.clip_of_object)
        return torch.zeros_like(counts, dtype=losses.dtype).index_add(0, batch.clip_of_object, losses) / counts
