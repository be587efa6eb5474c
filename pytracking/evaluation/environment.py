"""Where datasets, networks and results of the tracking side lie on this machine."""

import dataclasses
import pathlib

from libs.utils.local_settings import find_path, local_file, ways_to_set, write_local_template
from libs.utils.params import Params

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
LOCAL_MODULE = "pytracking.evaluation.local"


def _path(help_text):
    return dataclasses.field(default="", metadata={"help": help_text})


@dataclasses.dataclass
class EnvironmentSettings(Params):
    """Folders, as strings; an empty one is not set. Each is found by its name without '_path'."""

    vot2016_path: str = _path("VOT2016 in VOT layout: list.txt and a folder per sequence")
    vot2018_path: str = _path("VOT2018 short-term in VOT layout")
    vot2019_path: str = _path("VOT2019 short-term in VOT layout")
    otb_path: str = _path("OTB-100: a folder per sequence, with img/ and groundtruth_rect.txt")
    lasot_path: str = _path("LaSOT: class folders, such as airplane/airplane-1, and testing_set.txt")
    got10k_path: str = _path("GOT-10k: val/ and test/, each with list.txt")
    trackingnet_path: str = _path("TrackingNet: TEST/frames and TEST/anno")
    nfs_path: str = _path("NFS: a folder per sequence, such as airboard_1/30; or sequences/ and anno/")
    uav123_path: str = _path("UAV123: data_seq/UAV123 and anno/UAV123")
    tlp_path: str = _path("TLP: a folder per sequence, with img/ and groundtruth_rect.txt")
    davis_path: str = _path("DAVIS 2016 and 2017: JPEGImages/480p, Annotations/480p, ImageSets")
    youtubevos_path: str = _path("YouTube-VOS: valid/JPEGImages and valid/Annotations")
    results_path: str = _path("results of all runs; empty: the folder 'results' where the script is started")
    networks_path: str = _path("more checkpoints, found by name; empty: pytracking/networks")


def dataset_path(name, argument=None):
    """Folder of the dataset `name`, such as 'vot2018'; `argument` wins when given.

    Raises:
        SettingsError: when it is not set anywhere; the message names the three ways to set it.
    """
    return find_path(name, EnvironmentSettings, LOCAL_MODULE, argument)


def results_path(argument=None):
    """Folder below which all results are written."""
    return find_path("results", EnvironmentSettings, LOCAL_MODULE, argument, default="results")


def network_path(checkpoint):
    """File of a checkpoint: the path as given if it exists, else that name in the networks folder, else the bundled."""
    checkpoint = pathlib.Path(checkpoint).expanduser()
    bundled = PACKAGE / "networks" / checkpoint
    named = find_path("networks", EnvironmentSettings, LOCAL_MODULE, default=bundled.parent) / checkpoint
    return next((path for path in (checkpoint, named, bundled) if path.exists()), named)


def ways_to_set_path(name):
    """For messages: how the path `name` is set, by the environment or `local.py`."""
    return ways_to_set(name, EnvironmentSettings, LOCAL_MODULE)


def write_local_settings():
    """Write the `local.py` of the tracking side for the user to edit, unless it exists. Returns its path."""
    file = local_file(LOCAL_MODULE)
    write_local_template(file, EnvironmentSettings)
    return file


if __name__ == "__main__":
    # By its proper name, because the file that is written imports from there.
    from pytracking.evaluation import environment

    print(f"paths on this machine: {environment.write_local_settings()} (yours to edit)")
