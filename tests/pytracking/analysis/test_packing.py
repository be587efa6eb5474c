import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from libs.dataset.object_sequences import object_sequences
from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.media.masks import write_mask
from libs.utils.errors import DataError, SettingsError
from pytracking.analysis.packing import pack

BOXES = [[1, 2, 3, 4], [1.23456, 2, 3, 4]]


def contents(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def sequence(make_sequence):
    return make_sequence("GOT-10k_Test_000001", [BOXES[0], [np.nan] * 4])


def test_got10k_with_two_runs(tmp_path, sequence, write_result):
    runs = [
        write_result("t/p_000", sequence.name, BOXES, seconds=[0.5, 0.25]),
        write_result("t/p_001", sequence.name, BOXES[::-1], seconds=[0.125, 1]),
    ]
    pack(tmp_path / "out.zip", "got10k", [sequence], runs)
    name = f"{sequence.name}/{sequence.name}"
    assert contents(tmp_path / "out.zip") == {
        f"{name}_001.txt": b"1.0000,2.0000,3.0000,4.0000\n1.2346,2.0000,3.0000,4.0000\n",
        f"{name}_002.txt": b"1.2346,2.0000,3.0000,4.0000\n1.0000,2.0000,3.0000,4.0000\n",
        f"{name}_time.txt": b"0.500000,0.125000\n0.250000,1.000000\n",
    }


def test_trackingnet(tmp_path, sequence, write_result):
    run = write_result("t/p", sequence.name, BOXES)
    pack(tmp_path / "out.zip", "trackingnet", [sequence], [run])
    assert contents(tmp_path / "out.zip") == {
        f"{sequence.name}.txt": b"1.0000,2.0000,3.0000,4.0000\n1.2346,2.0000,3.0000,4.0000\n"
    }


def test_results_are_not_packed_over_themselves(tmp_path, sequence, write_result):
    run = write_result("t/p", sequence.name, BOXES)
    path = run / f"{sequence.name}.txt"
    before = path.read_text()
    with pytest.raises(SettingsError, match=r"\.txt is there, and is no \.zip"):
        pack(path, "trackingnet", [sequence], [run])
    assert path.read_text() == before


def test_youtube_vos(tmp_path, write_objects, write_result):
    first, later = np.zeros((12, 16), dtype=np.uint8), np.zeros((12, 16), dtype=np.uint8)
    first[1:4, 1:4] = 1
    later[1:4, 1:4], later[6:8, 6:8] = 1, 2
    folder = write_objects("v", {"00000": first, "00005": later, "00010": None})
    sequences = object_sequences(load_youtube_vos(folder))
    for each in sequences:
        run = write_result("t/p", each.name, [[1, 1, 3, 3]] * len(each))
    for index, labels in ((0, first), (5, later), (10, later == 2)):
        (run / "v").mkdir(exist_ok=True)
        write_mask(run / "v" / f"{index:05d}.png", labels)
    pack(tmp_path / "out.zip", "youtubevos", sequences, [run])
    packed = contents(tmp_path / "out.zip")
    assert list(packed) == [f"Annotations/v/{name}.png" for name in ("00000", "00005", "00010")]
    images = [Image.open(io.BytesIO(content)) for content in packed.values()]
    assert [image.mode for image in images] == ["P"] * 3
    expected = [first, later, (later == 2).astype(np.uint8)]
    assert all(np.array_equal(image, labels) for image, labels in zip(images, expected, strict=True))


def test_the_same_results_give_the_same_bytes(tmp_path, sequence, write_result):
    run = write_result("t/p", sequence.name, BOXES, seconds=[0.5, 0.25])
    for name in ("one.zip", "two.zip"):
        pack(tmp_path / name, "got10k", [sequence], [run])
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert zipfile.ZipFile(tmp_path / "one.zip").infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("boxes", "seconds", "message"),
    [
        (None, None, r"lacks 1 of 1 sequences \(GOT-10k_Test_000001"),
        (BOXES[:1], [1, 1], "has 1 boxes but the sequence has 2 frames"),
        ([BOXES[0], [np.nan] * 4], [1, 1], "line 2: no box; the server wants one in every frame"),
        (BOXES, None, "_time.txt is missing"),
        (BOXES, [1], "_time.txt has 1 lines but the sequence has 2 frames"),
        (BOXES, [1, "x"], "_time.txt: could not convert"),
    ],
)
def test_nothing_is_written_of_what_is_not_whole(tmp_path, sequence, write_result, boxes, seconds, message):
    run = write_result("t/p", "other" if boxes is None else sequence.name, boxes or BOXES, seconds)
    with pytest.raises(DataError, match=message):
        pack(tmp_path / "out.zip", "got10k", [sequence], [run])
    assert not list(tmp_path.glob("*.zip"))
