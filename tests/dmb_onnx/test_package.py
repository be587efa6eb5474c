"""The runtime's own package, installed beside NumPy, OpenCV and onnxruntime, without torch or the rest of DMB."""

import importlib
import os
import pathlib
import shutil
import subprocess
import sys
import venv

import pytest

from dmb_onnx import __version__
from libs.dataset.rendered.sequences import mini_set
from libs.media.images import write_image

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[2]
NEEDED = ("numpy", "cv2", "onnxruntime", "flatbuffers", "google", "packaging")
"""The three libraries, and those that onnxruntime imports."""


def run(command, folder):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def installed(tmp_path):
    """Folder of the commands of a fresh environment with the package."""
    pytest.importorskip("onnxruntime")
    source, environment = tmp_path / "dmb_onnx", tmp_path / "venv"
    # A copy, because building writes into it.
    left_out = shutil.ignore_patterns("__pycache__", "node_modules", "build", "*.egg-info")
    shutil.copytree(ROOT / "dmb_onnx", source, ignore=left_out)
    run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, source], tmp_path)
    venv.create(environment, with_pip=True)
    (site,) = environment.glob("lib/python*/site-packages")
    for name in NEEDED:
        origin = pathlib.Path(next(iter(importlib.import_module(name).__path__)))
        (site / name).symlink_to(origin)
        # Libraries in wheels are beside their packages.
        for libraries in origin.parent.glob(f"{'opencv*' if name == 'cv2' else name}.libs"):
            (site / libraries.name).symlink_to(libraries)
    (wheel,) = tmp_path.glob("*.whl")
    run([environment / "bin" / "python", "-m", "pip", "install", "--no-deps", "--no-index", wheel], tmp_path)
    return environment / "bin"


def test_it_follows(installed, exported, tmp_path):
    assert run([installed / "dmb-onnx-track", "--version"], tmp_path) == f"dmb-onnx-track {__version__}\n"
    sequence = next(iter(mini_set()))
    (tmp_path / "clip").mkdir()
    for index in range(3):
        write_image(tmp_path / "clip" / f"{index:08d}.png", sequence.frame(index))
    x, y = sequence.polygons[0].min(axis=0)
    right, bottom = sequence.polygons[0].max(axis=0)
    command = [installed / "dmb-onnx-track", "clip", "--box", x, y, right - x, bottom - y, "--programs", exported]
    run([*command, "--results", "found"], tmp_path)
    assert len((tmp_path / "found" / "boxes.txt").read_text().splitlines()) == 3
    code = "import importlib.util; print([importlib.util.find_spec(name) for name in ('torch', 'libs', 'pytracking')])"
    assert run([installed / "python", "-c", code], tmp_path) == "[None, None, None]\n"
