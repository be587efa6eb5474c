"""The appearance memory bank: keys and values of remembered frames, which a policy chooses."""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from libs.memory.policy import Decision, MemoryPolicy, Offer, StatefulPolicy, memory_policy
from libs.memory.token_store import BufferedTokens, TokenStore
from libs.models.memory_reader import key_similarity
from libs.utils.errors import SettingsError
from libs.utils.params import Params


class AppearanceMemoryParams(Params):
    """The appearance memory."""

    memory_interval: int = Field(default=5, ge=1)
    """Keep a frame every this many frames, if the spatial memory is confident of it."""
    memory_capacity: int = Field(default=20, ge=2, le=1000)
    """Most frames in the bank, including the annotated first and the last segmented one."""
    remember_last: bool = True
    """Remember the last segmented frame too. False: only the first and the kept ones, so that the memory encoder runs
    for kept frames alone: faster, and less able to follow what changes quickly."""
    memory_policy: str = "paper"
    """What is kept and what is evicted: 'paper', 'evidence' (see `libs/memory/policy.py`), or 'module:Class'."""

    def policy(self) -> MemoryPolicy:
        """A new memory policy, as these parameters name it. Raises SettingsError if no policy has that name."""
        return memory_policy(self.memory_policy, self.memory_interval, self.remember_last)


class AppearanceMemoryBank:
    """Holds keys and values of the annotated first frame, of some kept frames, and of the last segmented frame.

    Attention does not depend on the order of the remembered frames, so the next frame simply takes an evicted frame's
    slot. Slot 0 is the first frame for ever. Each last frame overwrites the slot of the one before, unless that one is
    kept; then it takes a new slot or, if all are in use, the evicted frame's. Corrected frames are pinned: like the
    first, they stay.

    One bank serves one target, or N targets with the same frames and decisions (a batch of clips).

    Args:
        params: of the memory.
        store: where the tokens are. None: in a buffer for one target.
    """

    def __init__(self, params: AppearanceMemoryParams, store: TokenStore | None = None):
        self._params = params
        self.policy = params.policy()
        self.capacity = params.memory_capacity
        self._store = BufferedTokens() if store is None else store
        self._replaced: list[tuple[int, Tensor, Tensor]] | None = None

    def __len__(self) -> int:
        return len(self._frames)

    def initialize(self, key: Tensor, value: Tensor) -> None:
        """Forget everything, with a new policy, and remember the annotated first frame.

        Args:
            key: (N, h*w, Ck). value: (N, h*w, Cv).
        """
        self.policy = self._params.policy()
        self._store.clear(self.capacity)
        self._frames: list[int] = []
        self._pinned: list[int] = []
        self._last: int | None = None
        self._write(self._free_slot(), 0, key, value)

    def replace_first(self, rows: Tensor, key: Tensor, value: Tensor) -> None:
        """Replace the first frame's key and value of the targets where `rows` (N,) is true."""
        old_key, old_value = self._store.at(0)
        rows = rows[:, None, None]
        self._store.write(0, torch.where(rows, key, old_key), torch.where(rows, value, old_value))

    def judge(self, offer: Offer) -> Decision:
        """What the policy decides about a frame; call once per frame, because a policy may count."""
        return self.policy.decide(offer)

    def similarity(self, key: Tensor) -> dict[int, float]:
        """Number of each remembered frame -> similarity of a key (N, h*w, Ck) to its key; see `Offer.similarity`."""
        shares = key_similarity(key, self.tokens[0], len(self)).tolist()
        return dict(zip(self._frames, shares, strict=True))

    def remember(self, number: int, decision: Decision, key: Tensor, value: Tensor) -> None:
        """Remember a segmented frame as decided.

        Args:
            number: of the frame, 1 for the first after the annotated one.
            decision: LAST or KEEP; FORGET leaves the memory as it is.
            key: (N, h*w, Ck). value: (N, h*w, Cv).

        Raises:
            SettingsError: the memory is full, and its policy evicts a frame that is not kept.
        """
        if decision is Decision.FORGET:
            return
        slot = self._free_slot() if self._last is None else self._frames.index(self._last)
        if self._replaced is not None:
            old_key, old_value = self._store.at(slot)
            self._replaced = [(slot, old_key.clone(), old_value.clone())]
        self._write(slot, number, key, value)
        self._last = number if decision is Decision.LAST else None

    def pin(self, number: int, key: Tensor, value: Tensor) -> None:
        """Remember a corrected frame for ever, replacing what was remembered of it.

        The first frame and the corrections take at most half of the capacity: with one more, the oldest correction
        becomes an ordinary kept frame, which may be evicted.

        Args:
            number: of the frame, 1 for the first after the annotated one.
            key: (N, h*w, Ck). value: (N, h*w, Cv).
        """
        if number in self._frames:
            slot = self._frames.index(number)
        elif self._last is not None and len(self) == self.capacity and not self._kept:
            slot = self._frames.index(self._last)
        else:
            slot = self._free_slot()
        if self._frames[slot] == self._last:
            self._last = None
        self._write(slot, number, key, value)
        self._pinned = sorted({*self._pinned, number})
        if 1 + len(self._pinned) > max(1, self.capacity // 2):
            self._pinned.pop(0)

    def forget_since(self, number: int) -> None:
        """Forget frame `number` (1 or more) and those after it; pinned frames stay."""
        for slot in reversed(range(1, len(self))):
            if self._frames[slot] >= number and self._frames[slot] not in self._pinned:
                self._drop(slot)

    def mark(self) -> Any:
        """What the next `judge` and `remember` change, for `return_to`; from now on, replaced content is kept."""
        self._replaced = []
        return self.frames, list(self._pinned), self._last, copy.deepcopy(self.policy)

    def return_to(self, mark: Any) -> None:
        """Return to the last `mark`; since then at most one frame was remembered, and none pinned or forgotten."""
        frames, pinned, self._last, self.policy = mark
        self._frames, self._pinned = list(frames), list(pinned)
        for slot, key, value in self._replaced or ():
            self._store.write(slot, key, value)
        self._replaced = []

    @property
    def tokens(self) -> tuple[Tensor, Tensor]:
        """All remembered keys (N, T*h*w, Ck) and values (N, T*h*w, Cv), frame after frame as in `frames`."""
        return self._store.read(len(self))

    @property
    def frames(self) -> list[int]:
        """Numbers of the remembered frames, in the order of `tokens`."""
        return list(self._frames)

    @property
    def _kept(self) -> list[int]:
        """Ascending numbers of the frames that may be evicted."""
        return sorted(set(self._frames) - {0, self._last, *self._pinned})

    def _free_slot(self) -> int:
        if len(self) < self.capacity:
            self._frames.append(0)
            return len(self) - 1
        kept = self._kept
        evicted = self.policy.evict(kept)
        if evicted not in kept:
            raise SettingsError(
                f"memory policy {type(self.policy).__name__} evicts frame {evicted!r}, which is not kept; its evict() "
                f"must return one of the numbers it is given, here {kept}"
            )
        return self._frames.index(evicted)

    def _drop(self, slot: int) -> None:
        """Forget the frame in a slot; the frame in the last slot moves there."""
        dropped, final = self._frames[slot], len(self) - 1
        if slot != final:
            self._write(slot, self._frames[final], *self._store.at(final))
        self._frames.pop()
        if self._last == dropped:
            self._last = None

    def state_dict(self) -> dict[str, Any]:
        """Everything remembered, as tensors and numbers."""
        keys, values = self.tokens
        return {
            "keys": keys.clone(),
            "values": values.clone(),
            "frames": self.frames,
            "pinned": list(self._pinned),
            "last": self._last,
            "policy": self.policy.state_dict() if isinstance(self.policy, StatefulPolicy) else None,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned, from a bank with this capacity and policy."""
        self.policy = self._params.policy()
        frames = state["frames"]
        self._store.clear(self.capacity)
        self._frames = list(frames)
        self._pinned, self._last = list(state["pinned"]), state["last"]
        if isinstance(self.policy, StatefulPolicy):
            self.policy.load_state_dict(state["policy"])
        tokens = zip(state["keys"].chunk(len(frames), 1), state["values"].chunk(len(frames), 1), strict=True)
        for slot, (key, value) in enumerate(tokens):
            self._store.write(slot, key, value)

    def _write(self, slot: int, number: int, key: Tensor, value: Tensor) -> None:
        self._store.write(slot, key, value)
        self._frames[slot] = number
