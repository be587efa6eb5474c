"""A fuzzing target: valid files, a way to damage one of them, and the code that reads them."""

import dataclasses
import io
from collections.abc import Callable

import numpy as np
from PIL import Image


@dataclasses.dataclass(frozen=True)
class Target:
    """Code that reads files.

    Attributes:
        files: function that returns the seed corpus, path in a folder -> bytes, which `read` accepts.
        mutate: function of (bytes, `random.Random`) that returns damaged bytes.
        read: function of the folder that holds the files; may raise nothing but a DMBError.
        damaged: paths of the files to damage, one at a time; empty for all.
        weight: how many inputs it gets relative to the other targets in its group.
    """

    files: Callable
    mutate: Callable
    read: Callable
    damaged: tuple = ()
    weight: float = 1.0


def image_bytes(array, kind="png", **options):
    """An array as the bytes of an image file."""
    stream = io.BytesIO()
    Image.fromarray(np.asarray(array)).save(stream, format=kind, **options)
    return stream.getvalue()


def noise(shape, high=256, seed=0):
    """uint8 array of random numbers under `high`."""
    return np.random.default_rng(seed).integers(0, high, shape).astype(np.uint8)
