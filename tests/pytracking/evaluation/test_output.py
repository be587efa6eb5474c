import numpy as np
import pytest

from libs.media.masks import read_mask
from libs.utils.boxes import box_to_polygon
from pytracking.evaluation.objects import ObjectResult
from pytracking.evaluation.output import ResultFolder, draw_results, label_mask

IMAGE = np.full((40, 50, 3), 90, np.uint8)


def result(box, with_mask=True):
    x, y, w, h = box
    mask = np.zeros(IMAGE.shape[:2], bool)
    mask[y : y + h, x : x + w] = True
    return ObjectResult(np.array(box, float), box_to_polygon(box), mask if with_mask else None)


def test_label_mask_has_the_objects_numbers():
    results = {2: result((1, 2, 3, 4)), 5: result((20, 10, 5, 6)), 7: result((30, 10, 5, 6), with_mask=False)}
    labels = label_mask(results, IMAGE.shape)
    assert (labels == 2).sum() == 12
    assert (labels == 5).sum() == 30
    assert set(np.unique(labels)) == {0, 2, 5}
    assert not label_mask({}, IMAGE.shape).any()


def test_folder_of_two_objects_of_which_one_comes_later(tmp_path):
    with ResultFolder(tmp_path / "clip") as folder:
        folder.add(0, IMAGE, {1: result((1, 2, 3, 4))})
        folder.add(1, IMAGE, {1: result((2, 2, 3, 4)), 2: result((20, 10, 5, 6))})
        folder.add(2, IMAGE, {1: result((3, 2, 3, 4), with_mask=False)})
        assert not (tmp_path / "clip").exists()
    boxes = [np.loadtxt(tmp_path / "clip" / f"boxes_{number}.txt", delimiter="\t") for number in (1, 2)]
    np.testing.assert_array_equal(boxes[0], [[1, 2, 3, 4], [2, 2, 3, 4], [3, 2, 3, 4]])
    np.testing.assert_array_equal(boxes[1], [[np.nan] * 4, [20, 10, 5, 6], [np.nan] * 4])
    polygons = np.loadtxt(tmp_path / "clip" / "polygons_2.txt", delimiter="\t")
    np.testing.assert_array_equal(polygons[1], [20, 10, 25, 10, 25, 16, 20, 16])
    assert sorted(path.name for path in (tmp_path / "clip" / "masks").iterdir()) == ["00000.png", "00001.png"]
    mask = read_mask(tmp_path / "clip" / "masks" / "00001.png")
    assert (mask[3, 3], mask[12, 21], mask[30, 30]) == (1, 2, 0)


def test_failed_run_leaves_the_results_before_it(tmp_path):
    with ResultFolder(tmp_path / "clip") as folder:
        folder.add(0, IMAGE, {1: result((1, 2, 3, 4))})

    def fail():
        with ResultFolder(tmp_path / "clip") as folder:
            folder.add(0, IMAGE, {1: result((9, 9, 3, 4))})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (tmp_path / "clip" / "boxes_1.txt").read_text() == "1.0000\t2.0000\t3.0000\t4.0000\n"
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


def test_overlays_colour_each_object_and_leave_the_image():
    drawn = draw_results(IMAGE, {1: result((5, 5, 10, 10)), 2: result((25, 20, 10, 10))}, "")
    assert (IMAGE == 90).all()
    first, second = drawn[10, 10].astype(int), drawn[25, 30].astype(int)
    assert first[0] > first[1]  # DAVIS: object 1 is red, 2 green
    assert second[1] > second[0]
    assert (drawn[38, 2] == 90).all()
