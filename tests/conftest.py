"""Fixtures shared by all tests."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import zlib

import hypothesis
import numpy as np
import pytest
import torch

from libs.models.checkpoint import load_network

ROOT = pathlib.Path(__file__).parents[1]
SHARED = pathlib.Path(os.environ.get("DMB_SHARED", ROOT.parent / "shared"))
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


# One thread, so that results agree to the bit, and two busy processes do not wait for each other's threads.
torch.set_num_threads(1)

# The same examples in every run, and no files written beside the tests.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=60)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(reason="needs a CUDA GPU")
    for item in items:
        if "cuda" in item.keywords and not torch.cuda.is_available():
            item.add_marker(skip)


@pytest.fixture
def hold_folder():
    """Function that makes another process the writer of a folder (`sole_writer`), and returns that process."""
    code = "import sys; from libs.media.files import sole_writer\n"
    code += "with sole_writer(sys.argv[1]): print(flush=True); input()"
    with contextlib.ExitStack() as stack:

        def hold(folder):
            process = subprocess.Popen(
                [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline()
            return process

        yield hold


@pytest.fixture
def full_disk():
    """Function from a number of bytes to a context in which no file of this process can be larger."""
    resource = pytest.importorskip("resource")

    @contextlib.contextmanager
    def limit(number):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit


@pytest.fixture(scope="session")
def chromium():
    """Function that starts a headless Chromium with more options; skips the test if there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'")
    found = os.environ.get("DMB_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("there is no Chromium: apt install chromium, or name one by DMB_CHROMIUM")
    with api.sync_playwright() as playwright:
        yield lambda *options: playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *options])


@pytest.fixture(scope="session")
def browser(chromium):
    """A headless Chromium."""
    browser = chromium()
    yield browser
    browser.close()


def _shared_folder(name):
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent (set DMB_SHARED to the folder that holds '{name}')")
    return folder


@pytest.fixture(scope="session")
def bundled_network():
    """The bundled network on the CPU, in evaluation mode; tests must not change it."""
    return load_network(ROOT / "pytracking/networks/dmb_resnet18.pth.tar")[0]


@pytest.fixture(scope="session")
def parity():
    """Folder of recorded inputs and outputs of the reference tracker."""
    return _shared_folder("parity")


@pytest.fixture(scope="session")
def real_vot():
    """Folder of real tracking sequences in VOT layout."""
    return _shared_folder("data") / "vot"


@pytest.fixture(scope="session")
def rule_weights():
    """Function that makes the weights of the recorded runs: dict of released names and shapes -> state dict.

    Every tensor has a random generator seeded by its name, so that any part of any network can be made anywhere.
    """
    return lambda shapes: {name: _rule_tensor(name, shape, shapes) for name, shape in shapes.items()}


def _rule_tensor(name, shape, names):
    module, _, field = name.rpartition(".")
    if field == "num_batches_tracked":
        return torch.zeros((), dtype=torch.int64)
    if field in ("mean", "std"):
        return torch.tensor({"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}[field]).view(1, 3, 1, 1)
    normal = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    if len(shape) == 4:
        values = normal * (np.sqrt(2 / np.prod(shape[1:])) * (0.3 if name == "Decoder.pred2.weight" else 1.0))
    elif field == "running_mean":
        values = 0.1 * normal
    elif field == "running_var":
        values = 1 + 0.2 * np.abs(normal)
    elif f"{module}.running_mean" not in names:
        values = 0.05 * normal
    elif field == "bias":
        values = 0.1 * normal
    else:
        values = 0.3 + 0.05 * normal if module.endswith(".bn3") else 1 + 0.1 * normal
    return torch.from_numpy(values.astype(np.float32))
