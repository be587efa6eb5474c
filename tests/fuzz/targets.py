"""All targets by name, in groups that share a number of inputs."""

import math

from tests.fuzz import (
    annotation_targets,
    checkpoint_targets,
    dataset_targets,
    image_targets,
    parameter_targets,
    result_targets,
    understood_targets,
)

GROUPS = {
    "groundtruth": dataset_targets.TARGETS,
    "results": result_targets.TARGETS,
    "annotations": annotation_targets.TARGETS,
    "parameters": parameter_targets.TARGETS,
    "images": image_targets.TARGETS,
    "understood": understood_targets.TARGETS,
    "checkpoints": checkpoint_targets.TARGETS,
}
TARGETS = {name: target for targets in GROUPS.values() for name, target in targets.items()}


def shares(targets, count):
    """Name -> number of inputs by the targets' weights, `count` in total (or a few more); at least one each."""
    total = sum(target.weight for target in targets.values())
    return {name: max(1, math.ceil(count * target.weight / total)) for name, target in targets.items()}
