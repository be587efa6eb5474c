"""Memory policies: which segmented frames the appearance memory keeps, and which kept one makes room for another."""

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
        uncertainty: of the spatial memory: about 1 is usual, 3 doubtful; 0 where there is none.
        mask_score: mean probability of the mask's pixels, 0..1; 0 for an empty mask.
        area_ratio: the mask's area in those of the masks before it; 1 where none is known.
        agreement: the filter's score at the mask's centre in its highest one, 0 without a mask; 1 where there is
            no filter.
        likeness: of what the mask holds to the target, -1..1 (see `Likeness`); 1 where it is not known.
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
    """A segmented frame that is offered to the memory: the evidence, key and value, and what they are similar to.

    Key, value and similarity are computed when a policy asks for them, and once. With a light memory encoder the key
    exists anyway; a full one makes key and value together.

    Attributes:
        memorize: makes key and value.
        compare: gives a key's similarity to each remembered frame.
        key_at_hand: the key where it exists without the value, else None.
    """

    memorize: Callable[[], tuple[Tensor, Tensor]]
    compare: Callable[[Tensor], dict[int, float]]
    key_at_hand: Tensor | None = None

    @property
    def key(self) -> Tensor:
        """(N, h*w, Ck), of N targets that share the decision: one in tracking, a batch in training."""
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
        """Number of each remembered frame -> its similarity to this one, -1..1, where 1 is the same key.

        That is the largest cosine between the key of a token here and that of any token there, in the mean over tokens
        and targets. The annotated first frame, number 0, is always remembered.
        """
        return self.compare(self.key)

    @functools.cached_property
    def _key_and_value(self) -> tuple[Tensor, Tensor]:
        return self.memorize()


class Decision(enum.Enum):
    """What becomes of an offered frame."""

    FORGET = "forget"
    LAST = "last"
    """It is remembered until the next frame takes its place."""
    KEEP = "keep"
    """It is remembered until it is evicted."""


class MemoryPolicy(Protocol):
    """Decides; the bank holds what was decided. Each sequence gets a new one, so that a policy may have a state."""

    def decide(self, offer: Offer, /) -> Decision:
        """What becomes of a frame; asked once for each segmented frame, in their order."""
        ...

    def evict(self, kept: Sequence[int], /) -> int:
        """Which of the kept frames (ascending numbers) makes room for a new one; the first frame is none of them."""
        ...


@runtime_checkable
class StatefulPolicy(MemoryPolicy, Protocol):
    """A policy whose state is saved with a session; without these two methods, a loaded session begins a new one."""

    def state_dict(self) -> dict[str, Any]:
        """What it knows, as tensors, numbers, strings, None, and lists and dicts of these."""
        ...

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Take over what `state_dict` gave."""
        ...


class PaperPolicy:
    """The paper's: the last frame always, every so many frames one that the spatial memory is confident of, oldest out.

    A mask that is not believed is not remembered at all.

    Args:
        interval: frames from one that may be kept to the next.
        remember_last: whether the last frame is remembered where it is not kept.
    """

    def __init__(self, interval: int, remember_last: bool = True):
        self.interval, self.remember_last = interval, remember_last

    def decide(self, offer: Offer) -> Decision:
        """Keep, or remember as the last frame, what is believed."""
        if not offer.believed:
            return Decision.FORGET
        if offer.confident and offer.number % self.interval == 0:
            return Decision.KEEP
        return Decision.LAST if self.remember_last else Decision.FORGET

    def evict(self, kept: Sequence[int]) -> int:
        """The oldest."""
        return kept[0]


class EvidencePolicy(PaperPolicy):
    """The paper's, but a kept frame must also hold a sharp mask of about the size that is expected.

    Args:
        interval, remember_last: as in `PaperPolicy`.
    """

    LEAST_MASK_SCORE = 0.85
    LEAST_AREA = 0.6

    def decide(self, offer: Offer) -> Decision:
        """As the paper's policy, with `KEEP` only for sharp masks that hold most of the expected area."""
        decision = super().decide(offer)
        sound = offer.mask_score >= self.LEAST_MASK_SCORE and offer.area_ratio >= self.LEAST_AREA
        if decision is Decision.KEEP and not sound:
            return Decision.LAST if self.remember_last else Decision.FORGET
        return decision


POLICIES = {"paper": PaperPolicy, "evidence": EvidencePolicy}


def memory_policy(name: str, interval: int, remember_last: bool) -> MemoryPolicy:
    """A new policy by its name in `POLICIES`, or by `module:Class` of one's own, which takes the same two arguments.

    The class is imported, so that the name must be a user's, not a file's (see `require_imported`).

    Raises:
        SettingsError: there is no such policy.
    """
    found = find_by_name(name, POLICIES, "memory policy")
    if not isinstance(found, type) or not all(hasattr(found, method) for method in ("decide", "evict")):
        raise SettingsError(f"{name} is no memory policy: write a class with decide() and evict(), as `PaperPolicy` is")
    return found(interval, remember_last)
