"""Protocols, one a file: what to run, how to score, which columns. `find_protocol` finds them by name."""

import importlib.metadata

from libs.utils.errors import SettingsError
from libs.utils.references import find_object, is_reference
from pytracking.evaluation.protocol import Protocol

OWN = {"ope": "pytracking.evaluation.protocols.ope:OPE", "vos": "pytracking.evaluation.protocols.vos:VOS"}
GROUP = "dmb.protocols"
"""Entry points of other packages: name -> class."""


def find_protocol(name: str) -> type[Protocol]:
    """The class of a protocol by its name, 'ope' or 'vos', or by 'module:Class'.

    Raises:
        SettingsError: there is none (the message lists those there are), or what is named is no protocol.
    """
    offered = {point.name: point.value for point in importlib.metadata.entry_points(group=GROUP)}
    known = {**offered, **OWN}
    if name not in known and not is_reference(name):
        raise SettingsError(f"there is no protocol {name!r}; there is: {', '.join(known)}; or give module:Class")
    found = find_object(known.get(name, name), "protocol")
    if not (isinstance(found, type) and issubclass(found, Protocol)):
        raise SettingsError(f"{name} is no protocol: write a class of pytracking.evaluation.protocol.Protocol")
    return found
