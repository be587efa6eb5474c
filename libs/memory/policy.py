"""Memory policies: which segmented frames the appearance memory keeps, and which kept frame makes room for another."""

import dataclasses
import enum
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from libs.utils.errors import SettingsError
from libs.utils.references import find_by_name


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What the tracker knows of a segmented frame.

    Attributes:
        number: of the frame, 1 for the first after the annotated one.
        confident: whether the spatial memory is sure of the target's place.
        believed: whether the mask agrees with the spatial memory and with the target's size.
        uncertainty: of the spatial memory: about 1 is usual, 3 doubtful; 0 without a spatial memory.
        mask_score: mean probability of the mask's pixels, 0..1; 0 for an empty mask.
        area_ratio: the mask's area over those of the masks before it; 1 if none is known.
        agreement: the filter's score at the mask's centre over its highest score; 0 without a mask, 1 without a filter.
        likeness: of the mask's content to the target, -1..1 (see `Likeness`); 1 if it is not known.
    """

    number: int
    confident: bool = True
    believed: bool = True
    uncertainty: float = 0.0
    mask_score: float = 1.0
    area_ratio: float = 1.0
    agreement: float = 1.0
    likeness: float = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offer(Evidence):
    """A segmented frame offered to the memory: the evidence, key and value, and what they are similar to.

    Key, value and similarity are computed once, when a policy asks for them. With a light memory encoder the key exists
    already; a full one computes key and value together.

    Attributes:
        memorize: computes key and value.
        compare: returns a key's similarity to each remembered frame.
        key_at_hand: the key, if it exists without the value, else None.
    """

    memorize: Callable[[], tuple[Tensor, Tensor]]
    compare: Callable[[Tensor], dict[int, float]]
    key_at_hand: Tensor | None = None

    @property
    def key(self) -> Tensor:
        """(N, h*w, Ck), for N targets that share the decision: one in tracking, a batch in training."""
        return self._key_and_value[0] if self.key_at_hand is None else self.key_at_hand

    @property
    def value(self) -> Tensor:
        """(N, h*w, Cv)."""
        return self._key_and_value[1]

    @property
    def is_memorized(self) -> bool:
        """Whether the value was asked for."""
        return "_key_and_value" in vars(self)

    @functools.cached_property
    def similarity(self) -> dict[int, float]:
        """Number of each remembered frame -> its similarity to this one, -1..1; 1 is the same key.

        It is the largest cosine between a token's key here and any token's key there, averaged over tokens and targets.
        The annotated first frame, number 0, is always remembered.
        """
        return self.compare(self.key)

    @functools.cached_property
    def _key_and_value(self) -> tuple[Tensor, Tensor]:
        return self.memorize()


class Decision(enum.Enum):
    """What the memory does with an offered frame."""

    FORGET = "forget"
    LAST = "last"
    """It is remembered until the next frame takes its place."""
    KEEP = "keep"
    """It is remembered until it is evicted."""


class MemoryPolicy(Protocol):
    """Decides what the bank remembers; each sequence gets a new policy, so a policy may have state."""

    def decide(self, offer: Offer, /) -> Decision:
        """Decide what to do with a frame; called once for each segmented frame, in order."""
        ...

    def evict(self, kept: Sequence[int], /) -> int:
        """Which of the kept frames (ascending numbers, without the first frame) makes room for a new one."""
        ...


@runtime_checkable
class StatefulPolicy(MemoryPolicy, Protocol):
    """A policy with state saved in sessions; without these two methods, a loaded session starts a new policy."""

    def state_dict(self) -> dict[str, Any]:
        """The policy's state, as tensors, numbers, strings, None, and lists and dicts of these."""
        ...

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Restore what `state_dict` returned."""
        ...


class PaperPolicy:
    """The paper's policy: the last frame, and every few frames one that the spatial memory is confident of; oldest out.

    A frame with a mask that is not believed is not remembered at all.

    Args:
        interval: number of frames from one that may be kept to the next.
        remember_last: whether to remember the last frame even if it is not kept.
    """

    def __init__(self, interval: int, remember_last: bool = True):
        self.interval, self.remember_last = interval, remember_last

    def decide(self, offer: Offer) -> Decision:
        """Keep a believed frame, or remember it as the last one."""
        if not offer.believed:
            return Decision.FORGET
        if offer.confident and offer.number % self.interval == 0:
            return Decision.KEEP
        return Decision.LAST if self.remember_last else Decision.FORGET

    def evict(self, kept: Sequence[int]) -> int:
        """The oldest kept frame."""
        return kept[0]


class EvidencePolicy(PaperPolicy):
    """The paper's policy, but a kept frame must also have a sharp mask of about the expected size.

    Args:
        interval, remember_last: as in `PaperPolicy`.
    """

    LEAST_MASK_SCORE = 0.85
    LEAST_AREA = 0.6

    def decide(self, offer: Offer) -> Decision:
        """As the paper's policy, with `KEEP` only for sharp masks that cover most of the expected area."""
        decision = super().decide(offer)
        sound = offer.mask_score >= self.LEAST_MASK_SCORE and offer.area_ratio >= self.LEAST_AREA
        if decision is Decision.KEEP and not sound:
            return Decision.LAST if self.remember_last else Decision.FORGET
        return decision


POLICIES = {"paper": PaperPolicy, "evidence": EvidencePolicy}


def memory_policy(name: str, interval: int, remember_last: bool) -> MemoryPolicy:
    """A new policy by its name in `POLICIES`, or of a user's `module:Class`, which takes the same two arguments.

    The class is imported, so the name must come from the user, not from a file (see `require_imported`).

    Raises:
        SettingsError: the policy is unknown.
    """
    found = find_by_name(name, POLICIES, "memory policy")
    if not isinstance(found, type) or not all(hasattr(found, method) for method in ("decide", "evict")):
        raise SettingsError(f"{name} is no memory policy: write a class with decide() and evict(), as `PaperPolicy` is")
    return found(interval, remember_last)
