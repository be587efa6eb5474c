from pytracking.tracker.base.result import read_output


def test_outputs_with_parts_missing():
    only_box = read_output({"target_bbox": (1, 2, 3, 4)})
    assert only_box.polygon.tolist() == [[1, 2], [4, 2], [4, 6], [1, 6]]
    assert only_box.mask is None
    only_polygon = read_output({"polygon": [[1, 2], [4, 2], [4, 6], [1, 6]], "segmentation": [[0, 2]]})
    assert only_polygon.box.tolist() == [1, 2, 3, 4]
    assert only_polygon.mask.tolist() == [[False, True]]
    nothing = read_output({}, {"init_bbox": [1, 2, 3, 4]})
    assert nothing.box.tolist() == [1, 2, 3, 4]
