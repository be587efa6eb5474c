import numpy as np
import pytest

from libs.dataset.object_sequences import video_name
from libs.dataset.rendered.sequences import MINI_SET, mini_set, write_vot
from libs.dataset.rendered.videos import MINI_OBJECTS, mini_objects
from libs.media.images import write_image
from libs.media.masks import write_mask
from libs.utils.errors import DataError, SettingsError
from pytracking.evaluation.datasets import DATASETS, RENDERED, get_dataset
from pytracking.evaluation.environment import EnvironmentSettings


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
    monkeypatch.setitem(RENDERED, "mini", lambda: mini_set(frames=2, size=(64, 64)))
    monkeypatch.setitem(RENDERED, "mini_objects", lambda: mini_objects(frames=4, size=(64, 64)))
    assert [sequence.name for sequence in get_dataset("mini")] == list(MINI_SET)
    objects = get_dataset("mini_objects")
    assert {video_name(sequence) for sequence in objects} == set(MINI_OBJECTS)
    assert len(objects) > 2


def test_every_dataset_has_a_setting():
    settings = EnvironmentSettings()
    for entry in DATASETS.values():
        assert getattr(settings, f"{entry.path}_path") == ""


def test_published_counts():
    counts = {name: entry.count for name, entry in DATASETS.items() if entry.count}
    assert counts == {
        **dict.fromkeys(("vot2016", "vot2018", "vot2019"), 60),
        **{"otb": 100, "lasot": 280, "got10k_val": 180, "got10k_test": 180, "trackingnet": 511},
        **{"nfs": 100, "uav123": 123, "tlp": 50},
    }


def test_a_folder_is_found_by_environment_or_argument_and_its_count_checked(otb, monkeypatch):
    with pytest.warns(UserWarning, match="otb has 100 sequences but .* holds 1"):
        by_argument = get_dataset(f"otb={otb}")
    monkeypatch.setenv("DMB_OTB_PATH", str(otb))
    with pytest.warns(UserWarning, match="otb has 100 sequences"):
        by_environment = get_dataset("otb")
    assert by_argument[0].regions[0].tolist() == by_environment[0].regions[0].tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_what_is_not_set_is_said_with_the_ways_to_set_it(name, monkeypatch):
    monkeypatch.setattr("libs.utils.local_settings.load_local_settings", lambda *_: EnvironmentSettings())
    path = DATASETS[name].path
    monkeypatch.delenv(f"DMB_{path.upper()}_PATH", raising=False)
    with pytest.raises(SettingsError, match=rf"DMB_{path.upper()}_PATH.*local.py.*{name}=FOLDER"):
        get_dataset(name)


def test_unknown_names_and_absent_folders(tmp_path):
    with pytest.raises(DataError, match=r"oot is not a folder; nor is it one of vot2016, .*, mini"):
        get_dataset("oot")
    with pytest.raises(DataError, match=r"dataset otb=.*absent is not a folder$"):
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
    """`a-1` of the one and `a` of the other would both have their masks in `a`."""
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
