import os
import pathlib
import subprocess
import sys

import pytest

from libs.media.files import (
    check_outputs,
    create_file,
    free_path,
    read_json,
    sole_writer,
    whole_or_absent,
    write_text,
)
from libs.utils.errors import DataError, FullDiskError, SettingsError


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


def python(code, *arguments, **options):
    """A process that runs some lines after importing the tested module."""
    code = "import sys, time; from libs.media.files import whole_or_absent\n" + code
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], text=True, **options)


def test_the_draft_of_a_killed_process_is_deleted_and_that_of_a_running_one_is_not(tmp_path):
    write = "with whole_or_absent(sys.argv[1]) as draft: draft.write_text('half'); print(flush=True); time.sleep(60)"
    path = tmp_path / "a.txt"
    killed, running = (python(write, path, stdout=subprocess.PIPE) for _ in range(2))
    for process in (killed, running):
        process.stdout.readline()
    killed.kill()
    killed.communicate()
    assert len(list(tmp_path.iterdir())) == 2
    write_text(path, "whole")
    (draft,) = (file for file in tmp_path.iterdir() if file != path)
    assert f"-{running.pid}." in draft.name
    running.kill()
    running.communicate()


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path, full_disk):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with full_disk(10), pytest.raises(DataError, match=r"a\.txt cannot be written \(File too large\)"):
        write_text(path, "more than ten bytes")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_processes_that_replace_one_folder_leave_it_whole(tmp_path):
    write = """
for round in range(200):
    with whole_or_absent(sys.argv[1]) as draft:
        draft.mkdir()
        for name in "abc":
            (draft / name).write_text(sys.argv[2])
"""
    processes = [python(write, tmp_path / "masks", name) for name in ("one", "two")]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert [folder.name for folder in tmp_path.iterdir()] == ["masks"]
    contents = {file.name: file.read_text() for file in (tmp_path / "masks").iterdir()}
    assert contents in (dict.fromkeys("abc", "one"), dict.fromkeys("abc", "two"))


def test_a_folder_has_one_writer_until_that_ends_however_it_ends(tmp_path, hold_folder):
    first = hold_folder(tmp_path / "out")
    second = sole_writer(tmp_path / "out")
    with pytest.raises(SettingsError, match=r"another process is writing to .*out"):
        second.__enter__()
    first.kill()
    first.wait()
    with sole_writer(tmp_path / "out"):
        pass
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_is_created_where_there_is_none(tmp_path, full_disk):
    create_file(tmp_path / "a", b"one")
    with pytest.raises(DataError, match=r"a cannot be written \(File exists\)"):
        create_file(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"
    with full_disk(10), pytest.raises(FullDiskError, match=r"b cannot be written \(File too large\); make room"):
        create_file(tmp_path / "b", b"more than ten bytes")
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_free_names(tmp_path):
    for name in ("clip", "v1.2", "a.mp4", "a_2.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "clip_2").symlink_to("nowhere")
    free = [free_path(tmp_path / name).name for name in ("new", "clip", "v1.2")]
    assert free == ["new", "clip_3", "v1.2_2"]
    assert free_path(tmp_path / "a.mp4", ".mp4").name == "a_3.mp4"


@pytest.mark.parametrize("output", ["in.mp4", "./in.mp4", "hard.mp4", "link.mp4", "LINKED/in.mp4", "frames", "LINKED"])
def test_output_onto_input_is_refused(tmp_path, monkeypatch, output):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("in.mp4").write_bytes(b"input")
    os.link("in.mp4", "hard.mp4")
    pathlib.Path("link.mp4").symlink_to("in.mp4")
    pathlib.Path("LINKED").symlink_to(tmp_path)
    (tmp_path / "frames" / "masks").mkdir(parents=True)
    with pytest.raises(
        SettingsError, match=r"would be written over the input (in\.mp4|frames/masks); give another --out"
    ):
        check_outputs([None, output], [None, "0", "in.mp4", "frames/masks"], "--out")
    check_outputs(["new.mp4", "frames/masks/new", None], [None, "rtsp://in", "in.mp4", "frames/masks", "\0"], "--out")
