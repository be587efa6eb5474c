"""The VOT challenges' short-term sequences, evaluated with resets, or tracked in one pass like any other."""

from libs.dataset.entry import Dataset


class VOT2018(Dataset):
    """VOT2018 short-term."""

    name, count, protocol = "vot2018", 60, "vot"
    holds = "VOT2018 short-term in VOT layout: list.txt and a folder per sequence"
    reader = "libs.dataset.readers.vot:load_vot"


class VOT2016(VOT2018):
    """VOT2016."""

    name = "vot2016"
    holds = "VOT2016 in VOT layout"


class VOT2019(VOT2018):
    """VOT2019 short-term."""

    name = "vot2019"
    holds = "VOT2019 short-term in VOT layout"
