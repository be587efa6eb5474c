"""Links in datasets are followed in every layout, wherever they lead."""

import os
import pathlib

import numpy as np
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


def content(target, folder):
    """What the reader gets from the folder: each sequence's name, frames, regions and first mask."""
    sequences = TARGETS[target].read(folder)
    assert sequences
    return [
        (
            each.name,
            [each.frame(index).tolist() for index in range(len(each))],
            np.nan_to_num(np.stack(each.polygons), nan=-1).tolist(),
            None if each.mask(0) is None else each.mask(0).tolist(),
        )
        for each in sequences
    ]


@pytest.mark.parametrize("target", SEQUENCES)
def test_a_sequence_may_be_a_link(written, tmp_path, target):
    """As in a subset of a dataset that somebody put together."""
    root = written(target)
    plain = content(target, root)
    (root / SEQUENCES[target]).rename(tmp_path / "elsewhere")
    (root / SEQUENCES[target]).symlink_to(tmp_path / "elsewhere")
    assert content(target, root) == plain


@pytest.mark.parametrize("target", SEQUENCES)
def test_the_dataset_and_every_file_may_be_a_link(written, tmp_path, target):
    """As in git-annex: each file is a link to an object that is named by its content."""
    objects = tmp_path / "annex" / "objects"
    objects.mkdir(parents=True)
    root = written(target)
    plain = content(target, root)
    files = [path for path in root.rglob("*") if path.is_file()]
    for number, path in enumerate(files):
        stored = objects / f"MD5E-s{number}{path.suffix}"
        path.rename(stored)
        path.symlink_to(pathlib.Path(os.path.relpath(stored, path.parent)))
    (tmp_path / "linked").symlink_to(root)
    assert content(target, tmp_path / "linked") == plain
