import pytest

from libs.dataset import folders
from libs.utils.errors import DataError


def test_names_come_from_the_first_list_there_is(tmp_path):
    (tmp_path / "b.txt").write_text("two\none\n")
    assert folders.sequence_names(tmp_path, ["a.txt", "b.txt"], ["zero"]) == ["two", "one"]


def test_without_a_list_all_there_is_counts(tmp_path):
    assert folders.sequence_names(tmp_path, ["list.txt"], ["b", "a"]) == ["a", "b"]
    with pytest.raises(DataError, match="no sequence in the layout"):
        folders.sequence_names(tmp_path, ["list.txt"], [])


def test_inner_folder(tmp_path):
    (tmp_path / "full" / "val").mkdir(parents=True)
    assert folders.inner_folder(tmp_path, ["val", "full/val"]) == tmp_path / "full" / "val"
    assert folders.inner_folder(tmp_path, ["test"]) == tmp_path


def test_subfolders_leave_out_hidden_ones_and_files(tmp_path):
    for name in ("b", "a", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    assert [folder.name for folder in folders.subfolders(tmp_path)] == ["a", "b"]
    assert folders.subfolders(tmp_path / "absent") == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="absent is not a folder; it should hold sequences"):
        folders.check_folder(tmp_path / "absent", "sequences")
