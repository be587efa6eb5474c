"""The one loop of tracker, propagation, validation and training: remember, read, decode, offer."""

from torch import Tensor

from libs.memory.appearance import AppearanceMemoryBank
from libs.memory.policy import Decision, Evidence
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
        decision = self.bank.judge(evidence)
        if decision is Decision.FORGET and starts_here is None:
            return decision
        key, value = self.network.memorize(frame, masks)
        if starts_here is not None:
            # Where this frame is remembered too, it is there twice, which reads like once: its softmax weights halve,
            # and are added up.
            self.bank.replace_first(starts_here, key, value)
        self.bank.remember(evidence.number, decision, key, value)
        return decision
