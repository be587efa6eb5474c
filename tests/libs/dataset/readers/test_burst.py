import json

import numpy as np
import pytest

from libs.dataset.readers.burst import load_burst
from libs.media.images import write_image
from libs.utils.errors import DataError

BOX, OTHER = (1, 2, 3, 4), (9, 1, 5, 6)


@pytest.fixture
def burst(tmp_path):
    """BURST's layout: a video of three images; the second one is not annotated."""
    encode = pytest.importorskip("pycocotools.mask").encode

    def shown(**boxes):
        found = {}
        for name, (x, y, w, h) in boxes.items():
            mask = np.zeros((12, 16), dtype=np.uint8)
            mask[y : y + h, x : x + w] = 1
            found[name[1:]] = {"rle": encode(np.asfortranarray(mask))["counts"].decode(), "is_gt": True}
        return found

    images = [f"frame{number:04d}.jpg" for number in (1, 31, 61)]
    for image in images:
        path = tmp_path / "frames" / "val" / "HACS" / "Kayak v_1" / image
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, np.zeros((12, 16, 3), dtype=np.uint8))
    entry = {"dataset": "HACS", "seq_name": "Kayak v_1", "height": 12, "width": 16, "all_image_paths": images}
    entry["annotated_image_paths"] = [images[0], images[2]]
    entry["segmentations"] = [shown(_2=BOX), shown(_2=OTHER, _7=BOX)]
    (tmp_path / "annotations" / "val").mkdir(parents=True)
    path = tmp_path / "annotations" / "val" / "all_classes.json"
    path.write_text(json.dumps({"sequences": [entry, {**entry, "seq_name": "gone"}], "split": "val"}))
    return tmp_path


@pytest.mark.filterwarnings("ignore:1 of 2 sequences")
def test_run_lengths_by_track(burst):
    first, second = load_burst(burst)
    assert (first.name, first.frames.tolist()) == ("HACS_Kayak v_1-2", [0, 2])
    assert first.boxes.tolist() == [[*BOX], [*OTHER]]
    assert (second.name, second.frames.tolist()) == ("HACS_Kayak v_1-7", [2])
    image, labels = second.read_labels(2)
    assert image.shape == (12, 16, 3)
    assert (labels == 7).sum() == BOX[2] * BOX[3]
    assert first.sequence.labels(1) is None


def test_videos_without_their_images_are_left_out_by_name(burst):
    with pytest.warns(UserWarning, match="1 of 2 sequences .*HACS_gone: .* is missing, with 2 of 2 images"):
        load_burst(burst)
    with pytest.raises(DataError, match="HACS_gone"):
        load_burst(burst, strict=True)


def test_other_files_are_named(burst):
    (burst / "annotations" / "val" / "all_classes.json").write_text('{"videos": []}')
    with pytest.raises(DataError, match=r"all_classes\.json is no annotation file of BURST"):
        load_burst(burst)
