"""Input that cannot be read or written gives one sentence that says what is wrong, where, and how to continue."""

import json

import numpy as np
import pytest

from libs.media.annotations.format import open_writer
from libs.media.annotations.record import FrameRecord, ObjectRecord, Video
from libs.media.annotations.registry import detect_format, find_format, read_annotations
from libs.utils.errors import DataError, SettingsError

COCO = {
    "images": [{"id": 1, "file_name": "00000.jpg", "height": 48, "width": 64}],
    "annotations": [{"id": 1, "image_id": 1, "track_id": "fish", "bbox": [1, 2, 3, 4]}],
}


def test_an_unknown_format_names_the_nearest_and_all():
    with pytest.raises(SettingsError, match=r"no format 'cocoo' \(did you mean coco\?\); there is: coco, .*, yolo"):
        find_format("cocoo")


@pytest.mark.parametrize("content", ["hello\n", "1 2 3\n", "{}", ""])
def test_a_file_in_none_of_the_formats(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_text(content)
    with pytest.raises(DataError, match="is in none of the formats coco"):
        detect_format(path)


def test_json_is_told_by_its_content(tmp_path):
    path = tmp_path / "some.json"
    for content, name in (
        (json.dumps(COCO), "coco"),
        ('{"shapes": [], "imageHeight": 1, "imageWidth": 1}', "labelme"),
        ('{"frame": 0, "id": 1}\n{"frame": 1, "id": 1}', "jsonl"),
    ):
        path.write_text(content)
        assert detect_format(path).name == name


def test_a_folder_that_could_be_two_formats(write):
    folder = write("vot")
    (folder / "gt.txt").write_text("1,1,2,3,4,5,1,-1,-1,-1\n")
    with pytest.raises(DataError, match="could be in the format mot or vot; say which by --from"):
        detect_format(folder)
    assert read_annotations(folder, "mot").entries


def test_what_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"gone\.json does not exist"):
        read_annotations(tmp_path / "gone.json")


def test_what_exists_is_not_written_over(write):
    path = write("csv")
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="is there already, and nothing is written over it"):
        write("csv")
    assert path.read_bytes() == before


def test_a_writer_that_fails_leaves_nothing(write, tmp_path):
    some = [FrameRecord(0, ()), FrameRecord(1, (ObjectRecord(1, box=np.array([1.0, 2.0, 3.0, 4.0])),))]
    with pytest.raises(DataError, match="frame 1, object 1 has a box and no mask"):
        write("png", some=some)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["coco", "yolo", "cvat", "labelme"])
def test_sizes_that_are_not_known(name, tmp_path):
    form = find_format(name)
    boxes = FrameRecord(0, (ObjectRecord(1, box=np.array([1.0, 2.0, 3.0, 4.0])),))
    with (
        pytest.raises(DataError, match="needs the size of the images, which is not known; give --video or --size W H"),
        open_writer(form, tmp_path / "target", Video()) as add,
    ):
        add(boxes)


def test_yolo_without_images_needs_the_size(write, read):
    with pytest.raises(DataError, match="needs the size of the images"):
        read(write("yolo"), size=None)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("coco", json.dumps(COCO), "'fish' is no number of an object"),
        ("coco", '{"images": 3, "annotations": []}', "it should be an object with the lists images and annotations"),
        ("coco", '{"images": [{}], "annotations": []}', "is no COCO file as its tools write it"),
        ("csv", "frame,id,x,y,w,h\n0,a,1,2,3,4\n", "line 2: 'a' is no number of an object"),
        ("csv", "frame,id,x,y,w,h\nx,1,1,2,3,4\n", "line 2: 'x' is no number of a frame"),
        ("csv", "frame,id,x,y\n0,1,1,2\n", "has no column w, h; its first line should be frame,id,label"),
        ("csv", "frame,id,x,y,w,h,state\n0,1,1,2,3,4,gone\n", "state is tracked, doubtful, lost"),
        ("jsonl", '{"frame": -1, "id": 1}\n', "line 1: it should be an object with frame, a number from 0 on, and id"),
        ("jsonl", '{"frame": 0, "id": 1}\nend\n', "line 2 is not JSON"),
        ("jsonl", '{"frame": 0, "id": 1, "box": [1, 2]}\n', "is not a box, four numbers"),
        ("mot", "0,1,2,3,4,5,1,-1,-1,-1\n", "the first is the frame, from 1 on"),
        ("mot", "1,0,2,3,4,5,1,-1,-1,-1\n", "object 0; ids count from 1"),
        ("mot", "1,x,2,3,4,5,1,-1,-1,-1\n", "has what is no number"),
        ("cvat", "<annotations><track", "cannot be read as XML"),
        ("cvat", "<other/>", "its first element is other, not annotations"),
        ("cvat", '<annotations><track id="a"/></annotations>', "'a' is no number of a track"),
        ("labelme", '{"shapes": 3}', "it should be an object with shapes, a list"),
        ("vot", "1,2,3\n", "line 1: expected 4 or 8 numbers, not .1,2,3"),
        ("vot", "m1,1,2,2,9\n", "the runs of the mask are 9 pixels long"),
    ],
)
def test_damaged_files(name, content, message, tmp_path):
    path = tmp_path / f"some{find_format(name).ending or '.json'}"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        list(read_annotations(path, name, Video(size=(48, 64))).frames())


def test_yolo_lines(tmp_path, read):
    (tmp_path / "labels").mkdir()
    for text, message in (("0 0.5 x 0.5 0.5", "no line of YOLO"), ("0 0.1 0.2", "2 numbers behind the class")):
        (tmp_path / "labels" / "00000.txt").write_text(text)
        with pytest.raises(DataError, match=message):
            read(tmp_path)


def test_objects_that_nothing_tells_apart(tmp_path, read):
    content = {"images": [{**COCO["images"][0], "id": k, "file_name": f"{k}.jpg"} for k in (1, 2)], "annotations": []}
    content["annotations"] = [{"id": k, "image_id": 1, "bbox": [k, 2, 3, 4]} for k in (1, 2)]
    path = tmp_path / "set.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match="2 objects of a frame are called 'object' and have no track_id"):
        read(path)


def test_ids_that_count_from_zero_are_raised_with_a_note(tmp_path, read, caplog):
    content = {**COCO, "annotations": [{**COCO["annotations"][0], "track_id": k, "id": k} for k in (0, 4)]}
    path = tmp_path / "set.json"
    path.write_text(json.dumps(content))
    assert set(read(path)[0]) == {1, 5}
    assert "its ids count from 0" in caplog.text


def test_numbers_that_no_label_mask_holds(write):
    some = [FrameRecord(0, (ObjectRecord(300, mask=np.ones((4, 4), dtype=bool)),))]
    with pytest.raises(DataError, match="object 300: a label mask holds the numbers 1 to 254"):
        write("png", some=some)


def test_a_tolerance_below_nothing():
    with pytest.raises(SettingsError, match="tolerance -1"):
        find_format("yolo", -1)


def test_several_videos_in_one_folder(write, read):
    root = write("davis")
    other = root / "Annotations" / "480p" / "lake"
    (root / "Annotations" / "480p" / "pond").rename(other.with_name("river"))
    other.mkdir()
    with pytest.raises(DataError, match=r"holds 2 videos \(lake, river, \.\.\.\); give the folder of one"):
        read(root)
