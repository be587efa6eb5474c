"""Fixtures shared by all tests."""

import os
import pathlib

import pytest
import torch

SHARED = pathlib.Path(os.environ.get("DMB_SHARED", pathlib.Path(__file__).parents[2] / "shared"))


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(reason="needs a CUDA GPU")
    for item in items:
        if "cuda" in item.keywords and not torch.cuda.is_available():
            item.add_marker(skip)


def _shared_folder(name):
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent (set DMB_SHARED to the folder that holds '{name}')")
    return folder


@pytest.fixture(scope="session")
def parity():
    """Folder of recorded inputs and outputs of the reference tracker."""
    return _shared_folder("parity")


@pytest.fixture(scope="session")
def real_vot():
    """Folder of real tracking sequences in VOT layout."""
    return _shared_folder("data") / "vot"
