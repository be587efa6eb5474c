"""How a folder of results was made, which of its results are finished, and who may write there."""

import dataclasses
import hashlib
import json
import types

import numpy as np
import pytest

from libs.dataset.convention import Convention
from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError, SettingsError
from libs.utils.params import Params
from pytracking.evaluation.manifest import describe_run, differences, fingerprint, notices, read_manifest
from pytracking.evaluation.protocol import Job
from pytracking.evaluation.protocols.ope import OPE
from pytracking.evaluation.store import ResultsStore, open_store


def make_sequence(name, step=0.0):
    images = [np.full((20, 30, 3), 100 + index, np.uint8) for index in range(3)]
    return Sequence(name, images, [(1 + step * index, 2, 5, 5) for index in range(3)])


@pytest.fixture
def manifest():
    return describe_run(object(), "tiny", [make_sequence("a"), make_sequence("b")], 0, OPE())


def job(folder, name):
    return Job(name, f"0 {name}", 3, (name,), (folder / name / "1.txt",), None)


def finish(folder, *names, store=None):
    """Write results; without a store, as in versions that kept no record."""
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "1.txt").touch()
        if store is not None:
            store.finish(job(folder, name))


def finished(folder):
    return sorted(path.parent.name for path in folder.glob("*/1.txt"))


def claim(folder, manifest, names, force):
    store = ResultsStore(folder)
    earlier = {f"0 {name}": [folder / name / "1.txt"] for name in finished(folder)}
    store.claim(manifest, [job(folder, name) for name in names], earlier, force)
    return store


def test_what_is_recorded(tmp_path):
    checkpoint = tmp_path / "mine.pth"
    checkpoint.write_bytes(b"weights")
    values = {"memory_interval": 5, "pth_path": str(checkpoint), "device": "auto", "kernel_size": (4, 4)}
    params = types.SimpleNamespace(as_dict=lambda: values)
    tracker = types.SimpleNamespace(params=params, device="cuda:1")
    manifest = describe_run(tracker, "tiny", [make_sequence("a")], 7, OPE())
    assert manifest["parameters"] == {"memory_interval": 5, "kernel_size": [4, 4]}
    assert manifest["checkpoint"] == {"file": "mine.pth", "sha256": hashlib.sha256(b"weights").hexdigest()}
    assert (manifest["device"], manifest["seed"], manifest["dataset"]) == ("cuda:1", 7, "tiny")
    assert manifest["versions"]["vot-toolkit"] == "0.7.4"
    assert json.loads(json.dumps(manifest)) == manifest


def test_real_params_are_recorded():
    tracker = types.SimpleNamespace(params=Params(), device="cpu")
    assert describe_run(tracker, None, [], 0, OPE())["parameters"] == {}


def test_fingerprint_tells_other_images_and_other_ground_truth():
    sequence = make_sequence("a")
    assert fingerprint(sequence) == fingerprint(make_sequence("a"))
    assert fingerprint(sequence) != fingerprint(make_sequence("a", step=1.5))
    brighter = make_sequence("a")
    brighter.frames[0] = np.minimum(brighter.frames[0], 250) + 1
    assert fingerprint(sequence) != fingerprint(brighter)


@pytest.mark.parametrize(
    ("field", "value", "phrase"),
    [
        ("parameters", {"memory_interval": 3}, "parameter memory_interval: nothing there, 3 now"),
        ("checkpoint", {"file": "b.pth", "sha256": "12"}, "checkpoint: nothing there, b.pth (sha256 12) now"),
        ("seed", 1, "seed: 0 there, 1 now"),
        ("tracker", "Other", "tracker: object there, Other now"),
        ("sequences", {"a": "x", "c": "y"}, "images or ground truth of a: "),
    ],
)
def test_differences_are_named(manifest, field, value, phrase):
    (difference,) = differences(manifest, {**manifest, field: value})
    assert phrase in difference


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": [1]}, r"parameters is \[1\]"),
        ({"sequences": None}, "sequences is None"),
        ({"versions": "1"}, "versions is '1'"),
        ({"seed": "0"}, "seed is '0'"),
        ({"first_pixel": [1]}, r"first_pixel is \[1\]"),
        ({"first_pixel": {"a": 7}}, "first_pixel of 'a' is not 0 or 1"),
        ({"first_pixel": {"a": [1]}}, "first_pixel of 'a' is not 0 or 1"),
        ({"checkpoint": "net.pth"}, "checkpoint is 'net.pth'"),
        ({"checkpoint": {"file": "net.pth"}}, "checkpoint lacks sha256"),
        ({"checkpoint": {"file": "net.pth", "sha256": 1}}, "checkpoint: sha256 is 1"),
    ],
)
def test_a_field_of_another_type_is_named(manifest, tmp_path, change, message):
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, **change}))
    with pytest.raises(DataError, match=rf"manifest\.json.*{message}.*--force or another --name"):
        claim(tmp_path, manifest, ["a"], force=False)
    claim(tmp_path, manifest, ["a"], force=True)
    assert read_manifest(tmp_path) == manifest


@pytest.mark.parametrize("content", ["[" * 100_000, "3", "[]", "{"])
def test_a_manifest_that_is_none_is_named(manifest, tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(DataError, match=r"manifest\.json.*--force or another --name"):
        claim(tmp_path, manifest, ["a"], force=False)


def test_renamed_checkpoint_is_the_same(manifest):
    old, new = ({**manifest, "checkpoint": {"file": name, "sha256": "12"}} for name in ("a.pth", "b.pth"))
    assert differences(old, new) == []


def test_parameters_that_were_dropped_make_no_other_results(manifest):
    earlier = {**manifest, "parameters": {**manifest["parameters"], "scale_factors": 1, "segm_feature_sz": None}}
    assert differences(earlier, manifest) == []


def test_device_and_versions_are_notices_only(manifest):
    other = {**manifest, "device": "cuda", "versions": {**manifest["versions"], "torch": "1.0"}}
    assert differences(manifest, other) == []
    assert [notice.split(":")[0] for notice in notices(manifest, other)] == ["device", "torch"]


def test_what_cannot_be_printed_is_escaped(manifest):
    (notice,) = notices({**manifest, "device": "\x1b[2J\ud800"}, manifest)
    assert notice.isprintable()
    assert r"\x1b[2J\ud800 there" in notice


def test_same_manifest_keeps_results_and_joins_sequences(manifest, tmp_path):
    claim(tmp_path, {**manifest, "sequences": {"z": "1"}}, ["z"], force=False)
    finish(tmp_path, "z")
    claim(tmp_path, manifest, ["a", "b"], force=False)
    assert finished(tmp_path) == ["z"]
    assert sorted(read_manifest(tmp_path)["sequences"]) == ["a", "b", "z"]


def test_other_manifest_stops_until_forced(manifest, tmp_path):
    store = claim(tmp_path, manifest, ["a", "b"], force=False)
    finish(tmp_path, "a", "b", "z", store=store)
    other = {**manifest, "seed": 1}
    with pytest.raises(SettingsError, match=r"seed: 0 there, 1 now.*--name, or --force"):
        claim(tmp_path, other, ["a"], force=False)
    assert len(finished(tmp_path)) == 3
    claim(tmp_path, other, ["a"], force=True)
    assert finished(tmp_path) == []
    assert read_manifest(tmp_path) == other


def test_force_with_the_same_manifest_reruns_only_the_sequences_asked_for(manifest, tmp_path):
    store = claim(tmp_path, manifest, ["a", "b"], force=False)
    finish(tmp_path, "a", "b", store=store)
    claim(tmp_path, manifest, ["a"], force=True)
    assert finished(tmp_path) == ["b"]


def test_results_of_unknown_origin_stop(manifest, tmp_path):
    finish(tmp_path, "a")
    with pytest.raises(SettingsError, match=r"it has no manifest\.json"):
        claim(tmp_path, manifest, ["a"], force=False)


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_damaged_manifest_stops_until_forced(manifest, tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=r"manifest\.json .*--force"):
        claim(tmp_path, manifest, ["a"], force=False)
    claim(tmp_path, manifest, ["a"], force=True)
    assert read_manifest(tmp_path) == manifest


def test_what_is_on_record_and_there_is_finished(manifest, tmp_path):
    store = claim(tmp_path, manifest, ["a", "b"], force=False)
    for name in "ab":
        assert not store.is_finished(job(tmp_path, name))
        finish(tmp_path, name)
    store.finish(job(tmp_path, "a"))
    again = claim(tmp_path, manifest, ["a", "b"], force=False)
    assert again.is_finished(job(tmp_path, "a"))
    assert not again.is_finished(job(tmp_path, "b"))  # its run was killed before it was recorded
    (tmp_path / "a" / "1.txt").unlink()
    assert not again.is_finished(job(tmp_path, "a"))


def test_results_of_a_version_without_a_record_are_finished(manifest, tmp_path):
    finish(tmp_path, "a")
    (tmp_path / "manifest.json").write_text(json.dumps({k: v for k, v in manifest.items() if k != "protocol"}))
    assert claim(tmp_path, manifest, ["a"], force=False).is_finished(job(tmp_path, "a"))


@pytest.mark.parametrize("line", ["{", "3", '{"job": "0 a"}', '{"job": 1, "files": 2}', "[" * 10_000])
def test_a_torn_line_of_the_record_tells_of_nothing(manifest, tmp_path, line):
    store = claim(tmp_path, manifest, ["a", "b"], force=False)
    finish(tmp_path, "a")
    store.finish(job(tmp_path, "a"))
    with (tmp_path / "finished.jsonl").open("a") as stream:
        stream.write(line)
    assert claim(tmp_path, manifest, ["a"], force=False).is_finished(job(tmp_path, "a"))


def test_a_record_cannot_have_files_elsewhere_deleted(manifest, tmp_path):
    (tmp_path / "mine.txt").touch()
    (tmp_path / "out").mkdir()
    claim(tmp_path / "out", manifest, ["a"], force=False)
    entry = {"job": "0 a", "files": ["../mine.txt", str(tmp_path / "mine.txt")]}
    (tmp_path / "out" / "finished.jsonl").write_text(json.dumps(entry) + "\n")
    claim(tmp_path / "out", {**manifest, "seed": 1}, ["a"], force=True)
    assert (tmp_path / "mine.txt").is_file()


def test_datasets_share_a_folder(manifest, tmp_path):
    claim(tmp_path, manifest, ["a"], force=False)
    other = describe_run(object(), "other", [make_sequence("c")], 0, OPE())
    claim(tmp_path, other, ["c"], force=False)
    assert read_manifest(tmp_path)["dataset"] == "tiny, other"


def one_based(*names):
    return [dataclasses.replace(make_sequence(name), convention=Convention(first_pixel=1)) for name in names]


def test_boxes_that_count_otherwise_are_not_taken_for_finished(manifest, tmp_path):
    matlab = describe_run(object(), "tiny", one_based("a", "b"), 0, OPE())
    assert matlab["first_pixel"] == {"a": 1, "b": 1}
    earlier = {field: value for field, value in manifest.items() if field != "first_pixel"}
    assert differences(earlier, manifest) == []
    (tmp_path / "manifest.json").write_text(json.dumps(earlier))
    with pytest.raises(SettingsError, match="number of the first pixel in the boxes of a and 1 more: 0 there, 1 now"):
        claim(tmp_path, matlab, ["a"], force=False)


def test_datasets_that_count_otherwise_share_a_folder(manifest, tmp_path):
    claim(tmp_path, manifest, ["a"], force=False)
    claim(tmp_path, describe_run(object(), "other", one_based("c"), 0, OPE()), ["c"], force=False)
    assert read_manifest(tmp_path)["first_pixel"] == {"a": 0, "b": 0, "c": 1}


def test_masks_of_others_are_kept_too(manifest, tmp_path):
    """A run replaces the masks that it writes, but none that no run wrote here."""
    mask = tmp_path / "a" / "00000.png"
    mask.parent.mkdir()
    mask.write_bytes(b"mine")
    with_masks = dataclasses.replace(job(tmp_path, "a"), extras=(mask,))
    with pytest.raises(SettingsError, match=r"it has no manifest\.json"):
        ResultsStore(tmp_path).claim(manifest, [with_masks], {}, False)
    assert mask.read_bytes() == b"mine"


def test_one_run_at_a_time(tmp_path, hold_folder):
    hold_folder(tmp_path / "out")
    with pytest.raises(SettingsError, match=r"another process is writing to .*out"), open_store(tmp_path / "out"):
        pass
