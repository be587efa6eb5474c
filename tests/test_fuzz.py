"""A short run of the fuzzer over every target, and what it does when a target misbehaves."""

import io
import json
import os
import pickle
import random
import signal
import time
import zipfile

import numpy as np
import pytest

from libs.utils.errors import DataError
from tests.fuzz import runner, understood_targets
from tests.fuzz.__main__ import main
from tests.fuzz.mutations import mutate_archive, mutate_bytes, mutate_json, mutate_text
from tests.fuzz.runner import damaged_file, replay, run_target
from tests.fuzz.target import Target
from tests.fuzz.targets import GROUPS, TARGETS, shares

SLOW = {"network", "resumable", "backbone", "excerpt", "old_format", "tracker_run", "cut_sources"}


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files_end_in_their_content_or_a_documented_error(name, tmp_path):
    count = 4 if name in SLOW else 60
    outcome = run_target(name, count, 1, tmp_path, lambda done: None)
    assert not outcome.faults
    assert outcome.accepted + outcome.refused == count


def test_inputs_follow_from_the_seed():
    for name in ("vot", "manifest", "png", "old_format", "tracker_values", "names", "palettes", "dialects"):
        assert damaged_file(name, 0, 3) == damaged_file(name, 0, 3)
        assert len({damaged_file(name, 0, index) for index in range(20)}) > 10


def test_a_group_shares_its_inputs():
    for targets in GROUPS.values():
        counts = shares(targets, 10_000)
        assert set(counts) == set(targets)
        assert 10_000 <= sum(counts.values()) <= 10_000 + 2 * len(targets)


def _misbehave(folder):
    text = (folder / "file").read_text()
    if text == "refuse":
        raise DataError("as documented")
    if text == "raise":
        raise ZeroDivisionError("not documented")
    if text == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "hang":
        time.sleep(60)
    if text == "grow":
        np.ones(40 << 20)


@pytest.fixture
def run_misbehaving(monkeypatch, tmp_path):
    """Runs a target twice; the target does what its damaged file says."""
    monkeypatch.setattr(runner, "MEMORY_GROWTH", 100 << 20)
    runner._seed_corpus.cache_clear()

    def run(word):
        if word == "hang":
            monkeypatch.setattr(runner, "LONGEST", 0.5)
        target = Target(lambda: {"file": b"fine"}, lambda data, random: word.encode(), _misbehave)
        monkeypatch.setitem(TARGETS, "misbehaving", target)
        return run_target("misbehaving", 2, 0, tmp_path / "faults", lambda done: None)

    return run


def test_content_and_documented_errors_are_no_faults(run_misbehaving, tmp_path):
    assert run_misbehaving("fine").accepted == 2
    outcome = run_misbehaving("refuse")
    assert (outcome.accepted, outcome.refused, outcome.faults.total()) == (0, 2, 0)
    assert not (tmp_path / "faults").exists()


@pytest.mark.parametrize(
    ("word", "what", "times"),
    [
        ("raise", "ZeroDivisionError at outside the project", 2),
        ("crash", "crash: the interpreter ended with -9", 2),
        ("hang", "hang: no end within", 2),
        ("grow", "growth beyond 100 MB", 1),
    ],
)
def test_everything_else_is_a_fault_that_is_kept(run_misbehaving, tmp_path, word, what, times):
    outcome = run_misbehaving(word)
    ((found, count),) = outcome.faults.items() if word != "hang" else [(what, outcome.faults.total())]
    assert (found, count) == (what, times)
    kept = sorted((tmp_path / "faults").iterdir())
    assert len(kept) == times
    assert (kept[0] / "input").read_text() == word
    assert json.loads((kept[0] / "about.json").read_text())["what"].startswith(what)
    if word == "raise":
        with pytest.raises(ZeroDivisionError, match="not documented"):
            replay(kept[0])


def test_a_target_whose_valid_files_are_refused_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setitem(TARGETS, "misbehaving", Target(lambda: {"file": b"refuse"}, mutate_bytes, _misbehave))
    runner._seed_corpus.cache_clear()
    with pytest.raises(RuntimeError, match="target misbehaving: its valid files cannot be read"):
        run_target("misbehaving", 2, 0, tmp_path, lambda done: None)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("names.json", b'{"names": ["10.jpg", "9.jpg"], "twice": false}', r"are listed as \['9.jpg', '10.jpg'\]"),
        ("names.json", b'{"names": ["9.jpg", "09.jpg"], "twice": false}', "same place"),
        ("truth.txt", b"1,2,3,4\n", "1. 2. 3. 4."),
        ("truth.txt", b"nothing", "expected 4 numbers"),
    ],
)
def test_what_is_read_otherwise_than_it_was_made_is_a_fault(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    read = {"names.json": understood_targets.read_names, "truth.txt": understood_targets.read_dialect}[name]
    with pytest.raises(understood_targets.Misread, match=message):
        read(tmp_path)


@pytest.mark.parametrize("mutate", [mutate_bytes, mutate_text, mutate_json, mutate_archive])
def test_most_damaged_files_differ_from_the_valid_one(mutate):
    valid = {mutate_json: b'{"a": [1, 2, {"b": "c"}]}', mutate_archive: _archive()}.get(mutate, b"1,2,3,4\n5,6,7,8\n")
    assert sum(mutate(valid, random.Random(seed)) != valid for seed in range(100)) > 80


def _archive():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"a": 1}, 2))
    return stream.getvalue()


def test_the_command_line_prints_a_table(tmp_path, capsys):
    assert main(["--count", "20", "--only", "tlp", "--output", str(tmp_path)]) == 0
    header, row, total = capsys.readouterr().out.splitlines()
    assert header.split() == ["target", "inputs", "read", "refused", "faults", "seconds"]
    assert row.split()[:2] == ["tlp", "20"]
    assert total.split()[:2] == ["total", "20"]
