"""The appearance memory bank: which frames' keys and values are remembered, for how long, and what is evicted."""

import collections
import dataclasses

from libs.utils.errors import SettingsError
from libs.utils.params import Params

LARGEST_CAPACITY = 1000


@dataclasses.dataclass
class AppearanceMemoryParams(Params):
    """Parameters of the appearance memory bank."""

    memory_interval: int = 5
    """Every so many frames, the frame is kept (when the spatial memory is confident of it). At least 1."""
    memory_capacity: int = 20
    """Frames in the bank at most, the annotated first and the last segmented included. From 2 to 1000."""
    remember_last: bool = True
    """Remember the last segmented frame too. False: the first and the kept ones only, so that the memory encoder runs
    for kept frames alone: faster, and less able to follow what changes quickly."""

    def check_appearance(self):
        """Raises SettingsError when a value is out of its range."""
        if self.memory_interval < 1:
            raise SettingsError(f"memory_interval is {self.memory_interval}; it must be at least 1")
        if not 2 <= self.memory_capacity <= LARGEST_CAPACITY:
            raise SettingsError(
                f"memory_capacity is {self.memory_capacity}; it must be at least 2 (first and last frame), at most "
                f"{LARGEST_CAPACITY}"
            )


class AppearanceMemoryBank:
    """Keys and values of the annotated first frame, of some kept frames, and of the last segmented frame.

    One buffer of fixed capacity is filled from the front and read as a view, without copies. Attention does not
    depend on the order of the remembered frames, so an evicted frame's place is simply taken by the next one:
    slot 0 is the first frame for ever; the last frame has a slot that is overwritten each time, unless it was to be
    kept, when the next last frame takes a new slot or, with all slots in use, that of the oldest kept frame.
    """

    def __init__(self, params):
        params.check_appearance()
        self.interval = params.memory_interval
        self.capacity = params.memory_capacity
        self.remember_last = params.remember_last
        self._keys = self._values = None

    def __len__(self):
        return self._size

    def initialize(self, key, value):
        """Forget everything and remember the annotated first frame.

        Args:
            key: (1, h*w, Ck). value: (1, h*w, Cv).
        """
        if self._keys is None or not _fits(self._keys, key) or not _fits(self._values, value):
            self._keys = key.new_empty(self.capacity, *key.shape[1:])
            self._values = value.new_empty(self.capacity, *value.shape[1:])
        self._size = 0
        self._kept = collections.deque()
        self._last, self._keep_last = None, False
        self._frames = {}
        self._write(self._next_slot(), 0, key, value)

    def remember(self, frame, key, value, confident):
        """Remember a segmented frame: as the last one, and for longer when it is due and the tracker is confident.

        Does nothing unless `wants(frame, confident)`.

        Args:
            frame: number of the frame, 1 for the first after the annotated one.
            key: (1, h*w, Ck). value: (1, h*w, Cv).
            confident: whether the mask of this frame may be trusted later on.
        """
        if not self.wants(frame, confident):
            return
        if self._last is None or self._keep_last:
            if self._last is not None:
                self._kept.append(self._last)
            self._last = self._next_slot()
        self._write(self._last, frame, key, value)
        self._keep_last = self.keeps(frame, confident)

    def wants(self, frame, confident):
        """Whether `remember` would store this frame: worth asking before its key and value are computed."""
        return self.remember_last or self.keeps(frame, confident)

    def keeps(self, frame, confident):
        """Whether `remember` would keep this frame for longer than as the last one."""
        return confident and frame % self.interval == 0 and self.capacity > 2

    @property
    def keys(self):
        """(1, T*h*w, Ck), a view of all remembered keys."""
        return self._keys[: self._size].flatten(0, 1).unsqueeze(0)

    @property
    def values(self):
        """(1, T*h*w, Cv), a view of all remembered values."""
        return self._values[: self._size].flatten(0, 1).unsqueeze(0)

    @property
    def frames(self):
        """Numbers of the remembered frames, in the order of `keys`."""
        return [self._frames[slot] for slot in range(self._size)]

    def _next_slot(self):
        if self._size < self.capacity:
            self._size += 1
            return self._size - 1
        return self._kept.popleft()

    def _write(self, slot, frame, key, value):
        # A number that is not finite (those of fp16 end at 65504) would be read by every pixel of every later frame.
        self._keys[slot] = key[0].nan_to_num(nan=0, posinf=0, neginf=0)
        self._values[slot] = value[0].nan_to_num(nan=0, posinf=0, neginf=0)
        self._frames[slot] = frame


def _fits(buffer, tensor):
    return buffer.shape[1:] == tensor.shape[1:] and buffer.dtype == tensor.dtype and buffer.device == tensor.device
