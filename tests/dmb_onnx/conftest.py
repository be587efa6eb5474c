"""The bundled tracker as ONNX programs, exported once, and the C++ program that runs them."""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

import cv2
import pytest

from pytracking.export import main

ROOT = pathlib.Path(__file__).parents[2]
HEADER = "onnxruntime_cxx_api.h"


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """Folder of the programs; takes minutes on two busy cores, so only for slow tests."""
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    folder = tmp_path_factory.mktemp("exported")
    assert main(["--format", "onnx", "--output", str(folder)]) == 0
    return folder


@pytest.fixture
def dmb_onnx_track(exported, tmp_path):
    """Function that runs `python -m dmb_onnx` with the exported programs, in `tmp_path`.

    `packages` is a folder of Python packages that take precedence over the installed ones.
    """

    def run(*arguments, packages=None):
        command = [sys.executable, "-m", "dmb_onnx", "--programs", exported, *arguments]
        path = os.pathsep.join(str(folder) for folder in (packages, ROOT) if folder)
        environment = {**os.environ, "PYTHONPATH": path}
        return subprocess.run(
            [str(word) for word in command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


def _onnxruntime():
    """Folder of the C++ header and path of the library: those that the user set, the system's, or the package's."""
    header = [os.environ.get("ONNXRUNTIME_INCLUDE", ""), "/usr/include/onnxruntime", "/usr/local/include/onnxruntime"]
    header = [folder for folder in header if folder and (pathlib.Path(folder) / HEADER).is_file()]
    if not header:
        pytest.skip(f"{HEADER} is absent (libonnxruntime-dev, or ONNXRUNTIME_INCLUDE=FOLDER)")
    package = pathlib.Path(importlib.util.find_spec("onnxruntime").origin).parent
    libraries = sorted(package.glob("capi/libonnxruntime.so*"))
    if not libraries:
        pytest.skip("libonnxruntime.so is absent: pip install onnxruntime")
    return header[0], libraries[-1]


@pytest.fixture(scope="session")
def build_cpp(tmp_path_factory):
    """Function that builds the C++ program, sanitized or not, and returns its path."""
    for tool in ("cmake", "c++"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is absent (apt-get install cmake g++)")
    if not pathlib.Path("/usr/include/opencv4/opencv2/core.hpp").is_file():
        pytest.skip("OpenCV's C++ headers are absent (apt-get install libopencv-dev)")
    include, library = _onnxruntime()
    folder = tmp_path_factory.mktemp("cpp")
    # The package's library is linked under the name that it gives itself.
    for name in ("libonnxruntime.so", "libonnxruntime.so.1"):
        (folder / name).symlink_to(library)

    def build(sanitize=False):
        path = folder / ("sanitized" if sanitize else "release")
        options = [f"-DONNXRUNTIME_INCLUDE={include}", f"-DONNXRUNTIME_LIBRARY={folder / 'libonnxruntime.so'}"]
        options.append(f"-DSANITIZE={'ON' if sanitize else 'OFF'}")
        for command in (
            ["cmake", "-S", ROOT / "dmb_onnx" / "cpp", "-B", path, *options],
            ["cmake", "--build", path],
        ):
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "warning" not in done.stdout + done.stderr
        return path / "dmb-onnx-track"

    return build


@pytest.fixture(scope="session")
def opencv_of_cpp(tmp_path_factory):
    """Folder with the Python package of the OpenCV that the C++ program is built with; None for the installed one.

    Versions fit ellipses and warp crops differently, and one rounding can decide about an edge of a mask.
    """
    header = pathlib.Path("/usr/include/opencv4/opencv2/core/version.hpp").read_text()
    version = ".".join(re.findall(r"define CV_VERSION_(?:MAJOR|MINOR|REVISION) +(\d+)", header))
    if version == cv2.__version__:
        return None
    folder = tmp_path_factory.mktemp("opencv")
    # Its wheels before 4.10 are built for NumPy 1.
    numpy = ["numpy<2"] if tuple(map(int, version.split("."))) < (4, 10) else []
    packages = [f"opencv-python-headless=={version}.*", "onnxruntime", *numpy]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, *packages]
    if subprocess.run([str(word) for word in command], capture_output=True, check=False).returncode:
        pytest.skip(f"OpenCV {version}, with which the C++ program is built, cannot be had for Python")
    return folder
