"""Results of earlier runs: raw VOT results with their manifest, OPE results with their times, trackers.ini."""

import functools
import json
import pathlib
import shutil
import tempfile

import numpy as np

from libs.dataset.sequence import Sequence
from pytracking.analysis.evaluation import evaluate_boxes
from pytracking.analysis.packing import pack
from pytracking.evaluation.store import ResultsStore
from pytracking.evaluation.tracker import Tracker
from pytracking.evaluation.vot_registry import register_tracker
from tests.fuzz.mutations import mutate_json, mutate_text
from tests.fuzz.target import Target
from votTester.annotations import annotate
from votTester.measures import evaluate
from votTester.protocol import Resets

FRAMES = 14
RAW = "baseline/seq/seq_001"


@functools.cache
def _sequence():
    image = np.zeros((60, 80, 3), dtype=np.uint8)
    return Sequence("seq", [image] * FRAMES, [(10 + index, 12, 20, 16) for index in range(FRAMES)])


def _raw_files():
    middle = [f"{10.5 + index:.4f},12,30,12,30,28,{10.5 + index:.4f},28" for index in range(FRAMES - 8)]
    lines = ["1", *middle[:3], "2", *"00000", "1", *middle[:3]]
    times = "\n".join("0.012500" if number % 5 else "" for number in range(FRAMES))
    return {f"{RAW}.txt": ("\n".join(lines) + "\n").encode(), f"{RAW}_time.value": f"{times}\n".encode()}


def _read_raw(folder):
    evaluate(folder, "label", "vot2018", [annotate(_sequence())])


def _manifest():
    return {
        "tracker": "DMB",
        "protocol": "resets",
        "parameters": {"CG_iter": 5, "kernel_size": [4, 4], "augmentation": {"fliplr": True}},
        "checkpoint": {"file": "net.pth.tar", "sha256": "0123456789abcdef" * 4},
        "dataset": "vot2018",
        "sequences": {"seq": "0123456789abcdef"},
        "seed": 0,
        "device": "cpu",
        "versions": {"python": "3.11", "torch": "2.6"},
    }


def _record_files():
    entries = [{"job": f"0 {name} 1", "files": [f"{RAW}.txt", f"{RAW}_time.value"]} for name in ("seq", "other")]
    record = "".join(json.dumps(entry) + "\n" for entry in entries)
    return {"manifest.json": json.dumps(_manifest()).encode(), "finished.jsonl": record.encode(), **_raw_files()}


def _claim(folder):
    resets = Resets()
    # On a copy: `force` deletes recorded results, but each input is made from the one before it.
    with tempfile.TemporaryDirectory() as place:
        folder = shutil.copytree(folder, pathlib.Path(place) / "results")
        for force in (False, True):
            jobs, earlier = resets.jobs([_sequence()], folder, 0), resets.earlier(folder, 0)
            ResultsStore(folder).claim(_manifest(), jobs, earlier, force)


def _ope_files():
    boxes = "".join(f"{10 + index}\t12\t20.5\t16\n" for index in range(FRAMES))
    times = "0.012500\n" * FRAMES
    return {"DMB/default/seq.txt": boxes.encode(), "DMB/default/seq_time.txt": times.encode()}


def _read_ope(folder):
    evaluate_boxes({"DMB": [folder / "DMB" / "default"]}, "dataset", [_sequence()])
    pack(folder / "packed.zip", "got10k", [_sequence()], [folder / "DMB" / "default"])


def _register(folder):
    register_tracker(folder / "trackers.ini", "run_vot.py", Tracker("ncc", "default"), "polygon")


TARGETS = {
    "vot_results": Target(_raw_files, mutate_text, _read_raw, weight=4),
    "manifest": Target(lambda: {"manifest.json": json.dumps(_manifest()).encode()}, mutate_json, _claim),
    "record": Target(_record_files, mutate_text, _claim),
    "ope_results": Target(_ope_files, mutate_text, _read_ope, weight=4),
    "trackers_ini": Target(
        lambda: {"trackers.ini": b"[DMB]\nlabel = DMB\nprotocol = trax\ncommand = python run_vot.py\ntimeout = 300\n"},
        mutate_text,
        _register,
    ),
}
