import hashlib
import json
import types

import numpy as np
import pytest

from libs.utils.errors import DataError, SettingsError
from libs.utils.params import Params
from votTester.manifest import claim_folder, describe_run, differences, fingerprint, notices, read_manifest
from votTester.results import result_file, write_result
from votTester.trajectory import Trajectory


@pytest.fixture
def manifest(make_dataset):
    return describe_run(object(), make_dataset("a", "b", frames=3), seed=0)


def finish(folder, *names):
    for name in names:
        write_result(result_file(folder, name), Trajectory([1, 0, 0]))


def finished(folder):
    return sorted(path.stem for path in (folder / "baseline").glob("*/*.txt"))


def test_what_is_recorded(make_dataset, tmp_path):
    checkpoint = tmp_path / "mine.pth"
    checkpoint.write_bytes(b"weights")
    values = {"memory_interval": 5, "pth_path": str(checkpoint), "device": "auto", "kernel_size": (4, 4)}
    params = types.SimpleNamespace(as_dict=lambda: values)
    tracker = types.SimpleNamespace(params=params, device="cuda:1")
    manifest = describe_run(tracker, make_dataset("a", frames=3), seed=7)
    assert manifest["parameters"] == {"memory_interval": 5, "kernel_size": [4, 4]}
    assert manifest["checkpoint"] == {"file": "mine.pth", "sha256": hashlib.sha256(b"weights").hexdigest()}
    assert (manifest["device"], manifest["seed"], manifest["dataset"]) == ("cuda:1", 7, "tiny")
    assert manifest["versions"]["vot-toolkit"] == "0.7.4"
    assert json.loads(json.dumps(manifest)) == manifest


def test_real_params_are_recorded(make_dataset):
    tracker = types.SimpleNamespace(params=Params(), device="cpu")
    assert describe_run(tracker, make_dataset("a", frames=3), 0)["parameters"] == {}


def test_fingerprint_tells_other_images_and_other_ground_truth(make_sequence):
    sequence = make_sequence("a", frames=3)
    assert fingerprint(sequence) == fingerprint(make_sequence("a", frames=3))
    assert fingerprint(sequence) != fingerprint(make_sequence("a", frames=3, step=1.5))
    brighter = make_sequence("a", frames=3)
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
        ({"checkpoint": "net.pth"}, "checkpoint is 'net.pth'"),
        ({"checkpoint": {"file": "net.pth"}}, "checkpoint lacks sha256"),
        ({"checkpoint": {"file": "net.pth", "sha256": 1}}, "checkpoint: sha256 is 1"),
    ],
)
def test_a_field_of_another_type_is_named(manifest, tmp_path, change, message):
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, **change}))
    with pytest.raises(DataError, match=rf"manifest\.json.*{message}.*--force or another --name"):
        claim_folder(tmp_path, manifest, ["a"], force=False)
    claim_folder(tmp_path, manifest, ["a"], force=True)
    assert read_manifest(tmp_path) == manifest


@pytest.mark.parametrize("content", ["[" * 100_000, "3", "[]", "{"])
def test_a_manifest_that_is_none_is_named(manifest, tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(DataError, match=r"manifest\.json.*--force or another --name"):
        claim_folder(tmp_path, manifest, ["a"], force=False)


def test_renamed_checkpoint_is_the_same(manifest):
    old, new = ({**manifest, "checkpoint": {"file": name, "sha256": "12"}} for name in ("a.pth", "b.pth"))
    assert differences(old, new) == []


def test_device_and_versions_are_notices_only(manifest):
    other = {**manifest, "device": "cuda", "versions": {**manifest["versions"], "torch": "1.0"}}
    assert differences(manifest, other) == []
    assert [notice.split(":")[0] for notice in notices(manifest, other)] == ["device", "torch"]


def test_what_cannot_be_printed_is_escaped(manifest):
    (notice,) = notices({**manifest, "device": "\x1b[2J\ud800"}, manifest)
    assert notice.isprintable()
    assert r"\x1b[2J\ud800 there" in notice


def test_same_manifest_keeps_results_and_joins_sequences(manifest, tmp_path):
    claim_folder(tmp_path, {**manifest, "sequences": {"z": "1"}}, ["z"], force=False)
    finish(tmp_path, "z")
    claim_folder(tmp_path, manifest, ["a", "b"], force=False)
    assert finished(tmp_path) == ["z_001"]
    assert sorted(read_manifest(tmp_path)["sequences"]) == ["a", "b", "z"]


def test_other_manifest_stops_until_forced(manifest, tmp_path):
    claim_folder(tmp_path, manifest, ["a", "b"], force=False)
    finish(tmp_path, "a", "b", "z")
    other = {**manifest, "seed": 1}
    with pytest.raises(SettingsError, match=r"seed: 0 there, 1 now.*--name, or --force"):
        claim_folder(tmp_path, other, ["a"], force=False)
    assert len(finished(tmp_path)) == 3
    claim_folder(tmp_path, other, ["a"], force=True)
    assert finished(tmp_path) == []
    assert read_manifest(tmp_path) == other


def test_force_with_the_same_manifest_reruns_only_the_sequences_asked_for(manifest, tmp_path):
    claim_folder(tmp_path, manifest, ["a", "b"], force=False)
    finish(tmp_path, "a", "b")
    claim_folder(tmp_path, manifest, ["a"], force=True)
    assert finished(tmp_path) == ["b_001"]


def test_results_of_unknown_origin_stop(manifest, tmp_path):
    finish(tmp_path, "a")
    with pytest.raises(SettingsError, match=r"it has no manifest\.json"):
        claim_folder(tmp_path, manifest, ["a"], force=False)


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_damaged_manifest_stops_until_forced(manifest, tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=r"manifest\.json .*--force"):
        claim_folder(tmp_path, manifest, ["a"], force=False)
    claim_folder(tmp_path, manifest, ["a"], force=True)
    assert read_manifest(tmp_path) == manifest
