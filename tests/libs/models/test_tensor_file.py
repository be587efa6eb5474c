import io
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
import torch

from libs.models.tensor_file import check_state_tensors, read_tensor_file
from libs.utils.errors import CheckpointError

CONTENT = {"a": torch.arange(6.0).reshape(2, 3), "names": ["x", None], "number": 5}
SIZE = b"K\x02K\x03\x86"
STRIDE = b"K\x03K\x01\x86"


def long_number(number):
    """The number as a pickle holds it."""
    return b"\x8a\x09" + number.to_bytes(9, "little")


def write_changed(path, change, compression=zipfile.ZIP_STORED):
    """A file of CONTENT with its pickle changed and all checksums right; `change` is a function of bytes."""
    stream = io.BytesIO()
    torch.save(CONTENT, stream)
    with zipfile.ZipFile(stream) as archive, zipfile.ZipFile(path, "w", compression) as copy:
        for name in archive.namelist():
            content = archive.read(name)
            copy.writestr(name, change(content) if name.endswith("data.pkl") else content)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tensors.pth"


@pytest.mark.parametrize("today", [True, False])
def test_both_formats_of_torch_are_read(path, today):
    torch.save(CONTENT, path, _use_new_zipfile_serialization=today)
    content = read_tensor_file(path)
    assert content["a"].equal(CONTENT["a"])
    assert (content["names"], content["number"]) == (["x", None], 5)


@pytest.mark.parametrize("today", [True, False])
def test_numpy_numbers_are_read_and_numpy_objects_are_not(path, today):
    numbers = [np.float64(0.7), np.float32(0.5), np.int64(3), np.bool_(True)]
    torch.save(numbers, path, _use_new_zipfile_serialization=today)
    assert read_tensor_file(path) == numbers
    torch.save([np.array([print], dtype=object)], path, _use_new_zipfile_serialization=today)
    with pytest.raises(CheckpointError, match="could run code"):
        read_tensor_file(path)


@pytest.mark.parametrize("size", [10**9, 10**12, 2**63 - 1])
def test_a_tensor_that_claims_more_than_the_file_has_allocates_nothing(path, size):
    write_changed(path, lambda pickled: pickled.replace(SIZE, long_number(size) + b"K\x03\x86"))
    tracemalloc.start()
    with pytest.raises(CheckpointError, match=r"tensors\.pth is (truncated|damaged)"):
        read_tensor_file(path)
    assert tracemalloc.get_traced_memory()[1] < 1e7
    tracemalloc.stop()


def test_a_storage_that_claims_more_than_its_record_reaches_no_memory_but_the_files(path):
    at = b"X\x03\x00\x00\x00cpu"
    write_changed(path, lambda pickled: _replace_after(pickled, at, b"K\x06", long_number(10**12)))
    try:
        storage = read_tensor_file(path)["a"].untyped_storage()
    except CheckpointError:
        return
    assert storage.nbytes() <= path.stat().st_size


def _replace_after(data, mark, old, new):
    start = data.index(mark)
    return data[:start] + data[start:].replace(old, new, 1)


def test_one_stored_number_shown_many_times_is_refused_before_it_is_copied(path):
    def expand(pickled):
        return pickled.replace(SIZE, long_number(10**12) + b"K\x03\x86").replace(STRIDE, b"K\x00K\x00\x86")

    write_changed(path, expand)
    content = read_tensor_file(path)
    assert content["a"].shape == (10**12, 3)
    with pytest.raises(CheckpointError, match="entry a is not a plain tensor with all of its numbers in the file"):
        check_state_tensors({"a": content["a"]}, path)


def test_many_tensors_of_the_same_numbers_are_refused(path):
    shared = torch.zeros(1000)
    torch.save({f"{index}": shared for index in range(100)}, path)
    with pytest.raises(CheckpointError, match="share their numbers"):
        check_state_tensors(read_tensor_file(path), path)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.eye(3).to_sparse(),
        torch.empty(3, device="meta"),
    ],
    ids=["sparse", "meta"],
)
def test_tensors_of_other_kinds_are_refused(path, tensor):
    torch.save({"a": tensor}, path)
    with pytest.raises(CheckpointError, match="not a plain tensor"):
        check_state_tensors({"a": tensor}, path)


@pytest.mark.parametrize("content", [None, [1], {"a": 3}, {3: torch.zeros(1)}, {("a",): torch.zeros(1)}])
def test_what_is_no_state_dict_is_refused(path, content):
    with pytest.raises(CheckpointError, match=r"tensors\.pth has an unknown format"):
        check_state_tensors(content, path)


def test_compressed_records_are_refused(path):
    """A gigabyte of zeros compresses to a megabyte."""
    write_changed(path, lambda pickled: pickled, zipfile.ZIP_DEFLATED)
    with pytest.raises(CheckpointError, match="compressed or claim more bytes than the file has"):
        read_tensor_file(path)


def test_a_changed_bit_in_the_weights_is_noticed(path):
    torch.save(CONTENT, path)
    content = bytearray(path.read_bytes())
    content[content.index(CONTENT["a"].numpy().tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="truncated or no checkpoint"):
        read_tensor_file(path)


class _Creates:
    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return os.mkdir, (str(self.victim),)


@pytest.mark.parametrize("today", [True, False, None])
def test_code_in_a_file_is_not_run_and_is_explained(tmp_path, path, today):
    content = {"a": _Creates(tmp_path / "victim")}
    if today is None:
        path.write_bytes(pickle.dumps(content, 2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=today)
    with pytest.raises(CheckpointError, match=r"tensors\.pth.*could run code stored in the file"):
        read_tensor_file(path)
    assert not (tmp_path / "victim").exists()
