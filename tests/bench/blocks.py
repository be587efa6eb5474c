"""Which part of a frame costs what: methods of a built tracker are wrapped from outside, its code stays untouched."""

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
    """A function whose work belongs to a block.

    Attributes:
        owner: object, class or module that has the function.
        name: of the function there.
        block: name of the block.
        whole: whether everything that is called inside belongs to the block too, whatever other probes say.
    """

    owner: object
    name: str
    block: str
    whole: bool = False


def tracker_probes(tracker):
    """The probes of a built DMB tracker; what belongs to no block is 'the rest' of the frame.

    Functions that the tracker does not have are left out, so that other versions of it can be timed alike.
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
    """Measures how much a quantity, such as time, grows in each block; inner blocks are taken out of outer ones.

    Args:
        probes: list of Probe.
        quantity: function that returns the quantity's value now.

    Attributes:
        totals: block -> growth of the quantity, of all work done inside `measure`.
        calls: block -> how often it was entered.
    """

    def __init__(self, probes, quantity):
        self.probes, self.quantity = probes, quantity
        self.totals = dict.fromkeys((probe.block for probe in probes), 0.0)
        self.calls = collections.Counter()
        self._open, self._mark, self._sealed = [], 0.0, False

    @contextlib.contextmanager
    def measure(self):
        """Context in which the probed functions are measured; at its end they are as before."""
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
        """Give what the quantity grew by since the last call to the innermost open block."""
        value = self.quantity()
        if self._open:
            self.totals[self._open[-1]] += value - self._mark
        self._mark = value


@contextlib.contextmanager
def _replaced(owner, name, function):
    """Context in which an attribute of an object, class or module is another function."""
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
