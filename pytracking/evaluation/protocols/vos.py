"""Video object segmentation: masks, judged by region (J) and boundary (F) as DAVIS does."""

import pathlib
from collections.abc import Mapping

from libs.dataset.sequence import Sequence
from pytracking.analysis.masks import videos_with_masks
from pytracking.analysis.scores import Evaluation, Measure, percent
from pytracking.analysis.vos import MEASURES, average, score_run
from pytracking.evaluation.one_pass import OnePass


def _measure(name: str) -> Measure:
    (measure,) = percent(name, low=-1.0, best="low") if name.endswith("decay") else percent(name)
    return measure


class VOS(OnePass):
    """J and F of every object, averaged over repeated runs; the total is the mean over objects."""

    name = "vos"
    measures = tuple(map(_measure, MEASURES))
    compared = ("J&F",)
    read = ("object",)

    def evaluate(self, runs: Mapping[str, list[pathlib.Path]], dataset: str, data: list[Sequence]) -> list[Evaluation]:
        """See Protocol.evaluate."""
        videos = videos_with_masks(data)
        evaluations = []
        for label, folders in runs.items():
            scores = [score_run(videos, folder) for folder in folders]
            objects = [average(of_runs, "object", of_runs[0].name) for of_runs in zip(*scores, strict=True)]
            evaluations.append(Evaluation(label, dataset, [*objects, average(objects)]))
        return evaluations
