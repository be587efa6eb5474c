import pathlib

import numpy as np
import pytest

from libs.dataset.object_sequences import video_name
from libs.dataset.rendered.sequences import MINI_SET, mini_set, write_vot
from libs.dataset.rendered.videos import MINI_OBJECTS, mini_objects
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.utils.errors import DataError, SettingsError
from libs.utils.local_settings import LocalPaths
from pytracking.evaluation.datasets import get_dataset


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DMB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def otb(tmp_path):
    (tmp_path / "otb" / "Basketball" / "img").mkdir(parents=True)
    write_image(tmp_path / "otb" / "Basketball" / "img" / "0001.jpg", np.zeros((4, 5, 3), dtype=np.uint8))
    (tmp_path / "otb" / "Basketball" / "groundtruth_rect.txt").write_text("1,1,2,2\n")
    return tmp_path / "otb"


def test_the_mini_set_needs_no_files(monkeypatch):
    monkeypatch.setattr("libs.dataset.rendered.sequences.mini_set", lambda: mini_set(frames=2, size=(64, 64)))
    monkeypatch.setattr("libs.dataset.rendered.videos.mini_objects", lambda: mini_objects(frames=4, size=(64, 64)))
    assert [sequence.name for sequence in get_dataset("mini")] == list(MINI_SET)
    objects = get_dataset("mini_objects")
    assert {video_name(sequence) for sequence in objects} == set(MINI_OBJECTS)
    assert len(objects) > 2


def test_a_folder_is_found_by_environment_or_argument_and_its_count_checked(otb, monkeypatch):
    with pytest.warns(UserWarning, match=r"otb has 100 sequences but .* holds 1"):
        by_argument = get_dataset(f"otb={otb}")
    monkeypatch.setenv("DMB_OTB_PATH", str(otb))
    with pytest.warns(UserWarning, match="otb has 100 sequences"):
        by_environment = get_dataset("otb")
    assert by_argument[0].regions[0].tolist() == by_environment[0].regions[0].tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize(("name", "path"), [("otb", "otb"), ("got10k_val", "got10k"), ("davis2017", "davis")])
def test_what_is_not_set_is_said_with_the_ways_to_set_it(name, path, monkeypatch):
    monkeypatch.setattr(LocalPaths, "file", pathlib.Path("no_local.py"))
    monkeypatch.delenv(f"DMB_{path.upper()}_PATH", raising=False)
    with pytest.raises(SettingsError, match=rf"DMB_{path.upper()}_PATH.*local.py.*{name}=FOLDER"):
        get_dataset(name)


def test_unknown_names_and_absent_folders(tmp_path):
    with pytest.raises(DataError, match=r"oot is neither a folder nor a file; nor is it one of otb, .*, mini, "):
        get_dataset("oot")
    with pytest.raises(DataError, match=r"dataset otb: .*absent is not a folder; it should be OTB-100"):
        get_dataset(f"otb={tmp_path / 'absent'}")


def test_a_folder_in_vot_layout(tmp_path):
    write_vot(mini_set(frames=2, size=(64, 64))[:2], tmp_path / "vot")
    assert [sequence.name for sequence in get_dataset(tmp_path / "vot")] == ["deformation", "rotation"]


def test_a_folder_in_no_known_layout(otb):
    with pytest.raises(DataError, match=r"neither list.txt \(VOT layout\) nor JPEGImages .* such as otb=.*otb"):
        get_dataset(otb)


def test_a_folder_of_masks_gives_objects(tmp_path):
    for folder in ("JPEGImages", "Annotations"):
        (tmp_path / folder / "a").mkdir(parents=True)
    write_image(tmp_path / "JPEGImages" / "a" / "00000.jpg", np.zeros((4, 5, 3), dtype=np.uint8))
    write_mask(tmp_path / "Annotations" / "a" / "00000.png", np.eye(4, 5, dtype=np.uint8))
    for name in (tmp_path, f"youtubevos_valid={tmp_path}"):
        assert [sequence.name for sequence in get_dataset(name)] == ["a-1"]


def test_names_that_other_datasets_use_too_get_a_prefix(otb):
    (otb / "Basketball" / "groundtruth_rect.txt").write_text("1,1,1,2,2,0\n")
    with pytest.warns(UserWarning, match="tlp has 50"):
        (sequence,) = get_dataset(f"tlp={otb}")
    assert sequence.name == "tlp_Basketball"


@pytest.mark.filterwarnings("ignore:vot2018 has 60")
def test_sequences_of_one_name_are_refused(tmp_path):
    write_vot(mini_set(frames=2, size=(64, 64))[:1], tmp_path / "vot")
    with pytest.raises(DataError, match=r"1 sequences of .* have one name \(deformation"):
        get_dataset(tmp_path / "vot", f"vot2018={tmp_path / 'vot'}")


def test_videos_of_one_name_in_two_datasets_are_refused(tmp_path):
    """`a-1` of one dataset and `a` of the other would both have their masks in `a`."""
    for folder in ("JPEGImages", "Annotations"):
        (tmp_path / "vos" / folder / "deformation").mkdir(parents=True)
    write_image(tmp_path / "vos" / "JPEGImages" / "deformation" / "0.jpg", np.zeros((4, 5, 3), dtype=np.uint8))
    write_mask(tmp_path / "vos" / "Annotations" / "deformation" / "0.png", np.eye(4, 5, dtype=np.uint8))
    write_vot(mini_set(frames=2, size=(64, 64))[:1], tmp_path / "vot")
    with pytest.raises(DataError, match=r"have one name \(deformation"):
        get_dataset(tmp_path / "vot", tmp_path / "vos")


def test_attributes_are_read_from_the_dataset_folder(otb):
    (otb / "attributes.csv").write_text("sequence,OCC\nBasketball,1\n")
    with pytest.warns(UserWarning, match="otb has"):
        assert get_dataset(f"otb={otb}")[0].tags["OCC"].tolist() == [True]


def test_a_path_may_hold_what_parts_a_name_from_its_folder(tmp_path, otb):
    write_vot(mini_set(frames=2, size=(64, 64))[:1], tmp_path / "otb=1" / "a:b #1 %")
    assert len(get_dataset(tmp_path / "otb=1" / "a:b #1 %")) == 1
    otb.rename(tmp_path / "o=t=b")
    with pytest.warns(UserWarning, match="otb has 100"):
        assert len(get_dataset(f"otb={tmp_path / 'o=t=b'}")) == 1


def test_a_dataset_to_train_on_cannot_be_tracked(tmp_path):
    with pytest.raises(SettingsError, match="dataset stills is one to train on; to track are otb, "):
        get_dataset(f"stills={tmp_path}")


def test_strict_makes_an_error_of_what_lacks(otb):
    with pytest.raises(DataError, match=r"otb has 100 sequences but .* holds 1"):
        get_dataset(f"otb={otb}", strict=True)


def test_sequences_know_their_datasets_convention(otb, tmp_path):
    with pytest.warns(UserWarning, match="otb has 100"):
        (sequence,) = get_dataset(f"otb={otb}")
    assert (sequence.convention.first_pixel, sequence.convention.rules) == (1, "otb")
