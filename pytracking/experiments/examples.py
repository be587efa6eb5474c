"""Experiments to start from: copy this file, change trackers and datasets."""

from pytracking.evaluation.datasets import get_dataset
from pytracking.evaluation.experiment import Experiment, trackerlist


def dmb_against_ncc() -> Experiment:
    """DMB and a template matcher on the rendered sequences, which need no download."""
    return trackerlist("DMB", "DMB_default_params") + trackerlist("ncc", "default"), get_dataset("mini")


def dmb_three_runs() -> Experiment:
    """Three runs of DMB on OTB-100 and NFS; results are kept apart by their run number."""
    return trackerlist("DMB", "DMB_default_params", range(3)), get_dataset("otb", "nfs")
