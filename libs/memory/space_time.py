"""The one loop of tracker, propagation, validation and training: remember, read, decode, offer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from libs.memory.appearance import AppearanceMemoryBank
from libs.memory.policy import Decision, Evidence, Offer
from libs.models.amb import AMB, EncodedFrame


class SpaceTimeMemory:
    """The network and what it remembers, of one target or of a batch of N.

    Args:
        network: by which frames are memorised and segmented.
        bank: in which they are remembered.
    """

    def __init__(self, network: AMB, bank: AppearanceMemoryBank):
        self.network, self.bank = network, bank

    def remember(self, frame: EncodedFrame, masks: Tensor) -> None:
        """Forget everything and remember the annotated first frame, whose masks are (N, S, S) in 0..1."""
        self.bank.initialize(*self.network.memorize(frame, masks))

    def segment(self, frame: EncodedFrame, location: Tensor) -> Tensor:
        """Read what is remembered and decode it.

        Args:
            frame: N encoded crops, or one in which N targets are segmented.
            location: (S, S) or (N, S, S), see `location_map`.

        Returns:
            float32 logits (N, 2, S, S); channel 1 is the target.
        """
        return self.network.segment(frame, *self.bank.tokens, location)

    def offer(
        self, frame: EncodedFrame, masks: Tensor, evidence: Evidence, starts_here: Tensor | None = None
    ) -> Decision:
        """Offer a segmented frame to the memory; its key and value are computed only if they are wanted.

        Args:
            frame: what it showed. masks: (N, S, S) in 0..1, what to remember of it.
            evidence: by which the policy decides.
            starts_here: (N,) bool, of which targets this is the first frame once more, in which the box that they were
                started from has become a mask: the box is forgotten. None: of none.
        """
        offer = self.offer_of(frame, masks, evidence)
        decision = self.bank.judge(offer)
        if decision is Decision.FORGET and starts_here is None:
            return decision
        if starts_here is not None:
            # Where this frame is remembered too, it is there twice, which reads like once: its softmax weights halve,
            # and are added up.
            self.bank.replace_first(starts_here, offer.key, offer.value)
        self.bank.remember(offer.number, decision, offer.key, offer.value)
        return decision

    def offer_of(self, frame: EncodedFrame, masks: Tensor, evidence: Evidence) -> Offer:
        """What the policy is shown; arguments as `offer`."""
        gradients = torch.is_grad_enabled()

        def memorize() -> tuple[Tensor, Tensor]:
            # What a policy asks for under `no_grad` is remembered and trained through all the same.
            with torch.set_grad_enabled(gradients):
                return self.network.memorize(frame, masks)

        key = self.network.key_without_mask(frame, len(masks))
        return Offer(**vars(evidence), memorize=memorize, compare=self.bank.similarity, key_at_hand=key)


@torch.inference_mode()
def offer_together(
    memories: Sequence[SpaceTimeMemory], frame: EncodedFrame, masks: Tensor, evidence: Sequence[Evidence]
) -> list[Decision]:
    """`SpaceTimeMemory.offer` of N targets, each in its own crop; those that are remembered are one batch.

    Args:
        memories: of the targets, of one network.
        frame: their N crops. masks: (N, S, S) in 0..1. evidence: of each.
    """
    crops = zip(memories, frame.each(), masks.split(1), evidence, strict=True)
    offers = [memory.offer_of(crop, mask, known) for memory, crop, mask, known in crops]
    decisions = [memory.bank.judge(offer) for memory, offer in zip(memories, offers, strict=True)]
    wanted = [row for row, decision in enumerate(decisions) if decision is not Decision.FORGET]
    new = [row for row in wanted if not offers[row].is_memorized]
    tokens = {row: (offers[row].key, offers[row].value) for row in wanted if row not in new}
    if new:
        chosen = (frame, masks) if len(new) == len(masks) else (frame.select(new), masks[new])
        keys, values = memories[0].network.memorize(*chosen)
        tokens |= zip(new, zip(keys.split(1), values.split(1), strict=True), strict=True)
    for row, (key, value) in tokens.items():
        memories[row].bank.remember(offers[row].number, decisions[row], key, value)
    return decisions
