"""Files of tensors: written whole or not at all; reading one runs no code and claims no more memory than its size."""

import os
import pathlib
import pickle
import zipfile
from typing import Any

import numpy as np
import torch
from torch import Tensor

from libs.media.files import whole_or_absent
from libs.utils.errors import CheckpointError

ZIP_SIGNATURE = b"PK\x03\x04"
_SCALAR = np.float64(0).__reduce__()[0]
NUMPY_SCALARS = [
    *((_SCALAR, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
    np.dtype,
    *{type(np.dtype(kind)) for kind in "?bBhHiIlLqQefd"},
]
"""How NumPy 1 and 2 pickle their numbers: a training's best score is often one."""


def read_tensor_file(path: str | os.PathLike[str]) -> Any:
    """Read what `torch.save` wrote: tensors (on the CPU), numbers (NumPy's too), strings, and lists and dicts of these.

    The tensors of a file in today's format, a zip archive, are mapped, not copied: the sizes that the file claims then
    allocate nothing and cannot reach beyond the file. The records are checked against their checksums.

    Args:
        path: of the file.

    Raises:
        CheckpointError: the file is missing, truncated, damaged, of another kind, or would run code.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise CheckpointError(
            f"checkpoint {path} does not exist; set params.pth_path (or the argument) to a checkpoint file"
        )
    try:
        with path.open("rb") as file:
            is_archive = file.read(len(ZIP_SIGNATURE)) == ZIP_SIGNATURE
        if is_archive:
            _check_records(path)
        with torch.serialization.safe_globals(NUMPY_SCALARS):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=is_archive)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} is damaged, or holds Python objects whose loading could run code stored in the file; only "
            "tensors, numbers, strings, lists and dicts are read. If you trust its origin, save its state dict alone "
            "in a new file"
        ) from error
    # Any error: torch and zipfile raise a dozen kinds on damaged bytes, assertions among them.
    except Exception as error:
        raise CheckpointError(f"{path} is truncated or no checkpoint; copy or download it again ({error})") from error


def write_tensor_file(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write what `read_tensor_file` reads; a crash at any moment leaves either the old file or the new one.

    Args:
        path: of the file; its folder is created.
        content: tensors, numbers, strings, None, and lists and dicts of these.

    Raises:
        CheckpointError: naming an entry of another type. DataError: the folder cannot be written, or the disk is full.
    """
    _check_plain(content, "")
    with whole_or_absent(path) as draft, draft.open("wb") as file:
        try:
            torch.save(content, file)
        except RuntimeError as error:
            # torch's writer reports positions in the file when the system's error was a full disk.
            raise error.__context__ if isinstance(error.__context__, OSError) else error from None
        file.flush()
        os.fsync(file.fileno())


def check_state_tensors(state_dict: object, path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Make sure that a state dict's tensors are plain and hold no more numbers than their file.

    A tensor can repeat one stored number any number of times (stride 0), so its first copy could need any amount of
    memory.

    Args:
        state_dict: what should be a dict name -> tensor.
        path: the file it was read from.

    Returns:
        The dict.

    Raises:
        CheckpointError: it is not such a dict, or a tensor is sparse, quantized, on no device, or bigger than its
            storage.
    """
    if not isinstance(state_dict, dict) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state_dict.items()
    ):
        raise CheckpointError(
            f"{path} has an unknown format: expected a dict with 'net' and 'constructor', or released weights"
        )
    total = 0
    for name, value in state_dict.items():
        plain = value.layout is torch.strided and value.device.type == "cpu" and not value.is_quantized
        if not plain or value.nbytes > value.untyped_storage().nbytes():
            raise CheckpointError(f"{path}: entry {name} is not a plain tensor with all of its numbers in the file")
        total += value.nbytes
    if total > pathlib.Path(path).stat().st_size:
        raise CheckpointError(f"{path}: its entries share their numbers; save every tensor on its own")
    return state_dict


def _check_records(path: pathlib.Path) -> None:
    """Raise ValueError unless all records of an archive are uncompressed and undamaged."""
    with zipfile.ZipFile(path) as archive:
        records = archive.infolist()
        stored = all(record.compress_type == zipfile.ZIP_STORED for record in records)
        # Compressed records can grow to any size in memory; `torch.save` never compresses.
        if not stored or sum(record.file_size for record in records) > path.stat().st_size:
            raise ValueError("its records are compressed or claim more bytes than the file has")
        damaged = archive.testzip()
        if damaged:
            raise ValueError(f"the record {damaged} has another checksum than when it was written")


def _check_plain(value: object, where: str) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _check_plain(item, f"{where}.{name}" if where else str(name))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _check_plain(item, f"{where}[{index}]")
    elif not (value is None or isinstance(value, torch.Tensor) or type(value) in (bool, int, float, str)):
        raise CheckpointError(
            f"checkpoint entry '{where}' is a {type(value).__name__}; store tensors, numbers, strings, lists and dicts"
        )
