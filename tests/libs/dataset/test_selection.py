import pytest

from libs.dataset.selection import choose, read_selection
from libs.utils.errors import DataError

AVAILABLE = ["ant", "car-2", "car", "bee"]


def test_all_without_a_list():
    assert choose(None, None, AVAILABLE, "root") == [(name, None, set()) for name in AVAILABLE]
    assert choose(None, [], AVAILABLE, "root") == choose(None, None, AVAILABLE, "root")


def test_sequences_and_objects():
    lines = ["bee", "ant-3", "ant-1", "car-2", "car-4", "", "bee-1"]
    assert read_selection(lines, AVAILABLE, "root") == {"bee": None, "ant": {1, 3}, "car-2": None, "car": {4}}


def test_a_list_file(tmp_path):
    (tmp_path / "vos-list-train.txt").write_text("ant-1\nbee-2\n\n")
    assert choose(tmp_path / "vos-list-train.txt", None, AVAILABLE, "root") == [
        ("ant", {1}, set()),
        ("bee", {2}, set()),
    ]
    assert choose(str(tmp_path / "vos-list-train.txt"), None, AVAILABLE, "root")[0][0] == "ant"


def test_what_is_held_out():
    assert choose(None, ["ant", "car", "bee-2"], AVAILABLE, "root") == [("car-2", None, set()), ("bee", None, {2})]
    assert choose(["ant", "bee-1"], ["ant-1"], AVAILABLE, "root") == [("ant", None, {1}), ("bee", {1}, set())]


@pytest.mark.parametrize("line", ["cat", "cat-1", "ant-0", "ant-x", "ant-", "-1"])
def test_lines_that_name_what_there_is_not_are_one_warning(tmp_path, line):
    (tmp_path / "list.txt").write_text(f"bee\n{line}\n")
    with pytest.warns(UserWarning, match=r"1 of 2 lines .*list\.txt, line 2"):
        assert choose(tmp_path / "list.txt", None, AVAILABLE, "root") == [("bee", None, set())]
    with pytest.raises(DataError, match=r"list\.txt, line 2"):
        choose(None, tmp_path / "list.txt", AVAILABLE, "root", strict=True)
    with pytest.raises(DataError, match=f"root has no sequence '{line}'"):
        choose(None, [line], AVAILABLE, "root")


@pytest.mark.parametrize("line", ["../ant", "/ant", "ant/1"])
def test_lines_that_lead_elsewhere_are_errors(tmp_path, line):
    (tmp_path / "list.txt").write_text(f"bee\n{line}\n")
    with pytest.raises(DataError, match=r"list\.txt, line 2"):
        choose(tmp_path / "list.txt", None, AVAILABLE, "root")


def test_empty_and_missing_lists(tmp_path):
    (tmp_path / "list.txt").write_text("\n\n")
    with pytest.raises(DataError, match=r"list\.txt names nothing"):
        choose(tmp_path / "list.txt", None, AVAILABLE, "root")
    with pytest.raises(DataError, match=r"absent\.txt is missing"):
        choose(tmp_path / "absent.txt", None, AVAILABLE, "root")
    with pytest.raises(DataError, match="names nothing"):
        choose([], None, AVAILABLE, "root")
