import json
import pathlib

import numpy as np
import pytest

from libs.dataset.rendered.sequences import write_vot
from libs.utils.errors import DataError, SettingsError
from libs.utils.local_settings import LocalPaths
from votTester.datasets import load_dataset


@pytest.fixture
def folder(make_sequence, tmp_path):
    write_vot([make_sequence("a", frames=2), make_sequence("b", frames=3)], tmp_path / "VOT2018")
    return tmp_path / "VOT2018"


@pytest.fixture
def unset(monkeypatch):
    monkeypatch.delenv("DMB_VOT2018_PATH", raising=False)
    monkeypatch.setattr(LocalPaths, "file", pathlib.Path("no_local_file.py"))


def test_folder_by_path(folder):
    dataset = load_dataset(str(folder))
    assert dataset.name == "vot2018"
    assert [(annotation.name, len(annotation)) for annotation in dataset.annotations] == [("a", 2), ("b", 3)]
    assert [sequence.name for sequence in dataset.sequences] == ["a", "b"]


def test_known_name_from_the_environment_and_from_data_root(folder, unset, monkeypatch):
    monkeypatch.setenv("DMB_VOT2018_PATH", str(folder))
    assert load_dataset("vot2018", sequences=["b"]).sequences[0].name == "b"
    with pytest.raises(DataError, match=r"elsewhere is not a folder"):
        load_dataset("vot2018", data_root={"vot2018": folder.with_name("elsewhere")})


def test_known_name_that_is_not_set_names_the_three_ways(unset):
    with pytest.raises(SettingsError) as caught:
        load_dataset("vot2018")
    for way in ("DMB_VOT2018_PATH", "local", "--dataset PATH", "VOTTester.data_root['vot2018']"):
        assert way in str(caught.value)


def test_absent_path_names_what_can_be_given():
    with pytest.raises(
        DataError, match=r"vot2099 is neither a folder nor a file; nor is it one of otb, .*, mini, .*vot2018"
    ):
        load_dataset("vot2099")


def test_annotation_file_has_no_images(tmp_path):
    path = tmp_path / "VOT2018.json"
    path.write_text(json.dumps({"a": {"width": 9, "height": 9, "gt_rect": [[1, 2, 3, 4]]}}))
    dataset = load_dataset(str(path))
    assert (dataset.name, dataset.sequences) == ("vot2018", None)
    np.testing.assert_array_equal(dataset.annotations[0].polygons[0][0], [1, 2])


def test_mini_set(make_sequence, monkeypatch):
    rendered = [make_sequence("rotation", frames=2), make_sequence("occlusion", frames=2)]
    monkeypatch.setattr("libs.dataset.rendered.sequences.mini_set", lambda: rendered)
    dataset = load_dataset("mini", sequences=["rotation"])
    assert (dataset.name, [sequence.name for sequence in dataset.sequences]) == ("mini", ["rotation"])
    with pytest.raises(DataError, match="no sequence ants1; it has"):
        load_dataset("mini", sequences=["ants1"])


def test_a_folder_of_a_dataset_in_its_own_layout(folder):
    with pytest.warns(UserWarning, match="vot2018 has 60"):
        assert load_dataset(f"vot2018={folder}").name == "vot2018"


def test_resets_need_a_region_in_every_frame(folder):
    (folder / "a" / "groundtruth.txt").write_text("10,10,20,20\n")
    with pytest.warns(UserWarning, match=r"1 of 2 sequences of vot2018 lack regions \(a\), which the reset"):
        assert [annotation.name for annotation in load_dataset(folder).annotations] == ["b"]
    with pytest.raises(DataError, match="lack regions"):
        load_dataset(folder, strict=True)
    with pytest.raises(DataError, match=r"1 of 1 sequences .* lack regions"):
        load_dataset(folder, sequences=["a"])


def test_masks_are_not_for_the_reset_protocol(folder):
    (folder / "a" / "groundtruth.txt").write_text("m10,10,4,4,0,16\n" * 2)
    with pytest.raises(DataError, match=r"ground truth of a in vot2018 has masks.*run_tracker\.py"):
        load_dataset(str(folder))
