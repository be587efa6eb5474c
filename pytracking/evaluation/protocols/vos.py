"""Video object segmentation: masks, judged by region (J) and boundary (F) as DAVIS does."""

import pathlib
from collections.abc import Mapping

from libs.dataset.sequence import Sequence
from pytracking.analysis.masks import has_masks, videos_with_masks
from pytracking.analysis.scores import Evaluation, Measure, percent
from pytracking.analysis.shared import shared_names
from pytracking.analysis.vos import MEASURES, average, score_run
from pytracking.evaluation.one_pass import OnePass


def _measure(name: str) -> Measure:
    (measure,) = percent(name, low=-1.0, best="low") if name.endswith("decay") else percent(name)
    return measure


class VOS(OnePass):
    """J and F of every object, averaged over repeated runs; the total is the mean over objects.

    Trackers are compared on the videos that all have finished.
    """

    name = "vos"
    measures = tuple(map(_measure, MEASURES))
    compared = ("J&F",)
    read = ("object",)

    def evaluate(self, runs: Mapping[str, list[pathlib.Path]], dataset: str, data: list[Sequence]) -> list[Evaluation]:
        """See Protocol.evaluate."""
        known = {video.name: video for video in videos_with_masks(data)}
        finished = {
            label: [name for name, video in known.items() if all(has_masks(folder, video) for folder in folders)]
            for label, folders in runs.items()
        }
        shared, notes = shared_names(finished, list(known), dataset)
        videos = [known[name] for name in shared]
        evaluations = []
        for label, folders in runs.items():
            scores = [score_run(videos, folder) for folder in folders]
            objects = [average(of_runs, "object", of_runs[0].name) for of_runs in zip(*scores, strict=True)]
            evaluations.append(Evaluation(label, dataset, [*objects, average(objects)], notes))
        return evaluations
