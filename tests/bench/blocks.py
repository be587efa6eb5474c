"""Measures what each part of a frame costs, by wrapping methods of a built tracker; its code stays untouched."""

import collections
import contextlib
import functools
from typing import NamedTuple

from libs.memory import segmenter as segmenter_module
from libs.memory import spatial as spatial_module
from libs.models import amb
from libs.utils.crops import CropWindow
from pytracking.tracker.DMB.shape import ShapeFitter

REST = "the rest"


class Probe(NamedTuple):
    """A function whose cost belongs to a block.

    Attributes:
        owner: object, class or module with the function.
        name: the function's name there.
        block: the block's name.
        whole: whether everything called inside belongs to the block, too, regardless of other probes.
    """

    owner: object
    name: str
    block: str
    whole: bool = False


def tracker_probes(tracker):
    """The probes of a built DMB tracker; everything outside the blocks is 'the rest' of the frame.

    Functions that the tracker does not have are left out, so that other versions of it can be timed in the same way.
    """
    network, spatial = tracker.network, tracker.spatial
    probes = [
        Probe(tracker, "track", REST),
        Probe(CropWindow, "extract", "crops"),
        Probe(segmenter_module, "crop_inputs", "crops"),
        Probe(spatial_module, "crop_inputs", "crops"),
        Probe(network, "filter_features", "search features", whole=True),
        Probe(spatial, "respond", "filter scoring"),
        Probe(spatial, "judge", "filter scoring"),
        Probe(spatial, "learn", "filter learning"),
        Probe(network, "encode", "segmentation features"),
        Probe(network.query_key_value, "forward", "key and value"),
        Probe(getattr(network, "memory_key_value", None), "forward", "key and value"),
        Probe(amb, "read_memory", "memory read"),
        Probe(network, "decode", "decode"),
        Probe(network, "memorize", "memory encode"),
        Probe(ShapeFitter, "fit", "shape fit"),
    ]
    return [probe for probe in probes if hasattr(probe.owner, probe.name)]


class BlockMeter:
    """Measures how much a quantity, such as time, grows in each block; outer blocks exclude inner ones.

    Args:
        probes: list of Probe.
        quantity: function that returns the quantity's current value.

    Attributes:
        totals: block -> growth of the quantity during all work inside `measure`.
        calls: block -> number of times that it was entered.
    """

    def __init__(self, probes, quantity):
        self.probes, self.quantity = probes, quantity
        self.totals = dict.fromkeys((probe.block for probe in probes), 0.0)
        self.calls = collections.Counter()
        self._open, self._mark, self._sealed = [], 0.0, False

    @contextlib.contextmanager
    def measure(self):
        """Context that measures the probed functions, and restores them at its end."""
        with contextlib.ExitStack() as stack:
            for probe in self.probes:
                stack.enter_context(_replaced(probe.owner, probe.name, self._measured(probe)))
            yield self

    def _measured(self, probe):
        function = getattr(probe.owner, probe.name)

        @functools.wraps(function)
        def measured(*args, **kwargs):
            if self._sealed:
                return function(*args, **kwargs)
            self._enter(probe)
            try:
                return function(*args, **kwargs)
            finally:
                self._leave()

        return measured

    def _enter(self, probe):
        self._charge()
        self.calls[probe.block] += self._open[-1:] != [probe.block]
        self._open.append(probe.block)
        self._sealed = probe.whole

    def _leave(self):
        self._charge()
        self._open.pop()
        self._sealed = False

    def _charge(self):
        """Add the quantity's growth since the last call to the innermost open block."""
        value = self.quantity()
        if self._open:
            self.totals[self._open[-1]] += value - self._mark
        self._mark = value


@contextlib.contextmanager
def _replaced(owner, name, function):
    """Context that replaces an attribute of an object, class or module by another function."""
    own = name in vars(owner)
    original = getattr(owner, name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, original)
        else:
            delattr(owner, name)
