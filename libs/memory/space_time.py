"""The loop shared by tracker, propagation, validation and training: remember, read, decode, offer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from libs.memory.appearance import AppearanceMemoryBank
from libs.memory.policy import Decision, Evidence, Offer
from libs.models.amb import AMB, EncodedFrame


class SpaceTimeMemory:
    """The network and its memory, of one target or of a batch of N.

    Args:
        network: memorises and segments frames.
        bank: holds the remembered frames.
    """

    def __init__(self, network: AMB, bank: AppearanceMemoryBank):
        self.network, self.bank = network, bank

    def remember(self, frame: EncodedFrame, masks: Tensor) -> None:
        """Forget everything and remember the annotated first frame with its masks, (N, S, S) in 0..1."""
        self.bank.initialize(*self.network.memorize(frame, masks))

    def segment(self, frame: EncodedFrame, location: Tensor) -> Tensor:
        """Read from the memory and decode the result.

        Args:
            frame: N encoded crops, or one with N targets to segment.
            location: (S, S) or (N, S, S), see `location_map`.

        Returns:
            float32 logits (N, 2, S, S); channel 1 is the target.
        """
        return self.network.segment(frame, *self.bank.tokens, location)

    def offer(
        self, frame: EncodedFrame, masks: Tensor, evidence: Evidence, starts_here: Tensor | None = None
    ) -> Decision:
        """Offer a segmented frame to the memory, which computes its key and value only if needed.

        Args:
            frame: its encoded crops. masks: (N, S, S) in 0..1, to remember with it.
            evidence: on which the policy decides.
            starts_here: (N,) bool, for which targets this is the first frame again, now with a mask in place of the box
                that started them: the box is forgotten. None: for none.
        """
        offer = self.offer_of(frame, masks, evidence)
        decision = self.bank.judge(offer)
        if decision is Decision.FORGET and starts_here is None:
            return decision
        if starts_here is not None:
            # If this frame is remembered too, it is there twice, which reads like once: its softmax weights halve,
            # and are added up.
            self.bank.replace_first(starts_here, offer.key, offer.value)
        self.bank.remember(offer.number, decision, offer.key, offer.value)
        return decision

    def offer_of(self, frame: EncodedFrame, masks: Tensor, evidence: Evidence) -> Offer:
        """What the policy gets to see; arguments as for `offer`."""
        gradients = torch.is_grad_enabled()

        def memorize() -> tuple[Tensor, Tensor]:
            # Gradients must flow through what is remembered, even if a policy asks for it under `no_grad`.
            with torch.set_grad_enabled(gradients):
                return self.network.memorize(frame, masks)

        key = self.network.key_without_mask(frame, len(masks))
        return Offer(**vars(evidence), memorize=memorize, compare=self.bank.similarity, key_at_hand=key)


@torch.inference_mode()
def offer_together(
    memories: Sequence[SpaceTimeMemory], frame: EncodedFrame, masks: Tensor, evidence: Sequence[Evidence]
) -> list[Decision]:
    """`SpaceTimeMemory.offer` for N targets, each in its own crop; remembered crops are memorised as one batch.

    Args:
        memories: of the targets, of one network.
        frame: their N crops. masks: (N, S, S) in 0..1. evidence: one for each.
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
