import pytest

from libs.dataset.names import check_inside, check_name, read_names
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


def test_links_out_of_the_folder_are_refused(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "data" / "real").mkdir(parents=True)
    (tmp_path / "data" / "inner").symlink_to(tmp_path / "data" / "real")
    (tmp_path / "data" / "outer").symlink_to(tmp_path / "outside")
    (tmp_path / "linked").symlink_to(tmp_path / "data")
    for folder in (tmp_path / "data", tmp_path / "linked"):
        assert check_inside(folder / "real", folder) == folder / "real"
        assert check_inside(folder / "inner", folder) == folder / "inner"
        with pytest.raises(DataError, match=r"outer is a link to .*outside, outside .*copy them there"):
            check_inside(folder / "outer", folder)


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
