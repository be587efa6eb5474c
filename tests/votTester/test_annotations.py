import json

import numpy as np
import pytest

from libs.utils.errors import DataError
from votTester.annotations import Annotation, annotate, read_annotations


def entry(**changes):
    fields = {
        "width": 100,
        "height": 80,
        "gt_rect": [[10, 20, 30, 40], [1, 2, 11, 2, 11, 8, 1, 8]],
        "camera_motion": [0, 1],
        "occlusion": [],
    }
    return {**fields, **changes}


def write(folder, content):
    path = folder / "VOT2018.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_boxes_polygons_and_empty_tag_lists(tmp_path):
    (annotation,) = read_annotations(write(tmp_path, {"ants1": entry()}))
    assert (annotation.name, annotation.size, len(annotation)) == ("ants1", (100, 80), 2)
    np.testing.assert_array_equal(annotation.polygons[0], [[10, 20], [40, 20], [40, 60], [10, 60]])
    np.testing.assert_array_equal(annotation.polygons[1], [[1, 2], [11, 2], [11, 8], [1, 8]])
    assert annotation.tags["camera_motion"].tolist() == [False, True]
    assert annotation.tags["occlusion"].tolist() == annotation.tags["size_change"].tolist() == [False, False]


def test_sequences_are_chosen_by_name(tmp_path):
    path = write(tmp_path, {"a": entry(), "b": entry(), "c": entry()})
    assert [annotation.name for annotation in read_annotations(path, ["c", "a"])] == ["c", "a"]
    with pytest.raises(DataError, match="no sequence d; it has a, b, c"):
        read_annotations(path, ["d"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "object of sequences"),
        ({"../a": entry()}, "not the name of a sequence"),
        ({"a": {"width": 3}}, "sequence 'a'"),
        ({"a": entry(gt_rect=[])}, "0 regions"),
        ({"a": entry(gt_rect=[[1, 2, 3], [1, 2, 3, 4]])}, "3 numbers"),
        ({"a": entry(gt_rect=[[1, 2, 3, 4], [1, 2, 3, float("nan")]])}, r"gt_rect\[1\] is not finite"),
        ({"a": entry(camera_motion=[0, 1, 1])}, "camera_motion has 3 values for 2 regions"),
        ({"a": entry(width="wide")}, "width"),
        ({"a": entry(width=float("inf"))}, "width"),
        ({"a": entry(height=10**400)}, "images of"),
        ({"a": entry(height=2**40)}, "images of"),
        ({"a": entry(gt_rect=[[1, 2, 3, 4], [1, 2, 3, 10**400]])}, "gt_rect|region"),
        ("[" * 100_000, "cannot be read as JSON"),
    ],
)
def test_malformed_file_is_named(tmp_path, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read_annotations(write(tmp_path, content))
    assert "VOT2018.json" in str(caught.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.json"):
        read_annotations(tmp_path / "gone.json")


def test_frames_without_the_target_are_not_present():
    squares = [np.array([[x, 10], [x + 20, 10], [x + 20, 30], [x, 30]], dtype=float) for x in (10, 90, 100, -25, -5)]
    assert Annotation("a", squares, (100, 80), {}).present.tolist() == [True, True, False, False, True]


def test_annotation_of_a_sequence(make_sequence):
    annotation = annotate(make_sequence("a", frames=3, tags={"occlusion": [True, False, True]}))
    assert (annotation.name, annotation.size, len(annotation)) == ("a", (120, 80), 3)
    assert annotation.tags["occlusion"].tolist() == [True, False, True]
