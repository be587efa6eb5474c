"""Runs a batch of clips through the network: memorise frame 1, segment frame 2, remember it, segment frame 3."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as transforms

from libs.memory.appearance import AppearanceMemoryBank, AppearanceMemoryParams
from libs.memory.policy import Evidence
from libs.memory.space_time import SpaceTimeMemory
from libs.memory.token_store import DifferentiableTokens
from libs.models.aggregation import soft_aggregation, target_probability
from libs.models.amb import AMB, EncodedFrame
from libs.models.location_map import location_map
from libs.utils.crops import IMAGENET_MEAN, IMAGENET_STD
from libs.utils.losses import mask_iou, segmentation_loss
from ltr.actors.mask_spoiling import spoil_masks
from ltr.data.clip import ClipBatch

TRUSTED_IOU = 0.5
"""With memory 'threshold', a predicted mask is remembered if its IoU is above this."""


class ClipResult(NamedTuple):
    """The result of a batch of N clips of T frames with M objects in total.

    Attributes:
        loss: float32 (N,), mean over a clip's frames and objects.
        iou: float32 (M, T-1) in 0..1, of the masks at probability 0.5.
        probability: float32 (M, T-1, S, S) of the objects, detached.
    """

    loss: Tensor
    iou: Tensor
    probability: Tensor


class ClipActor(nn.Module):
    """The network with its training task; all clips of a batch, and all their objects, go through it together.

    Args:
        network: the network to train.
        loss: name of the loss, see `segmentation_loss`.
        memory: which mask of a segmented frame is remembered: 'recurrent', 'mask', 'threshold', or 'two' (none).
        memory_params: which frames are remembered, and by which policy: the tracker's rule, with a clip's frames
            numbered from 0. No filter runs in clips, so the policy is told that every frame is sound.
        freeze_encoders: keep the pretrained query encoder and full memory encoder fixed. A light memory encoder makes
            the values, and is trained with them.
        channels_last: convert the images to channels-last memory order.
        spoilt_memory: probability that a remembered mask is spoilt in training, see `spoil_masks`.
    """

    def __init__(
        self,
        network: AMB,
        loss: str = "bootstrapped",
        memory: str = "recurrent",
        memory_params: AppearanceMemoryParams | None = None,
        freeze_encoders: bool = False,
        channels_last: bool = False,
        spoilt_memory: float = 0.0,
    ):
        super().__init__()
        self.network = network
        self.learn_batch_norm = False
        self._loss = segmentation_loss(loss)
        self._memory = memory
        self._memory_params = AppearanceMemoryParams() if memory_params is None else memory_params
        self._spoilt_memory = spoilt_memory
        self._memory_format = torch.channels_last if channels_last else torch.contiguous_format
        if freeze_encoders:
            network.query_encoder.requires_grad_(False)
            if network.config.memory_encoder == "full":
                network.memory_encoder.requires_grad_(False)

    def train(self, mode: bool = True) -> "ClipActor":
        """Training or evaluation mode; batch norm is only in training mode while its statistics are learned."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d | nn.SyncBatchNorm):
                module.train(mode and self.learn_batch_norm and module.weight.requires_grad)
        return self

    def forward(self, batch: ClipBatch) -> ClipResult:
        """Segment frames 2 .. T of every clip of a batch on the network's device.

        No gradient flows back through a remembered mask to the frame it was predicted in. If a clip starts from a box,
        the box is forgotten once frame 2 (frame 1 again) has been segmented from it, as in the tracker.
        """
        first, *frames = self._encode(batch)
        memory = SpaceTimeMemory(self.network, AppearanceMemoryBank(self._memory_params, DifferentiableTokens()))
        memory.remember(first, batch.first_masks)
        from_box = batch.box_start[batch.clip_of_object]
        losses, probabilities = [], []
        for number, frame in enumerate(frames, start=1):
            logits = memory.segment(frame, self._location(batch, number))
            losses.append(self._loss(logits, batch.masks[:, number]))
            probabilities.append(target_probability(logits.detach()))
            if number < len(frames):
                mask = self._mask_to_remember(batch, probabilities[-1], number)
                memory.offer(frame, mask, Evidence(number), from_box if number == 1 else None)
        probability = torch.stack(probabilities, dim=1)
        iou = mask_iou((probability > 0.5).flatten(0, 1), batch.masks[:, 1:].flatten(0, 1)).unflatten(
            0, (-1, len(losses))
        )
        return ClipResult(self._mean_per_clip(batch, torch.stack(losses).mean(dim=0)), iou, probability)

    def _encode(self, batch: ClipBatch) -> list[EncodedFrame]:
        """`EncodedFrame` of each of the T frames, one row for each of the M objects."""
        count = len(batch.images)
        flat = transforms.to_dtype(batch.images.transpose(0, 1).flatten(0, 1), torch.float32, scale=True)
        flat = transforms.normalize(flat, list(IMAGENET_MEAN), list(IMAGENET_STD))
        flat = flat.contiguous(memory_format=self._memory_format)
        segmented = self.network.encode(flat[count:])
        parts = [self.network.encode_for_memory(flat[:count])]
        parts += [segmented.select(slice(start, start + count)) for start in range(0, len(flat) - count, count)]
        several = len(batch.clip_of_object) > count
        return [part.select(batch.clip_of_object) for part in parts] if several else parts

    def _location(self, batch: ClipBatch, number: int) -> Tensor:
        centres = batch.centres[:, number]
        scale = self.network.config.location_scale
        return location_map(batch.images.shape[-1], scale, centres, device=centres.device)

    def _mask_to_remember(self, batch: ClipBatch, probability: Tensor, number: int) -> Tensor:
        mask = self._sound_mask(batch, probability, number)
        return spoil_masks(mask, self._spoilt_memory) if self.training and self._spoilt_memory else mask

    def _sound_mask(self, batch: ClipBatch, probability: Tensor, number: int) -> Tensor:
        annotated = batch.masks[:, number]
        if self._memory == "mask":
            return annotated.float()
        predicted = self._aggregated(batch.objects, probability)
        if self._memory == "recurrent":
            return predicted
        trusted = mask_iou(probability > 0.5, annotated) > TRUSTED_IOU
        return torch.where(trusted[:, None, None], predicted, annotated.float())

    def _aggregated(self, objects: list[int], probability: Tensor) -> Tensor:
        """Masks to memorise: the objects of one clip share its pixels."""
        parts = probability.split(objects)
        return torch.cat([soft_aggregation(p)[1:] if len(p) > 1 else self.network.memory_mask(p) for p in parts])

    @staticmethod
    def _mean_per_clip(batch: ClipBatch, losses: Tensor) -> Tensor:
        return torch.stack([part.mean() for part in losses.split(batch.objects)])
