"""Paths that training needs on this machine; see `libs.utils.local_settings` for how they are found."""

from libs.dataset.entry import TRAIN
from libs.dataset.registry import datasets_for
from libs.utils.local_settings import LocalPaths, path_settings

EnvironmentSettings = path_settings(
    "EnvironmentSettings",
    __name__,
    {"workspace": "where checkpoints/ and tensorboard/ are written; empty: the working folder"}
    | {each.setting: each.holds for each in datasets_for(TRAIN)},
)
PATHS = LocalPaths("ltr.admin.local", EnvironmentSettings)

if __name__ == "__main__":
    # By its full name, because the written file imports from there.
    from ltr.admin import environment

    print(f"paths on this machine: {environment.PATHS.write()} (yours to edit)")
