import importlib.metadata
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

from libs.dataset.entry import SEGMENT, TRACK, TRAIN, Dataset, SegmentationData
from libs.dataset.loading import load_sequences, split_name
from libs.dataset.registry import datasets, datasets_for, find_dataset, is_dataset
from libs.media.images import write_image
from libs.utils.errors import SettingsError
from libs.utils.references import find_object

ROOT = pathlib.Path(__file__).parents[3]


def test_published_counts():
    counts = {name: entry.count for name, entry in datasets().items() if entry.count}
    assert counts == {
        **dict.fromkeys(("vot2016", "vot2018", "vot2019"), 60),
        **{"otb": 100, "lasot": 280, "got10k_val": 180, "got10k_test": 180, "trackingnet": 511},
        **{"nfs": 100, "uav123": 123, "tlp": 50, "tc128": 129, "lasot_ext": 150, "avist": 120, "tnl2k": 700},
        **{"vasttrack": 3500, "uav20l": 20, "uav123_10fps": 123, "davis2016": 20, "davis2017": 30},
        **{"mose_valid": 311, "sav_val": 155, "sav_test": 150},
    }


def test_names_of_pytracking_find_their_datasets():
    names = {"otb": "otb", "nfs": "nfs", "uav": "uav123", "tpl": "tc128", "lasot_extension_subset": "lasot_ext"}
    assert {name: find_dataset(name).name for name in [*names, "dv2017_val"]} == {**names, "dv2017_val": "davis2017"}
    assert "uav" not in datasets()
    assert split_name("uav=FOLDER") == (datasets()["uav123"], "FOLDER")


def test_files_that_count_from_1():
    one_based = {name for name, entry in datasets().items() if entry.convention.first_pixel == 1}
    uav = {"uav123", "uav20l", "uav123_10fps"}
    assert one_based == {"otb", "tc128", "lasot", "lasot_ext", "tnl2k", "vasttrack", "nfs"} | uav
    assert all(datasets()[name].convention.source for name in one_based)


def test_what_can_be_trained_on():
    names = {each.name for each in datasets_for(TRAIN)}
    assert {"youtubevos", "davis", "stills", "coco", "mose", "sav_train"} <= names
    assert {each.name for each in datasets_for(TRAIN) if each.stills} == {"stills", "coco"}


@pytest.mark.parametrize("entry", datasets().values(), ids=list(datasets()))
def test_every_entry_says_what_it_is_and_can_be_read(entry):
    assert set(entry.uses) <= {TRACK, SEGMENT, TRAIN}
    assert entry.protocol in ("ope", "vos", "vot")
    assert entry.uses
    assert type(entry).__doc__
    assert TRAIN not in entry.uses or isinstance(entry, SegmentationData)
    if entry.holds:
        assert callable(find_object(entry.reader, "reader"))
    else:
        assert type(entry).sequences is not Dataset.sequences


def test_readers_are_imported_when_they_are_asked_for():
    code = "import sys; from libs.dataset.registry import datasets; datasets()\n"
    code += "print(sorted(m for m in sys.modules if m in ('numpy', 'cv2') or m.startswith('libs.dataset.readers.')))\n"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout.strip() == "[]"


def test_an_unknown_name_says_the_nearest():
    with pytest.raises(SettingsError, match=r"no dataset 'vot2081'; did you mean vot2019\?; known are otb, "):
        find_dataset("vot2081")
    assert not is_dataset("vot2081")


@pytest.fixture
def birds(tmp_path, monkeypatch):
    """The file `birds.py` of docs/extending.md in the working folder, and a folder of two birds and a broken one."""
    text = (ROOT / "docs" / "extending.md").read_text()
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "class Birds" in block]
    (tmp_path / "birds.py").write_text(code)
    for name in ("robin", "wren"):
        (tmp_path / "data" / name / "frames").mkdir(parents=True)
        for index in range(3):
            image = np.zeros((12, 16, 3), dtype=np.uint8)
            write_image(tmp_path / "data" / name / "frames" / f"{index}.png", image)
        (tmp_path / "data" / name / "boxes.txt").write_text("1,1,5,5\n" * 3)
    (tmp_path / "data" / "broken").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "birds", raising=False)
    yield tmp_path / "data"
    sys.modules.pop("birds", None)


def test_a_dataset_from_outside_the_package_is_one_file(birds):
    entry = find_dataset("birds:Birds")
    with pytest.warns(UserWarning, match=r"1 of 3 sequences .* are left out \(broken: "):
        sequences = load_sequences(entry, birds)
    assert [(each.name, each.regions[0].tolist()) for each in sequences] == [
        ("robin", [0, 0, 5, 5]),
        ("wren", [0, 0, 5, 5]),
    ]
    assert sequences[0].convention.rules == "otb"


def test_what_a_package_offers_is_known_by_its_name(birds, monkeypatch, tmp_path):
    # As an installed module.
    monkeypatch.syspath_prepend(tmp_path)
    points = [
        importlib.metadata.EntryPoint("birds", "birds:Birds", "dmb.datasets"),
        importlib.metadata.EntryPoint("fish", "no_such_package:Fish", "dmb.datasets"),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points if group == "dmb.datasets" else [])
    datasets.cache_clear()
    try:
        with pytest.warns(UserWarning, match="the dataset fish of no_such_package:Fish is left out"):
            assert find_dataset("birds").holds.startswith("birds: ")
        assert "fish" not in datasets()
        assert "otb" in datasets()
    finally:
        datasets.cache_clear()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:Birds", "there is no module 'no_such_module'"),
        ("birds:Bird", "has no attribute 'Bird'"),
        ("birds:Convention", "is not a dataset"),
    ],
)
def test_references_that_name_no_dataset(birds, name, message):
    with pytest.raises(SettingsError, match=message):
        find_dataset(name)
