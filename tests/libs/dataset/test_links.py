"""Links in datasets are followed, wherever they lead, in every layout."""

import os
import pathlib

import pytest

from tests.fuzz.targets import TARGETS

# Target of the fuzzer -> folder of a sequence.
SEQUENCES = {
    "vot": "seq",
    "got10k": "val/seq",
    "lasot": "cat/seq",
    "nfs_published": "seq",
    "nfs_converted": "sequences/seq",
    "otb": "seq",
    "tlp": "seq",
    "trackingnet": "TEST/frames/seq",
    "uav123": "data_seq/UAV123/seq",
    "davis": "JPEGImages/480p/seq",
    "youtube_splits": "Annotations/seq",
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Function that writes the files of a target; returns their folder."""
    monkeypatch.setenv("DMB_CACHE", str(tmp_path / "cache"))

    def write(target):
        for path, content in TARGETS[target].files().items():
            (tmp_path / "data" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "data" / path).write_bytes(content)
        return tmp_path / "data"

    return write


@pytest.mark.parametrize("target", SEQUENCES)
def test_a_sequence_may_be_a_link(written, tmp_path, target):
    """As in a part of a dataset that somebody put together."""
    folder = written(target) / SEQUENCES[target]
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    TARGETS[target].read(tmp_path / "data")


@pytest.mark.parametrize("target", SEQUENCES)
def test_the_dataset_and_every_file_may_be_a_link(written, tmp_path, target):
    """As git-annex has it: each file is a link to an object that is called by its content."""
    objects = tmp_path / "annex" / "objects"
    objects.mkdir(parents=True)
    files = [path for path in written(target).rglob("*") if path.is_file()]
    for number, path in enumerate(files):
        stored = objects / f"MD5E-s{number}{path.suffix}"
        path.rename(stored)
        path.symlink_to(pathlib.Path(os.path.relpath(stored, path.parent)))
    (tmp_path / "linked").symlink_to(tmp_path / "data")
    TARGETS[target].read(tmp_path / "linked")
