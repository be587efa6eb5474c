"""The registry of datasets: DMB's own (`libs.dataset.catalog`), those of packages, and any named `module:Class`.

A package offers a dataset through an entry point in the group `dmb.datasets`:

    [project.entry-points."dmb.datasets"]
    birds = "birds:Birds"
"""

import difflib
import functools
import importlib
import importlib.metadata
import pkgutil
import warnings
from types import ModuleType

from libs.dataset import catalog
from libs.dataset.entry import Dataset
from libs.utils.errors import SettingsError
from libs.utils.references import find_object, is_reference

GROUP = "dmb.datasets"


@functools.cache
def datasets() -> dict[str, Dataset]:
    """All datasets by name: DMB's own, then those of installed packages; no reader is imported."""
    found = {}
    for module in pkgutil.iter_modules(catalog.__path__):
        for each in _named_in(importlib.import_module(f"{catalog.__name__}.{module.name}")):
            found[each.name] = each
    for name, each in _offered().items():
        found.setdefault(name, each)
    return found


def find_dataset(name: str) -> Dataset:
    """The dataset of a name, or of the class that 'module:Class' names.

    Raises:
        SettingsError: it does not exist; the message has the nearest name and all names.
    """
    if is_reference(name):
        return _instance(find_object(name, "dataset"), name)
    known = _by_any_name()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise SettingsError(f"there is no dataset {name!r}{hint}; known are {', '.join(datasets())}, and module:Class")
    return known[name]


def is_dataset(name: str) -> bool:
    """Whether `find_dataset` would look for it: the name of a dataset, or 'module:Class'."""
    return is_name(name) or is_reference(name)


def is_name(name: str) -> bool:
    """Whether it is the name or an alias of a dataset."""
    return name in _by_any_name()


def datasets_for(use: str) -> list[Dataset]:
    """The datasets for one use: `libs.dataset.entry.TRACK`, `SEGMENT` or `TRAIN`."""
    return [each for each in datasets().values() if use in each.uses]


def _by_any_name() -> dict[str, Dataset]:
    return {alias: each for each in datasets().values() for alias in each.aliases} | datasets()


def _named_in(module: ModuleType) -> list[Dataset]:
    """The datasets that a module defines, in its order, without unnamed classes and those it imports."""
    classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Dataset)]
    return [each() for each in classes if each.__module__ == module.__name__ and hasattr(each, "name")]


def _offered() -> dict[str, Dataset]:
    """What installed packages offer, by the entry point's name; warns of those that cannot be imported."""
    found = {}
    for point in importlib.metadata.entry_points(group=GROUP):
        try:
            found[point.name] = _instance(point.load(), point.value)
        # Whatever another package raises must not take the other datasets with it.
        except Exception as error:
            warnings.warn(f"the dataset {point.name} of {point.value} is left out: {error!r}", stacklevel=2)
    return found


def _instance(found: object, reference: str) -> Dataset:
    if isinstance(found, type) and issubclass(found, Dataset):
        found = found()
    if not isinstance(found, Dataset) or not hasattr(found, "name"):
        raise SettingsError(f"{reference} is not a dataset: write a class of libs.dataset.entry.Dataset with a name")
    return found
