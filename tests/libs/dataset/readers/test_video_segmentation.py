import json
import shutil

import numpy as np
import pytest

from libs.dataset.readers.video_segmentation import load_davis, load_youtube_vos
from libs.media.masks import write_mask
from libs.utils.errors import DataError

BOX, OTHER = (1, 2, 3, 4), (9, 1, 5, 6)


@pytest.fixture
def youtube(tmp_path, write_video):
    """YouTube-VOS: 'a-b' annotated in frames 0 and 5, its object 2 only in 5; 'cat' with an empty mask first."""
    train = tmp_path / "train"
    sparse = [{1: BOX}, None, None, None, None, {1: OTHER, 2: BOX}]
    write_video(train / "JPEGImages" / "a-b", train / "Annotations" / "a-b", sparse)
    write_video(train / "JPEGImages" / "cat", train / "Annotations" / "cat", [{}, {3: OTHER}])
    return tmp_path


def describe(dataset):
    return {o.name: (o.frames.tolist(), o.boxes.tolist()) for o in dataset}


def test_sparse_annotation_and_objects_that_come_later(youtube):
    expected = {
        "a-b-1": ([0, 5], [[*BOX], [*OTHER]]),
        "a-b-2": ([5], [[*BOX]]),
        "cat-3": ([1], [[*OTHER]]),
    }
    assert describe(load_youtube_vos(youtube)) == expected
    assert describe(load_youtube_vos(youtube / "train")) == expected
    assert [len(s) for s in load_youtube_vos(youtube).sequences] == [6, 2]


def test_split_files_and_held_out_sequences(youtube, tmp_path):
    (tmp_path / "vos-list-train.txt").write_text("a-b-2\ncat\n")
    assert list(describe(load_youtube_vos(youtube, tmp_path / "vos-list-train.txt"))) == ["a-b-2", "cat-3"]
    assert list(describe(load_youtube_vos(youtube, held_out=["cat"]))) == ["a-b-1", "a-b-2"]
    held = load_youtube_vos(youtube, held_out=["cat-3", "a-b-1"])
    assert list(describe(held)) == ["a-b-2"]
    assert [s.name for s in held.sequences] == ["a-b"]
    with pytest.raises(DataError, match="holds no sequences"):
        load_youtube_vos(youtube, held_out=["cat", "a-b"])
    with pytest.raises(DataError, match="no object is left"):
        load_youtube_vos(youtube, split=["cat"], held_out=["cat-3"])


def test_meta_says_which_sequences_there_are(youtube):
    meta = youtube / "train" / "meta.json"
    meta.write_text(json.dumps({"videos": {"cat": {"objects": {"3": {"category": "cat", "frames": ["00001"]}}}}}))
    assert list(describe(load_youtube_vos(youtube))) == ["cat-3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"meta\.json cannot be read as JSON"),
        ("[" * 100_000, r"meta\.json cannot be read as JSON"),
        ('{"videos": ["a-b"]}', "not YouTube-VOS's"),
        ("[]", "not YouTube-VOS's"),
        ('{"frames": {}}', "not YouTube-VOS's"),
        ('{"videos": {"../cat": {}}}', "not the name"),
        ('{"videos": {"dog": {}}}', "dog is missing"),
        ('{"videos": {}}', "holds no sequences"),
    ],
)
def test_a_bad_meta(youtube, text, message):
    (youtube / "train" / "meta.json").write_text(text)
    with pytest.raises(DataError, match=message):
        load_youtube_vos(youtube)


@pytest.mark.parametrize("part", ["JPEGImages", "Annotations", "Annotations/cat"])
def test_missing_folders_are_named(youtube, part):
    shutil.rmtree(youtube / "train" / part)
    with pytest.raises(DataError, match=f"{part} is missing"):
        load_youtube_vos(youtube, strict=True)


def test_a_missing_folder_is_named_with_what_it_should_hold(tmp_path):
    with pytest.raises(DataError, match=r"absent is not a folder; it should hold JPEGImages and Annotations"):
        load_youtube_vos(tmp_path / "absent")
    with pytest.raises(DataError, match=r"absent is not a folder; .* ImageSets"):
        load_davis(tmp_path / "absent")


def test_a_mask_without_its_image(youtube, labels):
    write_mask(youtube / "train" / "Annotations" / "cat" / "00007.png", labels())
    with pytest.raises(DataError, match=r"00007\.png has no image of its name"):
        load_youtube_vos(youtube, strict=True)


def test_a_mask_of_another_size(youtube):
    write_mask(youtube / "train" / "Annotations" / "cat" / "00001.png", np.ones((3, 4), dtype=np.uint8))
    with pytest.raises(DataError, match=r"00001\.png is 4 x 3 pixels but its image .*00001\.jpg is 16 x 12"):
        load_youtube_vos(youtube, strict=True)


def test_a_sequence_without_objects_is_left_out_by_name(youtube, labels):
    write_mask(youtube / "train" / "Annotations" / "cat" / "00001.png", labels())
    with pytest.warns(UserWarning, match=r"1 of 2 sequences .*cat: sequence cat has no object"):
        assert len(load_youtube_vos(youtube)) == 2
    with pytest.raises(DataError, match="cat has no object"):
        load_youtube_vos(youtube, strict=True)
    assert len(load_youtube_vos(youtube, held_out=["cat"])) == 2


@pytest.fixture
def davis(tmp_path, write_video):
    """DAVIS: 'bear' with two objects, 'bus' with the 0 / 255 mask of 2016."""
    for name, frames in {"bear": [{1: BOX, 2: OTHER}, {2: OTHER}], "bus": [{255: BOX}, {255: OTHER}]}.items():
        write_video(tmp_path / "JPEGImages" / "480p" / name, tmp_path / "Annotations" / "480p" / name, frames)
    for year in ("2016", "2017"):
        (tmp_path / "ImageSets" / year).mkdir(parents=True)
    (tmp_path / "ImageSets" / "2017" / "train.txt").write_text("bus\nbear\n")
    (tmp_path / "ImageSets" / "2016" / "val.txt").write_text("bear\n")
    return tmp_path


def test_davis_by_year(davis):
    assert list(describe(load_davis(davis))) == ["bear-1", "bear-2", "bus-1"]
    assert list(describe(load_davis(davis, 2017, "train"))) == ["bus-1", "bear-1", "bear-2"]
    assert describe(load_davis(davis, 2016, "val")) == {"bear-1": ([0, 1], [[1, 1, 13, 6], [*OTHER]])}
    image, mask = load_davis(davis, 2017, "train")[0].read(0)
    assert mask.sum() == BOX[2] * BOX[3]
    assert image.shape == (12, 16, 3)


def test_the_list_of_pairs_of_davis_2016(davis):
    (davis / "ImageSets" / "480p").mkdir()
    lines = [f"/JPEGImages/480p/bus/{i:05d}.jpg /Annotations/480p/bus/{i:05d}.png" for i in range(2)]
    (davis / "ImageSets" / "480p" / "train.txt").write_text("\n".join(lines))
    assert list(describe(load_davis(davis, 2016, "train"))) == ["bus-1"]


@pytest.mark.parametrize("line", ["../bear", "/JPEGImages/480p/../00000.jpg /x", ""])
def test_a_davis_list_cannot_lead_out_and_is_not_empty(davis, line):
    (davis / "ImageSets" / "2017" / "train.txt").write_text(line + "\n")
    with pytest.raises(DataError, match=r"2017.train\.txt"):
        load_davis(davis, 2017, "train")


def test_davis_without_the_list(davis):
    with pytest.raises(DataError, match=r"2017.val\.txt is missing"):
        load_davis(davis, 2017, "val")


def test_real_videos(real_vot):
    folder = real_vot.parent / "vos" / "train"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent")
    dataset = load_youtube_vos(folder, split=["surf"])
    (surf,) = dataset
    assert 0 < len(surf.frames) < len(surf.sequence)
    assert surf.read(int(surf.frames[0]))[1].any()


def test_what_meta_names_beyond_what_there_is_is_one_warning(youtube):
    """Also if the missing video is held out, because it is then read for validation."""
    meta = {"videos": {name: {"objects": {}} for name in ("a-b", "cat", "ccc", "ddd")}}
    (youtube / "train" / "meta.json").write_text(json.dumps(meta), encoding="utf-8-sig")
    with pytest.warns(UserWarning, match=r"2 of 4 sequences .* are left out \(ccc: .*ccc is missing") as caught:
        assert list(describe(load_youtube_vos(youtube))) == ["a-b-1", "a-b-2", "cat-3"]
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="1 of 2 sequences"):
        assert list(describe(load_youtube_vos(youtube, split=["cat", "ccc"]))) == ["cat-3"]


def test_all_frames_of_the_validation_videos_with_the_masks_of_some(tmp_path, write_video):
    write_video(tmp_path / "valid" / "JPEGImages" / "a", tmp_path / "valid" / "Annotations" / "a", [{1: BOX}, None])
    write_video(tmp_path / "valid_all_frames" / "JPEGImages" / "a", tmp_path / "unused", [None] * 5)
    (found,) = load_youtube_vos(tmp_path, part="valid", images="valid_all_frames")
    assert (len(found.sequence), found.frames.tolist()) == (5, [0])


def test_255_means_one_thing_in_all_masks_of_a_sequence(tmp_path, write_video):
    frames = [{1: BOX, 255: OTHER}, {255: BOX}, {1: OTHER}]
    write_video(tmp_path / "JPEGImages" / "a", tmp_path / "Annotations" / "a", frames)
    (found,) = load_youtube_vos(tmp_path)
    assert describe([found]) == {"a-1": ([0, 2], [[*BOX], [*OTHER]])}
    assert found.sequence.labels(1).max() == 0
    assert found.sequence.void_pixels(1).sum() == BOX[2] * BOX[3]
    assert found.sequence.void_pixels(2) is None


def test_one_object_written_in_two_ways_is_refused(tmp_path, write_video):
    write_video(tmp_path / "JPEGImages" / "a", tmp_path / "Annotations" / "a", [{255: BOX}, {1: OTHER}])
    with pytest.raises(DataError, match="some hold 0 and 255, others 0 and 1; write the object as 1"):
        load_youtube_vos(tmp_path)
