"""Numbers objects by the ids that a format has, or else by their names."""

import collections
import logging
from collections.abc import Sequence
from typing import Any

from libs.media.annotations.record import check_number
from libs.utils.errors import DataError


class Numbering:
    """Gives the objects of all frames their numbers, once all frames are added.

    Ids, where the format has them, are the numbers; if they count from 0, one is added, with a note. Without ids, the
    name identifies an object and must be unique in a frame; in a single frame the objects are numbered in order.

    Args:
        origin: what is read, for messages.
        field: what the format calls the id.
    """

    def __init__(self, origin: str, field: str) -> None:
        self._origin, self._field = origin, field
        self._frames: list[list[tuple[Any, str]]] = []
        self._numbers: list[list[int]] = []

    def add(self, objects: Sequence[tuple[Any, str]]) -> None:
        """Add the objects of the next frame: the id (None if there is none) and the name of each."""
        self._frames.append(list(objects))
        self._numbers = []

    def numbers(self, frame: int) -> list[int]:
        """The numbers of the objects in a frame; the frame that was added first is 0.

        Raises:
            DataError: an id is not a number, only some objects have ids, or names do not tell the objects apart.
        """
        if not self._numbers:
            self._numbers = self._find()
        return self._numbers[frame]

    def _find(self) -> list[list[int]]:
        ids = [key for objects in self._frames for key, _ in objects]
        if ids and all(key is None for key in ids):
            return self._by_name()
        if any(key is None for key in ids):
            raise DataError(
                f"{self._origin}: {sum(key is None for key in ids)} of {len(ids)} objects have no {self._field}; give "
                "all of them one, or none"
            )
        found = [[check_number(key, self._origin) for key, _ in objects] for objects in self._frames]
        first = 0 in {number for numbers in found for number in numbers}
        if first:
            logging.warning("%s: its ids count from 0; object 0 is object 1 here, and so on", self._origin)
        self._check(found)
        return [[number + first for number in numbers] for numbers in found]

    def _by_name(self) -> list[list[int]]:
        if len(self._frames) == 1:
            return [list(range(1, len(self._frames[0]) + 1))]
        names = [[name for _, name in objects] for objects in self._frames]
        for some in names:
            name, count = collections.Counter(some).most_common(1)[0] if some else ("", 0)
            if count > 1:
                raise DataError(
                    f"{self._origin}: {count} objects of a frame are called {name!r} and have no {self._field}, so "
                    "that nothing says which is which in other frames; give each object an id or a name of its own"
                )
        order = {name: number for number, name in enumerate(dict.fromkeys(name for some in names for name in some), 1)}
        return [[order[name] for name in some] for some in names]

    def _check(self, found: list[list[int]]) -> None:
        for numbers in found:
            number, count = collections.Counter(numbers).most_common(1)[0] if numbers else (0, 0)
            if count > 1:
                raise DataError(
                    f"{self._origin}: a frame has {count} objects of the {self._field} {number}, by which objects are "
                    "told apart; give each its own"
                )
