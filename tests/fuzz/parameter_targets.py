"""Values from a parameter or settings file: the tracker's, the template matcher's and the training's."""

import functools
import math

import numpy as np
import torch

from libs.models.amb import AMB
from libs.models.checkpoint import save_checkpoint
from ltr.admin.settings import TrainSettings
from pytracking.tracker.DMB.dmb import DMB
from pytracking.tracker.DMB.params import DMBParams
from pytracking.tracker.ncc.ncc import NCC, NCCParams
from tests.fuzz.target import Target
from tests.networks import SMALL

EXPRESSIONS = (
    "None", "True", "False", "0", "-1", "1", "2", "3", "7", "16", "100", "10**3", "10**5", "10**9", "10**18", "10**400",
    "-10**9", "0.0", "-0.0", "0.5", "1.0", "1.5", "-0.5", "1e-320", "1e-9", "1e9", "1e308", "inf", "-inf", "nan", "1j",
    "''", "'auto'", "'cpu'", "'cuda:99'", "'zeros'", "'randn'", "'../x'", "b'x'", "()", "(1,)", "(4, 4)", "(0, 4)",
    "(-1, 2)", "(1.5, 2)", "('mlu',)", "('mlu', 0.05)", "('mlu', 0)", "('mlu', nan)", "('relu',)", "('none',)",
    "('mlu', 'x')", "('mlu', 0.05, 3)", "(None, None)", "[]", "[1, 2]", "{}", "{'fliplr': True}", "{'fliplr': 3}",
    "{'rotate': [5, nan]}", "{'rotate': 5}", "{'rotate': ['x']}", "{'rotate': [1e308]}", "{'blur': [(1, 2)]}",
    "{'blur': [(1, inf)]}", "{'blur': [(1, 1e9)]}", "{'blur': [1]}", "{'blur': None}", "{'blur': [('a', 'b')]}",
    "{'relativeshift': [(0.1, 0.2)]}", "{'relativeshift': [(1e9, 0)]}", "{'relativeshift': [(nan, 0)]}",
    "{'relativeshift': [('a', 1)]}", "{'rotate': [1] * 10**4}", "{1: 2}", "object()", "len", "[[]] * 3", "'x' * 5000",
)  # fmt: skip
NAMES = {"nan": math.nan, "inf": math.inf}


def mutate_values(defaults, data, random):
    """Lines `name = expression`: one to three fields of a params class get a value of any type and size."""
    fields = list(type(defaults).model_fields)
    lines = []
    for _ in range(random.randint(1, 3)):
        field = random.choice(fields)
        current = getattr(defaults, field)
        chance = random.random()
        if chance < 0.6 and type(current) in (int, float):
            expression = f"{current!r} * {random.choice((-1, 0, 0.5, 2, 3, 10, 1000, 10**9))!r}"
        else:
            expression = random.choice(EXPRESSIONS)
        lines.append(f"{field if chance < 0.98 else field + 'x'} = {expression}")
    return "\n".join(lines).encode()


def set_values(params, text):
    """`params` with the values of lines `name = expression`."""
    for line in text.splitlines():
        name, _, expression = line.partition(" = ")
        setattr(params, name, eval(expression, dict(NAMES)))
    return params


def _read_values(params, folder):
    return set_values(params, (folder / "values.txt").read_text())


def _check_tracker(folder):
    params = _read_values(DMBParams(), folder)
    params.check()


def _small_params():
    """Parameters of a tracker that is built and run in a tenth of a second."""
    return DMBParams(
        device="cpu", precision="fp32", pth_path="", max_image_sample_size=64**2,
        compressed_dim=8, init_CG_iter=6, init_GN_iter=2, sample_memory_size=30, segm_output_sz=64,
        augmentation={"fliplr": True}, train_skipping=2, memory_interval=2, memory_capacity=4,
    )  # fmt: skip


def _track(folder):
    params = _read_values(_small_params(), folder)
    if params.pth_path == "":
        params.pth_path = str(_small_network(folder))
    _run(DMB(params))


def _match(folder):
    _run(NCC(_read_values(NCCParams(), folder)))


def _run(tracker):
    frames = [np.random.default_rng(seed).integers(0, 255, (60, 80, 3)).astype(np.uint8) for seed in range(4)]
    tracker.initialize(frames[0], {"init_bbox": [20, 15, 24, 20]})
    for frame in frames[1:]:
        assert np.isfinite(tracker.track(frame)["target_bbox"]).all()


def _small_network(folder):
    path = folder / "network" / "net.pth.tar"
    if not path.is_file():
        torch.manual_seed(0)
        save_checkpoint(path, net=AMB(SMALL).state_dict(), constructor=SMALL, stage="test")
    return path


def _check_training(folder):
    settings = _read_values(TrainSettings(), folder)
    settings.check()


def _target(defaults, read, **options):
    return Target(lambda: {"values.txt": b""}, functools.partial(mutate_values, defaults), read, **options)


TARGETS = {
    "tracker_values": _target(DMBParams(), _check_tracker, weight=3),
    "training_values": _target(TrainSettings(), _check_training, weight=2),
    "matcher_run": _target(NCCParams(), _match, weight=0.05),
    "tracker_run": _target(_small_params(), _track, weight=0.02),
}
