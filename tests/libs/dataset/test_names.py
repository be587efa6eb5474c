import pytest

from libs.dataset.names import check_name, plain_path, read_names
from libs.media.text import read_lines
from libs.utils.errors import DataError


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../other", "/etc", "a/b", "a\\b", "C:", "a\0b", "a\nb", "\x1b[2J", "\ud800", "x" * 201, None, 3],
)
def test_names_that_lead_out_of_their_folder_are_refused(name):
    with pytest.raises(DataError, match=r"list\.txt, line 4"):
        check_name(name, "list.txt, line 4")


@pytest.mark.parametrize("name", ["bag", "car-turn", "003234408d", "a..b", "seq 1"])
def test_plain_names_pass(name):
    assert check_name(name, "list.txt") == name


@pytest.mark.parametrize(
    ("text", "path"), [("color/%08d.jpg", "color/%08d.jpg"), ("a\\b c", "a/b c"), ("./a//b", "a/b")]
)
def test_paths_of_plain_names_pass(text, path):
    assert plain_path(text, "list.txt").as_posix() == path


@pytest.mark.parametrize("text", ["", ".", "/", "/etc/a", "a/../b", "..", "C:\\a", "a/\0"])
def test_paths_that_lead_out_of_their_folder_are_refused(text):
    with pytest.raises(DataError, match=r"list\.txt"):
        plain_path(text, "list.txt")


def test_names_keep_their_order_and_blank_lines_do_not_count(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbfbolt\r\n\r\nant1 \r\n\r\n")
    assert read_names(tmp_path / "list.txt") == ["bolt", "ant1"]


def test_a_name_listed_twice_is_an_error_with_both_lines(tmp_path):
    (tmp_path / "list.txt").write_text("bolt\nant1\nbolt\n")
    with pytest.raises(DataError, match=r"line 3.*'bolt' is listed twice \(first in line 1\)"):
        read_names(tmp_path / "list.txt")


def test_an_empty_list_is_an_error(tmp_path):
    (tmp_path / "list.txt").write_text("\n \n")
    with pytest.raises(DataError, match=r"list\.txt is empty"):
        read_names(tmp_path / "list.txt")


def test_a_missing_or_binary_file_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"list\.txt is missing"):
        read_names(tmp_path / "list.txt")
    (tmp_path / "list.txt").write_bytes(b"\x81\xff")
    with pytest.raises(DataError, match=r"list\.txt cannot be read as text"):
        read_lines(tmp_path / "list.txt", "names")
