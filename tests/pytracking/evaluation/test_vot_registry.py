import configparser
import shlex
import sys

import pytest

from libs.utils.errors import DataError
from pytracking.evaluation.tracker import Tracker
from pytracking.evaluation.vot_registry import register_tracker


def test_trackers_join_and_replace_each_other(tmp_path):
    file = tmp_path / "new" / "trackers.ini"
    assert register_tracker(file, "run_vot.py", Tracker("ncc", "default"), "mask") == "ncc_default"
    assert register_tracker(file, "run_vot.py", Tracker("ncc", "default", 3), "auto") == "ncc_default_003"
    register_tracker(file, tmp_path / "50 %" / "run_vot.py", Tracker("ncc", "default"), "polygon")
    registry = configparser.ConfigParser()
    registry.read(file)
    assert registry.sections() == ["ncc_default", "ncc_default_003"]
    entry = registry["ncc_default"]
    assert (entry["protocol"], entry["label"], int(entry["timeout"])) == ("trax", "ncc/default", 300)
    client = str(tmp_path / "50 %" / "run_vot.py")
    assert shlex.split(entry["command"]) == [sys.executable, client, "ncc", "default", "--region", "polygon"]
    assert shlex.split(registry["ncc_default_003"]["command"])[2:6] == ["ncc", "default", "--runid", "3"]


def test_all_else_in_the_file_stays_as_it_is(tmp_path):
    file = tmp_path / "trackers.ini"
    theirs = "# of ours\n[SiamX]\nlabel = X ; fast\ncommand = x\n\n# older\n[SiamY]\ncommand = y"
    file.write_text(theirs)
    for region in ("mask", "auto"):
        register_tracker(file, "run_vot.py", Tracker("ncc", "default"), region)
        assert file.read_text().startswith(f"{theirs}\n\n[ncc_default]\n")
        assert file.read_text().count("[ncc_default]") == 1
    file.write_text(f"{file.read_text()}# the last\n[SiamZ]\ncommand = z\n")
    register_tracker(file, "run_vot.py", Tracker("ncc", "default"), "polygon")
    assert file.read_text().endswith("--region polygon\ntimeout = 300\n\n# the last\n[SiamZ]\ncommand = z\n")


def test_damaged_file_is_named_and_kept(tmp_path):
    file = tmp_path / "trackers.ini"
    file.write_text("no section")
    with pytest.raises(DataError, match=r"trackers\.ini is no trackers\.ini"):
        register_tracker(file, "run_vot.py", Tracker("ncc", "default"), "auto")
    assert file.read_text() == "no section"
