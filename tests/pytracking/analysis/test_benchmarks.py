"""Every box benchmark: a hand-made sequence on disk, scored by its own toolkit's rule, which is written out here.

The rules are OTB's `calcSeqErrRobust.m` and `perfPlot.m` (used for UAV123, NFS and Temple-Color too), LaSOT's
`calc_seq_err_robust.m` and `eval_tracker.m`, and GOT-10k's `experiments/got10k.py`, with numbers as in the files.
"""

import math

import numpy as np
import pytest

from libs.dataset.registry import find_dataset
from libs.media.images import write_image
from pytracking.analysis.evaluation import evaluate_boxes
from pytracking.analysis.ope import MEASURES
from pytracking.evaluation.datasets import load_datasets

NAN = [math.nan] * 4
# In the second frame the target begins left of the image, in the fourth it is absent.
TRUTH = [[11, 6, 10, 8], [0, 6, 10, 8], [13, 7, 10, 8], NAN, [15, 8, 10, 8], [40, 30, 30, 10]]
# The first box does not matter, the fifth is missing, the last reaches out of the image of 64 x 48.
RESULT = [[1, 1, 5, 5], [1, 6, 9, 8], [15, 7, 10, 8], [14, 7, 10, 8], NAN, [44, 30, 40, 12]]
SIZE = (64, 48)


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    inner = max(0, width) * max(0, height)
    return inner / (a[2] * a[3] + b[2] * b[3] - inner)


def centre(box):
    """In MATLAB the middle of pixels 1 to w is (w - 1) / 2 to the right of the first."""
    return box[0] + (box[2] - 1) / 2, box[1] + (box[3] - 1) / 2


def otb(truth, result, flagged=()):
    """AUC, P, Pnorm; frames flagged as absent are left out (LaSOT), but still count in the divisor."""
    result = [list(box) for box in result]
    for index in range(1, len(result)):
        box = result[index]
        if (math.isnan(box[0]) or box[2] <= 0 or box[3] <= 0) and not math.isnan(truth[index][0]):
            result[index] = result[index - 1]
    result[0] = truth[0]
    overlaps, distances, normalised = [], [], []
    for index, (box, true) in enumerate(zip(result, truth, strict=True)):
        if index in flagged:
            continue
        if all(number > 0 for number in true):
            x, y = (a - b for a, b in zip(centre(box), centre(true), strict=True))
            overlaps.append(overlap(box, true))
            distances.append(math.hypot(x, y))
            normalised.append(math.hypot(x / true[2], y / true[3]))
        else:
            overlaps.append(-1)
            distances.append(-1)
            normalised.append(-1)
    success = [sum(value > step * 0.05 for value in overlaps) / len(truth) for step in range(21)]
    precise = sum(value <= 20 for value in distances) / len(truth)
    return [sum(success) / 21, precise, sum(value <= 0.2 for value in normalised) / len(truth)]


def got10k(truth, result, covers):
    """AO, SR50, SR75 of the visible frames except the first, boxes cut to the image by moving their corner into it."""

    def cut(box):
        x, y = (min(max(number, 0), side) for number, side in zip(box[:2], SIZE, strict=True))
        return [x, y, min(max(box[2], 0), SIZE[0] - x), min(max(box[3], 0), SIZE[1] - y)]

    pairs = list(zip(result, truth, covers, strict=True))[1:]
    found = [overlap(cut(box), cut(true)) for box, true, cover in pairs if cover > 0]
    return [sum(found) / len(found)] + [sum(value > limit for value in found) / len(found) for limit in (0.5, 0.75)]


def text(boxes, separator=","):
    return "".join(
        separator.join("NaN" if math.isnan(number) else f"{number:g}" for number in box) + "\n" for box in boxes
    )


@pytest.fixture
def write(tmp_path):
    """Writes a dataset of one sequence of six images: `write(images folder, pattern, {file: text})`."""

    def write_files(images, pattern, files):
        root = tmp_path / "data"
        (root / images).mkdir(parents=True)
        for number in range(1, 7):
            write_image(root / images / pattern.format(number), np.zeros((*SIZE[::-1], 3), dtype=np.uint8))
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        return root

    return write_files


def score(root, dataset, sequence, result, tmp_path, **options):
    folder = tmp_path / "results" / "a" / "b"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{sequence}.txt").write_text(text(result, "\t"))
    ((name, sequences),) = load_datasets(f"{dataset}={root}").items()
    (evaluation,) = evaluate_boxes({"a/b": [folder]}, name, sequences, **options)
    return [evaluation.total[measure] for measure in MEASURES]


# Images, names of images, file of the truth, name of the sequence.
OTB_LAYOUTS = {
    "otb": ("Bird1/img", "{:04d}.png", "Bird1/groundtruth_rect.txt", "Bird1"),
    "tc128": ("Bee_ce/img", "{:04d}.png", "Bee_ce/Bee_ce_gt.txt", "tc128_Bee_ce"),
    "uav123": ("data_seq/UAV123/bike1", "{:06d}.png", "anno/UAV123/bike1.txt", "uav_bike1"),
    "uav20l": ("data_seq/UAV123/bike1", "{:06d}.png", "anno/UAV20L/bike1.txt", "uav20l_bike1"),
    "uav123_10fps": ("data_seq/UAV123_10fps/bike1", "{:06d}.png", "anno/UAV123_10fps/bike1.txt", "uav10_bike1"),
    "nfs": ("sequences/bee", "{:05d}.png", "anno/nfs_bee.txt", "nfs_bee"),
}


@pytest.mark.filterwarnings("ignore:.* sequences but")
@pytest.mark.parametrize("dataset", OTB_LAYOUTS)
def test_as_otb_counts(write, tmp_path, dataset):
    images, pattern, file, sequence = OTB_LAYOUTS[dataset]
    root = write(images, pattern, {file: text(TRUTH)})
    # The official program finds the fifth box missing, and uses the fourth in its place.
    assert score(root, dataset, sequence, RESULT, tmp_path)[:3] == pytest.approx(otb(TRUTH, RESULT))
    # A copy of the truth misses the two frames that have no box over 0, and the threshold 1; nothing of precision.
    assert score(root, dataset, sequence, TRUTH, tmp_path)[:3] == pytest.approx([4 / 6 * 20 / 21, 1, 1])
    assert otb(TRUTH, TRUTH) == pytest.approx([4 / 6 * 20 / 21, 1, 1])


@pytest.mark.filterwarnings("ignore:.* sequences but")
@pytest.mark.parametrize("dataset", ["lasot", "lasot_ext", "tnl2k", "vasttrack"])
def test_as_lasot_counts(write, tmp_path, dataset):
    prefix = find_dataset(dataset).prefix
    truth = [[0, 0, 0, 0] if math.isnan(box[0]) else box for box in TRUTH]
    files = {"atv/atv-1/groundtruth.txt": text(truth), "atv/atv-1/out_of_view.txt": "0,0,0,1,0,0"}
    root = write("atv/atv-1/img", "{:08d}.png", files)
    expected = otb(truth, RESULT, flagged=[3])
    assert score(root, dataset, f"{prefix}atv-1", RESULT, tmp_path)[:3] == pytest.approx(expected)
    assert otb(truth, truth, flagged=[3]) == pytest.approx([4 / 6 * 20 / 21, 5 / 6, 5 / 6])
    assert score(root, dataset, f"{prefix}atv-1", truth, tmp_path)[:3] == pytest.approx(otb(truth, truth, flagged=[3]))


@pytest.mark.filterwarnings("ignore:.* sequences but")
def test_as_got10k_counts(write, tmp_path):
    truth = [box if not math.isnan(box[0]) else [30.0, 9.0, 10.0, 8.0] for box in TRUTH]
    truth[1] = [-6.0, 6, 10, 8]
    result = [box if not math.isnan(box[0]) else [14.0, 8.0, 10.0, 8.0] for box in RESULT]
    covers = [8, 7, 8, 0, 8, 3]
    files = {"val/x/groundtruth.txt": text(truth), "val/x/cover.label": "".join(f"{c}\n" for c in covers)}
    root = write("val/x", "{:08d}.png", {**files, "val/list.txt": "x\n"})
    assert score(root, "got10k_val", "x", result, tmp_path)[3:] == pytest.approx(got10k(truth, result, covers))
    assert score(root, "got10k_val", "x", truth, tmp_path)[3:] == [1, 1, 1]
    # Cut to the image, the last two overlap more than as written: 20 of the result's 40 pixels are outside.
    assert got10k(truth, result, covers)[0] > np.mean([overlap(result[i], truth[i]) for i in (1, 2, 4, 5)])


MOVING = [[index, 2, 10, 8] for index in range(6)]
PLAIN_LAYOUTS = {
    "tlp": ("Bike/img", {"Bike/groundtruth_rect.txt": text([[i, *MOVING[i], i == 3] for i in range(6)])}, "tlp_Bike"),
    "avist": (
        "sequences/bike",
        {"anno/bike.txt": text(MOVING, " "), "out_of_view/bike_out_of_view.txt": "0,0,0,1,0,0"},
        "avist_bike",
    ),
    "vot2018": ("bike", {"list.txt": "bike\n", "bike/groundtruth.txt": text(MOVING)}, "bike"),
}


@pytest.mark.filterwarnings("ignore:.* sequences but")
@pytest.mark.parametrize("dataset", PLAIN_LAYOUTS)
def test_others_count_as_they_stand_and_leave_out_absent_targets(write, tmp_path, dataset):
    images, files, sequence = PLAIN_LAYOUTS[dataset]
    root = write(images, "{:05d}.png", files)
    assert score(root, dataset, sequence, MOVING, tmp_path) == pytest.approx([20 / 21, 1, 1, 1, 1, 1])
    moved = [MOVING[0], *([x + 1, *rest] for x, *rest in MOVING[1:])]
    frames = [0, 1, 2, 4, 5] if dataset != "vot2018" else range(6)
    overlaps = [overlap(moved[index], MOVING[index]) for index in frames]
    expected = np.mean([[value > step * 0.05 for value in overlaps] for step in range(21)])
    assert score(root, dataset, sequence, moved, tmp_path)[0] == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore:.* sequences but")
def test_absent_targets_can_be_counted_otherwise(write, tmp_path):
    images, pattern, file, sequence = OTB_LAYOUTS["uav123"]
    root = write(images, pattern, {file: text(TRUTH)})
    for how, precision in ((None, 1), ("missed", 5 / 6), ("left out", 1)):
        assert score(root, "uav123", sequence, TRUTH, tmp_path, absent=how)[1] == pytest.approx(precision)
