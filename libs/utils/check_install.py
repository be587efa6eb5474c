"""Checks that every dependency imports, and says what the system lacks: `python -m libs.utils.check_install`."""

import importlib
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
    "libGL": "the system lacks libGL; on Debian or Ubuntu: apt install libgl1",
    "libgthread": "the system lacks libglib; on Debian or Ubuntu: apt install libglib2.0-0",
    "libglib": "the system lacks libglib; on Debian or Ubuntu: apt install libglib2.0-0",
    "torchvision::nms": "torch and torchvision do not belong together; reinstall both in one call: "
    "pip install --force-reinstall torch torchvision",
}


def explain(error):
    """What to do about an import error; an empty string when nothing better than its own message is known."""
    return next((remedy for sign, remedy in REMEDIES.items() if sign in str(error)), "")


def main():
    """Import everything; returns the number of modules that do not import, each reported with its remedy."""
    failures = 0
    for name in MODULES:
        try:
            importlib.import_module(name)
        except Exception as error:  # a broken installation raises anything: OSError, RuntimeError, AttributeError
            failures += 1
            print(f"{name}: {type(error).__name__}: {error}\n  {explain(error)}".rstrip(), file=sys.stderr)
    print(f"{len(MODULES) - failures} of {len(MODULES)} modules import")
    return failures


if __name__ == "__main__":
    sys.exit(min(main(), 1))
