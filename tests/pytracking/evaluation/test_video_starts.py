import numpy as np
import pytest

from libs.media.annotations.conversion import describe_source
from libs.media.annotations.format import open_writer
from libs.media.annotations.record import FrameRecord, ObjectRecord
from libs.media.annotations.registry import find_format
from libs.media.excerpt import Excerpt
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.media.sources import open_source
from libs.media.video_writer import VideoWriter
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.video_starts import read_starts


class Source:
    name = "clip"

    def frame_index(self, name):
        return int(name) if name.isdecimal() and int(name) < 8 else None


def labels(**boxes):
    """(30, 40) labels with squares of 4 x 4: `labels(a=2)` is object 2 at the left, b in the middle, c at the right."""
    mask = np.zeros((30, 40), np.uint8)
    for place, number in boxes.items():
        column = 12 * "abc".index(place)
        mask[4:8, column : column + 4] = number
    return mask


def objects(starts):
    return {index: list(infos) for index, infos in starts.items()}


def test_boxes_are_numbered_as_given():
    starts = read_starts([[0, 0, 5, 5], [10, 0, 5, 5]], None, Source())
    assert starts == {0: {1: {"init_bbox": [0, 0, 5, 5]}, 2: {"init_bbox": [10, 0, 5, 5]}}}
    assert read_starts(None, None, Source()) == {}


def test_objects_of_a_mask_have_its_values_as_numbers(tmp_path):
    write_mask(tmp_path / "two.png", labels(a=2, b=5, c=255))
    starts = read_starts(None, tmp_path / "two.png", Source())
    assert objects(starts) == {0: [2, 5]}  # 255 beside others is void
    assert [info["init_mask"].sum() for info in starts[0].values()] == [16, 16]


def test_a_binary_mask_is_object_1_and_may_come_with_a_box(tmp_path):
    write_mask(tmp_path / "one.png", labels(b=255))
    assert objects(read_starts(None, tmp_path / "one.png", Source())) == {0: [1]}
    (both,) = read_starts([[12, 4, 4, 4]], tmp_path / "one.png", Source())[0].values()
    assert both["init_bbox"] == [12, 4, 4, 4]
    assert both["init_mask"].sum() == 16
    write_mask(tmp_path / "two.png", labels(a=1, b=2))
    with pytest.raises(SettingsError, match="describe one object"):
        read_starts([[3, 2, 4, 3]], tmp_path / "two.png", Source())


def test_masks_of_a_folder_show_objects_in_their_frames(tmp_path):
    for index, shown in ((0, {"a": 3}), (2, {"b": 3, "c": 1}), (5, {"a": 1, "b": 2})):
        write_mask(tmp_path / f"{index:05d}.png", labels(**shown))
    starts = read_starts(None, tmp_path, Source())
    assert objects(starts) == {0: [3], 2: [1, 3], 5: [1, 2]}
    assert np.array_equal(starts[2][1]["init_mask"], labels(c=1) > 0)
    with pytest.raises(SettingsError, match="describe one object"):
        read_starts([[3, 2, 4, 3]], tmp_path, Source())


def test_masks_of_a_folder_of_images_are_called_as_these(tmp_path):
    for name in ("10", "25", "40"):
        (tmp_path / "images").mkdir(exist_ok=True)
        write_image(tmp_path / "images" / f"{name}.jpg", np.zeros((30, 40, 3), np.uint8))
    (tmp_path / "masks").mkdir()
    write_mask(tmp_path / "masks" / "25.png", labels(a=1))
    source = open_source(tmp_path / "images")
    assert objects(read_starts(None, tmp_path / "masks", source)) == {1: [1]}
    write_mask(tmp_path / "masks" / "30.png", labels(a=2))
    with pytest.raises(DataError, match="masks: 30 belongs to no frame of images"):
        read_starts(None, tmp_path / "masks", source)


def test_of_an_excerpt_masks_are_those_of_the_whole_video(tmp_path, clip):
    """Masks of omitted frames are skipped, as annotations are; a single mask belongs to the first frame here."""
    (tmp_path / "masks").mkdir()
    for index in range(4):
        write_mask(tmp_path / "masks" / f"{index:02d}.png", labels(a=index + 1))
    assert objects(read_starts(None, tmp_path / "masks", Excerpt(clip, 1, None, 2))) == {0: [2], 1: [4]}
    assert objects(read_starts(None, tmp_path / "masks" / "02.png", Excerpt(clip, 1))) == {0: [3]}
    write_mask(tmp_path / "masks" / "09.png", labels(a=1))
    with pytest.raises(DataError, match="masks: 09 belongs to no frame of clip"):
        read_starts(None, tmp_path / "masks", Excerpt(clip, 1))


def test_mask_of_no_or_too_many_objects(tmp_path):
    write_mask(tmp_path / "mask.png", np.zeros((10, 10), np.uint8))
    with pytest.raises(DataError, match="holds 0 objects"):
        read_starts(None, tmp_path / "mask.png", Source())
    write_mask(tmp_path / "mask.png", np.arange(30, dtype=np.uint8).reshape(5, 6))
    with pytest.raises(SettingsError, match="29 objects are given; the limit is 20: raise it by --max_objects 29"):
        read_starts(None, tmp_path / "mask.png", Source())
    assert len(read_starts(None, tmp_path / "mask.png", Source(), max_objects=29)[0]) == 29
    with pytest.raises(SettingsError, match="2 objects are given; the limit is 1"):
        read_starts([[0, 0, 5, 5]] * 2, None, Source(), max_objects=1)


def test_255_is_one_thing_in_all_masks_of_a_folder(tmp_path):
    write_mask(tmp_path / "00000.png", labels(a=255))
    write_mask(tmp_path / "00003.png", labels(a=255, b=255))
    assert objects(read_starts(None, tmp_path, Source())) == {0: [1], 3: [1]}
    write_mask(tmp_path / "00003.png", labels(a=255, b=2))
    assert objects(read_starts(None, tmp_path, Source())) == {3: [2]}
    write_mask(tmp_path / "00003.png", labels(a=1))
    with pytest.raises(DataError, match="some hold 0 and 255, others 0 and 1"):
        read_starts(None, tmp_path, Source())


def test_a_mask_after_the_end(tmp_path):
    write_mask(tmp_path / "00008.png", labels(a=1))
    with pytest.raises(DataError, match="00008 belongs to no frame of clip"):
        read_starts(None, tmp_path, Source())


SUFFIXES = {"jsonl": ".jsonl", "coco": ".json", "coco_polygons": ".json", "cvat": ".xml", "mot": ".txt", "csv": ".csv"}


@pytest.fixture
def clip(tmp_path):
    """A source of four frames, 00.jpg to 03.jpg."""
    (tmp_path / "clip").mkdir()
    for index in range(4):
        write_image(tmp_path / "clip" / f"{index:02d}.jpg", np.zeros((30, 40, 3), np.uint8))
    return open_source(tmp_path / "clip")


def annotate(target, name, clip, **shown):
    """Write objects in a format: `annotate(..., f0={"a": 1})` shows object 1 at the left of frame 0."""
    with open_writer(find_format(name), target, describe_source(clip)) as add:
        for frame, boxes in shown.items():
            drawn = labels(**boxes)
            records = [ObjectRecord(number, mask=drawn == number) for number in sorted(boxes.values())]
            add(FrameRecord(int(frame[1:]), tuple(records)))


@pytest.mark.parametrize("name", ["jsonl", "coco", "coco_polygons", "yolo", "labelme", "cvat", "davis", "dmb"])
def test_objects_of_every_format_of_masks_begin_and_correct(tmp_path, clip, name):
    target = tmp_path / ("annotations" + SUFFIXES.get(name, ""))
    annotate(target, name, clip, f0={"a": 1}, f2={"a": 1, "c": 2})
    starts = read_starts(None, target, clip)
    assert objects(starts) == {0: [1], 2: [1, 2]}
    assert np.array_equal(starts[2][2]["init_mask"], labels(c=2) > 0)


@pytest.mark.parametrize("name", ["mot", "csv"])
def test_objects_of_every_format_of_boxes_begin_and_correct(tmp_path, clip, name):
    target = tmp_path / ("annotations" + SUFFIXES.get(name, ""))
    annotate(target, name, clip, f1={"b": 1}, f3={"a": 1, "c": 2})
    starts = read_starts(None, target, clip)
    assert objects(starts) == {1: [1], 3: [1, 2]}
    assert starts[3][2] == {"init_bbox": [24, 4, 4, 4]}


def test_an_object_that_is_said_to_be_absent_is_not_shown(tmp_path, clip):
    lines = ["frame,id,label,x,y,w,h,score,state", "0,1,cat,2,3,5,6,1,tracked", "1,1,cat,,,,,0,lost"]
    (tmp_path / "cat.csv").write_text("\n".join(lines) + "\n")
    assert read_starts(None, tmp_path / "cat.csv", clip) == {0: {1: {"init_bbox": [2, 3, 5, 6]}}}


def test_annotations_of_no_known_format(tmp_path, clip):
    (tmp_path / "notes.txt").write_text("buy milk\n")
    with pytest.raises(DataError, match=r"notes.txt is in none of the formats"):
        read_starts(None, tmp_path / "notes.txt", clip)


@pytest.mark.parametrize("of", ["file", "folder"])
def test_annotations_of_the_whole_show_objects_in_an_excerpt(tmp_path, of):
    images = [np.full((32, 48, 3), 12 * index, np.uint8) for index in range(20)]
    if of == "file":
        path = tmp_path / "clip.mp4"
        with VideoWriter(path, 10.0) as video:
            for image in images:
                video.write(image)
    else:
        path = tmp_path / "clip"
        path.mkdir()
        for index, image in enumerate(images):
            write_image(path / f"{index + 1:03d}.png", image)
        (path / "001.png").write_text("damaged, and none of the part")
    lines = [f"{index},1,cat,{index},3,5,6,1,tracked\n" for index in (2, 5, 8, 9)]
    (tmp_path / "cat.csv").write_text("frame,id,label,x,y,w,h,score,state\n" + "".join(lines))
    with Excerpt(open_source(path), 5, 16, 3) as source:
        starts = read_starts(None, tmp_path / "cat.csv", source)
        assert starts == {0: {1: {"init_bbox": [5, 3, 5, 6]}}, 1: {1: {"init_bbox": [8, 3, 5, 6]}}}
        # Asking the video for its properties consumed none of its frames.
        shown = [round(frame.image.mean() / 12) for frame in source]
        assert shown == [5, 8, 11, 14]
        about = describe_source(source)
    names = ("006.png", "009.png", "012.png", "015.png") if of == "folder" else ()
    assert (about.size, about.files, about.length) == ((32, 48), names, len(names) or None)


def test_annotations_called_as_images_belong_to_those_of_an_excerpt(tmp_path, clip):
    annotate(tmp_path / "labels", "labelme", clip, f0={"a": 1}, f2={"a": 1, "c": 2})
    assert objects(read_starts(None, tmp_path / "labels", Excerpt(clip, 1))) == {1: [1, 2]}
