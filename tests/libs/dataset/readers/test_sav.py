import json

import numpy as np
import pytest

from libs.dataset.object_sequences import object_sequences
from libs.dataset.readers.sav import load_masklets, load_sav
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.media.video_writer import VideoWriter
from libs.utils.errors import DataError

BOX, OTHER = (1, 2, 3, 4), (9, 1, 5, 6)


def mask_of(box, shape=(12, 16)):
    mask = np.zeros(shape, dtype=np.uint8)
    mask[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] = 255
    return mask


@pytest.fixture
def pictures(tmp_path):
    """SA-V's test layout: a video of nine frames, with masks in every fourth; the second object appears later."""
    for index in range(9):
        path = tmp_path / "sav_test" / "JPEGImages_24fps" / "sav_1" / f"{index:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, np.zeros((12, 16, 3), dtype=np.uint8))
    for name, shown in {"000": {0: BOX, 4: OTHER, 8: None}, "001": {4: BOX, 8: BOX}}.items():
        for index, box in shown.items():
            path = tmp_path / "sav_test" / "Annotations_6fps" / "sav_1" / name / f"{index:05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_mask(path, mask_of(box or (0, 0, 0, 0)))
    (tmp_path / "sav_test" / "sav_test.txt").write_text("sav_1\n")
    return tmp_path


def test_a_folder_of_masks_for_each_object(pictures):
    first, second = load_sav(pictures, "sav_test")
    assert (first.name, first.frames.tolist(), first.boxes.tolist()) == ("sav_1-1", [0, 4], [[*BOX], [*OTHER]])
    assert (second.name, second.frames.tolist(), second.boxes.tolist()) == ("sav_1-2", [4, 8], [[*BOX]] * 2)
    labels = first.sequence.labels(4)
    assert [(labels == k).sum() for k in (1, 2)] == [OTHER[2] * OTHER[3], BOX[2] * BOX[3]]
    assert first.sequence.labels(1) is None
    assert [len(each) for each in object_sequences(load_sav(pictures, "sav_test"))] == [9, 5]


def test_folders_that_are_no_objects_are_named(pictures):
    (pictures / "sav_test" / "Annotations_6fps" / "sav_1" / "bird").mkdir()
    with pytest.raises(DataError, match="bird is not the folder of an object"):
        load_sav(pictures, "sav_test")


@pytest.fixture
def masklets(tmp_path):
    """SA-V's training layout: a video file of ten frames that grow brighter, with two masklets."""
    encode = pytest.importorskip("pycocotools.mask").encode

    def runs(box):
        found = encode(np.asfortranarray(mask_of(box, (48, 64))))
        return {"size": found["size"], "counts": found["counts"].decode()}

    folder = tmp_path / "sav_train" / "sav_000"
    folder.mkdir(parents=True)
    with VideoWriter(folder / "sav_000001.mp4", 24.0) as video:
        for index in range(10):
            video.write(np.full((48, 64, 3), 20 * index, dtype=np.uint8))
    content = {"video_frame_count": 10.0, "video_height": 48.0, "video_width": 64.0}
    content["masklet"] = [[runs(BOX), None], [runs(OTHER), runs(BOX)], [runs((0, 0, 0, 0)), runs(OTHER)]]
    (folder / "sav_000001_manual.json").write_text(json.dumps(content))
    return tmp_path


def test_masklets_and_the_frames_of_their_video(masklets):
    first, second = load_masklets(masklets)
    assert (first.name, first.frames.tolist(), first.boxes.tolist()) == ("sav_000001-1", [0, 4], [[*BOX], [*OTHER]])
    assert second.frames.tolist() == [4, 8]
    image, labels = second.read_labels(8)
    assert image.shape == (48, 64, 3)
    assert abs(int(image.mean()) - 160) < 6
    assert (labels == 2).sum() == OTHER[2] * OTHER[3]
    assert [each.name for each in load_masklets(masklets, held_out=["sav_000001-2"])] == ["sav_000001-1"]


def test_damaged_masklets_are_left_out_by_name(masklets):
    folder = masklets / "sav_train" / "sav_000"
    for name, text in {"sav_2": "{}", "sav_3": "[]"}.items():
        (folder / f"{name}_manual.json").write_text(text)
    (folder / "sav_4_manual.json").write_text((folder / "sav_000001_manual.json").read_text())
    with pytest.warns(UserWarning, match=r"3 of 4 sequences .*sav_2: .*sav_3: .*sav_4: .*sav_4\.mp4 is missing"):
        assert len(load_masklets(masklets)) == 2
