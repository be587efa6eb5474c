"""Checks that all dependencies import and TensorBoard starts, or says why not: `python -m libs.utils.check_install`."""

import importlib
import subprocess
import sys

MODULES = [
    "numpy",
    "scipy",
    "torch",
    "torchvision",
    "cv2",
    "timm",
    "tqdm",
    "pydantic",
    "matplotlib",
    "filelock",
    "jinja2",
    "tabulate",
    "torch.utils.tensorboard",
    "trax",
    "vot",
]

REMEDIES = {
    "pkg_resources": "this TensorBoard needs an older setuptools; pip install --upgrade 'tensorboard>=2.21'",
    "libGL": "the system lacks libGL; on Debian or Ubuntu: apt install libgl1",
    "libgthread": "the system lacks libglib; on Debian or Ubuntu: apt install libglib2.0-0",
    "libglib": "the system lacks libglib; on Debian or Ubuntu: apt install libglib2.0-0",
    "torchvision::nms": "torch and torchvision do not belong together; reinstall both in one call: "
    "pip install --force-reinstall torch torchvision",
}


TENSORBOARD = "tensorboard.main"
"""The module that serves the pages of a training; it imports more than writing them does."""
SECONDS = 120


def explain(error: Exception | str) -> str:
    """What to do about an import error; empty if nothing better than its own message is known."""
    return next((remedy for sign, remedy in REMEDIES.items() if sign in str(error)), "")


def start_tensorboard() -> str:
    """Ask TensorBoard for its version; returns the last line of its error, empty if it starts."""
    command = [sys.executable, "-m", TENSORBOARD, "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"does not start within {SECONDS} seconds"
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or [f"ends with {done.returncode}"])[-1]


def main() -> int:
    """Import everything and start TensorBoard; returns the number of failures, each reported with its remedy."""
    failures = 0
    for name in MODULES:
        try:
            importlib.import_module(name)
        except Exception as error:  # a broken installation can raise anything: OSError, RuntimeError, AttributeError
            failures += 1
            print(f"{name}: {type(error).__name__}: {error}\n  {explain(error)}".rstrip(), file=sys.stderr)
    print(f"{len(MODULES) - failures} of {len(MODULES)} modules import")
    error = start_tensorboard()
    if error:
        failures += 1
        remedy = explain(error) or "pip install --force-reinstall tensorboard"
        print(f"tensorboard does not start: {error}\n  {remedy}", file=sys.stderr)
    return failures


if __name__ == "__main__":
    sys.exit(min(main(), 1))
