"""Paths that training needs on this machine; see `libs.utils.local_settings` for how they are found."""

import dataclasses

from libs.utils.local_settings import find_path, local_file, write_local_template
from libs.utils.params import Params

LOCAL_MODULE = "ltr.admin.local"


@dataclasses.dataclass
class EnvironmentSettings(Params):
    """Folders of the training data and of what training writes; empty: not there."""

    workspace_path: str = dataclasses.field(
        default="", metadata={"help": "where checkpoints/ and tensorboard/ are written; empty: the working folder"}
    )
    youtubevos_path: str = dataclasses.field(
        default="", metadata={"help": "YouTube-VOS: the folder that holds train/, or JPEGImages/ and Annotations/"}
    )
    davis_path: str = dataclasses.field(
        default="", metadata={"help": "DAVIS 2016 or 2017: the folder that holds JPEGImages/ and Annotations/"}
    )
    stills_path: str = dataclasses.field(
        default="", metadata={"help": "stills with instance masks: the folder that holds images/ and masks/"}
    )
    coco_path: str = dataclasses.field(
        default="", metadata={"help": "COCO: the folder that holds annotations/ and train2017/"}
    )


def training_path(name, argument=None, default=None):
    """Path called `name` ('workspace', 'youtubevos', 'davis', 'stills', 'coco'); see `find_path`.

    Raises:
        SettingsError: when it is not set; the message names the three ways to set it.
    """
    return find_path(name, EnvironmentSettings, LOCAL_MODULE, argument, default)


def write_local_settings():
    """Write the `local.py` of the training side for the user to edit, unless it exists. Returns its path."""
    file = local_file(LOCAL_MODULE)
    write_local_template(file, EnvironmentSettings)
    return file


if __name__ == "__main__":
    # By its proper name, because the file that is written imports from there.
    from ltr.admin import environment

    print(f"paths on this machine: {environment.write_local_settings()} (yours to edit)")
