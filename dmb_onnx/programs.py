"""A folder of exported programs."""

import json
import pathlib
import types
from typing import Any

import numpy as np

from dmb_onnx.errors import InputError

FORMAT = 1
"""Version of `tracker.json` that is read here."""
OPTIONAL = {"mask_area_ratio": None, "redetection_interval": None}
"""Parameters that `tracker.json` leaves out when they have no value."""
EXPORT = "write it with: python -m pytracking.export --format onnx --output"


class Programs:
    """The programs of a tracker, read once.

    Args:
        folder: written by the export.
        providers: onnxruntime's execution providers, in order of preference.
        threads: of the CPU; 0 for one a core.

    Attributes:
        facts: content of `tracker.json`.
        params: the tracking parameters.

    Raises:
        InputError: the folder does not exist, has another version, or lacks a program.
    """

    def __init__(self, folder: str, providers: tuple[str, ...] = ("CPUExecutionProvider",), threads: int = 0):
        # Late, because it takes long to import and --help does not need it.
        import onnxruntime  # pyright: ignore[reportMissingImports]

        path = pathlib.Path(folder)
        self.facts = _facts(path / "tracker.json")
        self.params = types.SimpleNamespace(**{**OPTIONAL, **self.facts["parameters"]})
        self._sessions = {}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        for name, program in self.facts["programs"].items():
            file = path / program["file"]
            if not file.is_file():
                raise InputError(f"{path} lacks {file.name}; {EXPORT} {path}")
            try:
                self._sessions[name] = onnxruntime.InferenceSession(str(file), options, list(providers))
            except Exception as error:  # onnxruntime's errors have no common base
                raise InputError(f"{file} cannot be read ({error}); {EXPORT} {path}") from error

    def __deepcopy__(self, memo: dict[int, Any]) -> "Programs":
        """Nothing in them changes, so copies of a tracker, one for each object, share them."""
        return self

    def run(self, name: str, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run a program on the arrays it takes from `values`, and return its outputs by name."""
        program = self.facts["programs"][name]
        inputs = {key: np.asarray(values[key], kind["type"]) for key, kind in program["inputs"].items()}
        return dict(zip(program["outputs"], self._sessions[name].run(None, inputs), strict=True))


def _facts(path: pathlib.Path) -> dict:
    if not path.is_file():
        raise InputError(f"{path} does not exist; {EXPORT} {path.parent}")
    try:
        facts = json.loads(path.read_text())
        version = facts["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} cannot be read ({error}); {EXPORT} {path.parent}") from error
    if version != FORMAT:
        raise InputError(f"{path} is of format {version}, but {FORMAT} is read here; {EXPORT} {path.parent}")
    return facts
