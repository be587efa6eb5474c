"""A user's own clips in typical folders, with annotations in any format."""

import av
import numpy as np
import pytest

from libs.dataset.readers.clips import find_clips, load_clips
from libs.media.annotations.format import open_writer
from libs.media.annotations.record import FrameRecord, ObjectRecord, Video
from libs.media.annotations.registry import find_format
from libs.media.images import write_image
from libs.media.video_writer import VideoWriter
from libs.utils.errors import DataError
from libs.utils.masks import mask_to_box

SIZE = (48, 64)


def mask_of(index, number=1):
    mask = np.zeros(SIZE, dtype=bool)
    mask[8 * number : 8 * number + 10, 5 + index : 20 + index] = True
    return mask


def write_frames(folder, count=4):
    folder.mkdir(parents=True)
    for index in range(count):
        write_image(folder / f"{index:05d}.png", np.random.default_rng(index).integers(0, 255, (*SIZE, 3), np.uint8))


def annotate(path, name, frames=(0, 1, 2, 3), boxes=False):
    with open_writer(find_format(name), path, Video("clip", SIZE)) as add:
        for index in frames:
            masks = {number: mask_of(index, number) for number in (1, 3)}
            add(FrameRecord(index, tuple(record(number, mask, boxes) for number, mask in masks.items())))


def record(number, mask, boxes):
    return ObjectRecord(number, box=mask_to_box(mask), mask=None if boxes else mask)


def check(dataset, clips):
    assert [(each.sequence.name, each.object_id) for each in dataset.objects] == [(c, n) for c in clips for n in (1, 3)]
    for each in dataset.objects:
        assert each.frames.tolist() == [0, 1, 2, 3]
        assert each.boxes[2].tolist() == [7, 8 * each.object_id, 15, 10]
        image, mask = each.read(2)
        assert image.shape == (*SIZE, 3)
        np.testing.assert_array_equal(mask, mask_of(2, each.object_id))


@pytest.mark.parametrize("name", ["png", "coco", "coco_polygons", "labelme", "cvat", "jsonl", "vot", "yolo"])
def test_a_folder_for_each_clip(tmp_path, name):
    for clip in ("a", "b"):
        write_frames(tmp_path / clip / "images")
        annotate(tmp_path / clip / f"some{find_format(name).ending}", name)
    check(load_clips(tmp_path), ["a", "b"])
    assert [each.name for each in load_clips(tmp_path, split=["b"]).sequences] == ["b"]
    assert [each.name for each in load_clips(tmp_path, held_out=["b"]).sequences] == ["a"]


def test_one_clip_alone(tmp_path):
    write_frames(tmp_path / "mine" / "frames")
    annotate(tmp_path / "mine" / "tracks.xml", "cvat")
    check(load_clips(tmp_path / "mine"), ["mine"])


def test_pairs_of_a_video_or_folder_and_annotations_of_its_name(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", 10.0) as video:
        for index in range(4):
            video.write(np.full((*SIZE, 3), 60 * index, dtype=np.uint8))
    annotate(tmp_path / "a.json", "coco")
    write_frames(tmp_path / "b")
    annotate(tmp_path / "b_masks", "png")
    check(load_clips(tmp_path), ["a", "b"])


def test_frames_of_a_video_are_found_by_their_own_times(tmp_path):
    """Not by the rate of its header: here it pauses for a while, and shows its frames at 0, 1, 30 and 31 of 25 s."""
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width = SIZE
        for index, time in enumerate((0, 1, 30, 31)):
            frame = av.VideoFrame.from_ndarray(np.full((*SIZE, 3), 60 * index, np.uint8), format="rgb24")
            frame.pts = time
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    annotate(tmp_path / "a.json", "coco")
    (clip,) = load_clips(tmp_path).sequences
    assert len(clip.images) == 4
    assert [round(clip.frame(index).mean() / 60) for index in (2, 0, 3, 1)] == [2, 0, 3, 1]


def test_the_layouts_of_davis_and_youtube_vos(tmp_path):
    for root, inner in (("y", ""), ("d", "480p")):
        for clip in ("a", "b"):
            write_frames(tmp_path / root / "JPEGImages" / inner / clip)
            folder = tmp_path / root / "Annotations" / inner
            folder.mkdir(parents=True, exist_ok=True)
            annotate(folder / clip, "png")
        check(load_clips(tmp_path / root), ["a", "b"])


def test_sparse_annotations_are_of_the_frames_that_they_name(tmp_path):
    write_frames(tmp_path / "images")
    annotate(tmp_path / "masks", "png", frames=(1, 3))
    assert [each.frames.tolist() for each in load_clips(tmp_path).objects] == [[1, 3]] * 2


def test_what_cannot_be_trained_on(tmp_path):
    with pytest.raises(DataError, match="is not a folder; it should hold a video or folder of images"):
        load_clips(tmp_path / "gone")
    with pytest.raises(DataError, match="holds no clips"):
        find_clips(tmp_path)
    annotate(tmp_path / "a.json", "coco")
    with pytest.raises(DataError, match=r"a\.json has no images or video beside it"):
        load_clips(tmp_path)
    write_frames(tmp_path / "images")
    (tmp_path / "a.json").unlink()
    annotate(tmp_path / "boxes.csv", "csv", boxes=True)
    with pytest.raises(DataError, match=r"boxes\.csv holds boxes and no masks; training needs masks"):
        load_clips(tmp_path)
    (tmp_path / "boxes.csv").unlink()
    annotate(tmp_path / "masks", "png", frames=(2,))
    with pytest.raises(DataError, match="has masks in one frame only; training needs 2 or more"):
        load_clips(tmp_path)


def test_a_clip_that_cannot_be_used_is_left_out_by_name(tmp_path):
    for clip in ("a", "b"):
        write_frames(tmp_path / clip / "images")
        annotate(tmp_path / clip / "masks", "png", frames=(0,) if clip == "b" else (0, 1, 2, 3))
    with pytest.warns(UserWarning, match="1 of 2 clips .* are left out .*b: .*in one frame only"):
        check(load_clips(tmp_path), ["a"])
