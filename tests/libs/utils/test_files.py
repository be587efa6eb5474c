import pytest

from libs.utils.errors import DataError
from libs.utils.files import read_json, whole_or_absent, write_text


def test_text_replaces_what_was_there_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    write_text(path, "one")
    write_text(path, "zwei: ü")
    assert path.read_text(encoding="utf-8") == "zwei: ü"
    assert [file.name for file in path.parent.iterdir()] == ["a.txt"]


def test_failed_block_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        with whole_or_absent(path) as draft:
            draft.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_replaces_folder(tmp_path):
    for content in ("1", "2"):
        with whole_or_absent(tmp_path / "masks") as draft:
            draft.mkdir()
            (draft / content).touch()
    assert [file.name for file in (tmp_path / "masks").iterdir()] == ["2"]
    assert len(list(tmp_path.iterdir())) == 1


def test_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file/a\.txt cannot be written"):
        write_text(tmp_path / "file" / "a.txt", "text")


def test_json_is_read(tmp_path):
    (tmp_path / "a.json").write_text('{"a": [1, "ä"]}', encoding="utf-8")
    assert read_json(tmp_path / "a.json") == {"a": [1, "ä"]}


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b"9" * 10_000, b""])
def test_json_that_is_none_is_named(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.json cannot be read as JSON"):
        read_json(tmp_path / "a.json")
    with pytest.raises(DataError, match=r"b\.json cannot be read"):
        read_json(tmp_path / "b.json")


def test_errors_of_the_block_itself_are_not_explained_away(tmp_path):
    def fail():
        with whole_or_absent(tmp_path / "a.txt"):
            raise ConnectionError("camera")

    with pytest.raises(ConnectionError, match="camera"):
        fail()
