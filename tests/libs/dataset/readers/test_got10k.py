import numpy as np
import pytest

from libs.dataset.readers.got10k import load_got10k
from libs.utils.errors import DataError


@pytest.fixture
def write_got10k(tmp_path, write_numbered):
    def write(split, name, images, boxes, **labels):
        folder = tmp_path / split / name
        write_numbered(folder, range(1, images + 1), digits=8)
        (folder / "groundtruth.txt").write_text("".join(f"{box}\n" for box in boxes))
        for label, values in labels.items():
            (folder / f"{label}.label").write_text("".join(f"{value}\n" for value in values))
        with (tmp_path / split / "list.txt").open("a") as stream:
            stream.write(f"{name}\n")
        return tmp_path

    return write


def test_val_with_labels(write_got10k):
    boxes = ["347.0,443.0,429.0,272.0", "1,2,3,4", "2,2,3,4", "3,2,3,4"]
    labels = {"absence": [0, 1, 0, 0], "cover": [8, 0, 0, 7], "cut_by_image": [0, 0, 0, 1]}
    folder = write_got10k("val", "GOT-10k_Val_000001", 4, boxes, **labels)
    (sequence,) = load_got10k(folder, strict=True)
    assert sequence.name == "GOT-10k_Val_000001"
    assert sequence.regions[0].tolist() == [347, 443, 429, 272]
    assert np.isnan(sequence.regions).all(axis=1).tolist() == [False, True, True, False]
    assert sequence.tags["cut_by_image"].tolist() == [False, False, False, True]


def test_test_has_the_first_box_only(write_got10k):
    folder = write_got10k("full_data/test", "GOT-10k_Test_000001", 3, ["1.0,2.0,3.0,4.0"])
    (sequence,) = load_got10k(folder, split="test")
    assert len(sequence) == 3
    assert sequence.regions[0].tolist() == [1, 2, 3, 4]
    assert np.isnan(sequence.regions[1:]).all()


def test_a_listed_sequence_that_is_missing_is_named(write_got10k):
    folder = write_got10k("val", "GOT-10k_Val_000001", 1, ["1,2,3,4"])
    (folder / "val" / "list.txt").write_text("GOT-10k_Val_000001\nGOT-10k_Val_000002\n")
    with pytest.raises(DataError, match=r"GOT-10k_Val_000002 is missing"):
        load_got10k(folder, strict=True)
