"""The whole tracker on rendered frames. One tracker serves all tests: initialising it again must be a fresh start."""

import math
import sys

import numpy as np
import pytest
import torch

from libs.dataset.rendered.sequences import render_sequence
from libs.memory.augmentation import count_crops
from libs.memory.policy import Decision, PaperPolicy
from libs.models.amb import AMB, EncodedFrame
from libs.utils.boxes import box_iou
from libs.utils.errors import CheckpointError, DataError, SettingsError
from libs.utils.masks import tight_box
from libs.utils.metrics import region_similarity
from libs.utils.polygons import polygon_to_mask
from libs.utils.state import State
from pytracking.evaluation.environment import network_path
from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session
from pytracking.tracker.DMB.params import DMBParams

FRAMES = 8


@pytest.fixture(scope="module")
def tracker():
    return Tracker("DMB", "DMB_default_params").create_tracker(device="cpu")


@pytest.fixture(scope="module")
def easy():
    return render_sequence("easy", frames=FRAMES)


def run(tracker, sequence, info):
    outputs = [tracker.initialize(sequence.frame(0), info)]
    return outputs + [tracker.track(sequence.frame(i)) for i in range(1, len(sequence))]


def mean_overlap(outputs, sequence):
    overlaps = []
    for index, output in enumerate(outputs[1:], start=1):
        shape = output["segmentation"].shape
        found, truth = (polygon_to_mask(p, shape) for p in (output["polygon"], sequence.polygons[index]))
        overlaps.append(region_similarity(found, truth))
    return np.mean(overlaps)


@pytest.mark.parametrize("start", ["box", "polygon", "mask", "mask and box"])
def test_follows_an_easy_target(tracker, easy, start):
    polygon, mask = easy.polygons[0], easy.mask(0)
    box = [*polygon.min(axis=0), *np.ptp(polygon, axis=0)]
    info = {
        "box": {"init_bbox": box},
        "polygon": {"init_bbox": polygon.ravel().tolist()},
        "mask": {"init_mask": mask},
        "mask and box": {"init_mask": mask, "init_bbox": box},
    }[start]
    outputs = run(tracker, easy, info)
    assert mean_overlap(outputs, easy) > 0.5
    masks = [region_similarity(outputs[i]["segmentation"], easy.mask(i)) for i in range(1, FRAMES)]
    assert np.mean(masks) > 0.5


def test_one_crop_for_both_memories_and_no_last_frame_still_follow(easy):
    fast = Tracker("DMB", "DMB_paper").create_tracker(
        device="cpu", share_crop=True, segm_search_area_factor=4.0, remember_last=False
    )
    passes = []
    encode = fast.network.query_encoder.forward
    fast.network.query_encoder.forward = lambda images: passes.append(1) or encode(images)
    outputs = run(fast, easy, {"init_bbox": easy.regions[0]})
    assert mean_overlap(outputs, easy) > 0.5
    starts = math.ceil(count_crops(fast.params.augmentation) / fast.most_together)
    assert len(passes) == starts + 1 + FRAMES - 1  # filter start, box-to-segmentation, then one a frame


def test_the_fast_preset_follows():
    """At the speed of a 60 fps video: its crop shows less of the surroundings than the default's."""
    slow = render_sequence("easy", frames=60)
    tracker = Tracker("DMB", "DMB_fast").create_tracker(device="cpu")
    tracker.initialize(slow.frame(0), {"init_bbox": slow.regions[0]})
    masks = [tracker.track(slow.frame(index))["segmentation"] for index in range(1, 7)]
    assert min(region_similarity(mask, slow.mask(index)) for index, mask in enumerate(masks, start=1)) > 0.6


class GraphOutput(torch.Tensor):
    """Like an output of CUDA graphs: it cannot be copied, but tensors computed from it are ordinary."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    def __deepcopy__(self, memo):
        raise RuntimeError("only tensors created explicitly by the user can be copied")


def test_compiled_for_cuda_several_objects_begin_later_and_are_corrected(easy, monkeypatch):
    monkeypatch.setattr("pytracking.tracker.DMB.dmb.compile_for_inference", lambda network: None)
    tracker = Tracker("DMB", "DMB_default_params").create_tracker(device="cpu", compile=True)
    encode = AMB.encode
    monkeypatch.setattr(
        AMB, "encode", lambda *args: EncodedFrame(*(field.as_subclass(GraphOutput) for field in encode(*args)))
    )
    session = Session(tracker)
    session.add(easy.frame(0), mask=easy.mask(0))
    session.step(easy.frame(1))
    second = session.add(easy.frame(1), box=[4, 4, 30, 30])
    session.step(easy.frame(2))
    session.correct(second, box=[6, 4, 30, 30])
    assert list(session.step(easy.frame(3))) == [1, 2]


@pytest.mark.parametrize("box_from", ["polygon", "mask"])
def test_outputs_are_complete_and_consistent(easy, box_from):
    tracker = Tracker("DMB", "DMB_default_params").create_tracker(device="cpu", box_from=box_from)
    for index, output in enumerate(run(tracker, easy, {"init_bbox": easy.regions[0]})):
        assert set(output) == {"target_bbox", "polygon", "segmentation", "score", "state", "time"}
        assert output["polygon"].shape == (4, 2)
        x, y, w, h = output["target_bbox"]
        if box_from == "polygon" or index == 0:
            assert [x, y] == pytest.approx(output["polygon"].min(axis=0))
            assert [x + w, y + h] == pytest.approx(output["polygon"].max(axis=0))
        elif output["state"] is State.TRACKED:
            # The mask's, scaled as the given region is to the first mask's rectangle.
            assert box_iou([x, y, w, h], tight_box(output["segmentation"])) > 0.7
        assert output["segmentation"].shape == (240, 320)
        assert output["segmentation"].dtype == bool
        assert math.isfinite(output["score"])
        assert output["time"] > 0


def test_a_second_start_equals_the_first(tracker, easy):
    """Started from a mask in between, which uses other thresholds (fault 8), with weights read only once (fault 9)."""
    info = {"init_bbox": easy.regions[0]}
    short = render_sequence("easy", frames=4)
    first = run(tracker, short, info)
    run(tracker, short, {"init_mask": easy.mask(0)})
    second = run(tracker, short, info)
    for a, b in zip(first, second, strict=True):
        assert (a["polygon"] == b["polygon"]).all()
        assert a["score"] == b["score"]


def test_the_first_frame_stays_remembered_and_doubtful_frames_are_not_kept(tracker, easy):
    tracker.initialize(easy.frame(0), {"init_bbox": easy.regions[0]})
    for index in range(1, 8):
        tracker.track(easy.frame(index))
    assert sorted(tracker.segmenter.bank.frames) == [0, 5, 7]


@pytest.mark.parametrize(
    "image", [np.zeros((0, 5, 3), np.uint8), np.zeros((9, 9, 2), np.uint8), "frame.jpg", np.zeros(7, np.uint8)]
)
def test_things_that_are_no_images(tracker, image):
    with pytest.raises(DataError):
        tracker.initialize(image, {"init_bbox": [1, 1, 4, 4]})


def test_bad_parameters(tmp_path):
    tracker = Tracker("DMB", "DMB_default_params")
    with pytest.raises(CheckpointError, match=r"nowhere\.pth\.tar"):
        tracker.create_tracker(pth_path="nowhere.pth.tar")
    for wrong in (
        {"segm_mask_thr": 1.5},
        {"segm_output_sz": 250},
        {"segm_feature_sz": 24},
        {"vot_anno_conversion_type": "axis"},
        {"memory_capacity": 1},
        {"memory_capacity": "many"},
        {"segm_use_dist": 0.5},
        {"learning_rate": 2},
        {"device": "gpu"},
        {"device": "cuda:99"},
    ):
        with pytest.raises(SettingsError, match=next(iter(wrong))):
            tracker.create_tracker(**wrong)


def test_params_are_frozen_and_own_their_alias(tracker):
    with pytest.raises(SettingsError, match="cannot change"):
        tracker.params.segm_mask_thr = 0.4
    assert tracker.params.precision in ("fp32", "bf16")
    assert tracker.params.dispalcement_scale == tracker.params.displacement_scale == 0.7


def test_what_suits_the_network_comes_from_the_checkpoint(tmp_path, easy):
    """And a policy from somebody else's module decides what is kept."""
    content = torch.load(network_path("dmb_resnet18.pth.tar"), weights_only=True)
    tracking = {"segm_mask_thr": 0.4, "memory_policy": f"{__name__}:EverySecond", "memory_interval": 3}
    torch.save(content | {"tracking": tracking}, tmp_path / "suited.pth.tar")
    chosen = {"pth_path": str(tmp_path / "suited.pth.tar"), "device": "cpu", "memory_interval": 4}
    suited = Tracker("DMB", "DMB_default_params").create_tracker(**chosen)
    assert (suited.params.segm_mask_thr, suited.params.memory_interval) == (0.4, 4)
    run(suited, render_sequence("easy", frames=6), {"init_bbox": easy.regions[0]})
    assert suited.segmenter.bank.frames == [0, 2, 4, 5]
    paper = Tracker("DMB", "DMB_paper").create_tracker(pth_path=chosen["pth_path"], device="cpu")
    assert (paper.params.segm_mask_thr, paper.params.memory_policy) == (0.5, "paper")


def test_a_checkpoint_imports_no_policy(tmp_path, monkeypatch):
    (tmp_path / "strange.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    tracking = {"memory_policy": "strange:Policy"}
    with pytest.raises(CheckpointError, match=r"does not import; name it .* by --set memory_policy=strange:Policy"):
        DMBParams().completed(tracking, "a file")
    assert "strange" not in sys.modules
    assert DMBParams(memory_policy="evidence").completed(tracking, "a file").memory_policy == "evidence"


class EverySecond(PaperPolicy):
    """Keeps every second frame, whatever the parameters say."""

    def decide(self, evidence):
        return Decision.KEEP if evidence.number % 2 == 0 else Decision.LAST


@pytest.mark.cuda
def test_cuda_agrees_with_the_cpu(tracker, easy):
    on_gpu = Tracker("DMB", "DMB_default_params").create_tracker(device="cuda")
    info = {"init_bbox": easy.regions[0]}
    pairs = zip(run(tracker, easy, info), run(on_gpu, easy, info), strict=True)
    assert max(np.abs(a["polygon"] - b["polygon"]).max() for a, b in pairs) < 2


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_lower_precision_gives_the_boxes_of_fp32(precision):
    """Within 2 pixels, except in single frames in which the rectangle's angle flips.

    Slow, as the next one: CPUs without these numbers emulate them.
    """
    sequence = render_sequence("easy", frames=30)
    info = {"init_bbox": sequence.regions[0]}
    exact = Tracker("DMB", "DMB_paper").create_tracker(device="cpu", precision="fp32")
    lower = Tracker("DMB", "DMB_paper").create_tracker(device="cpu", precision=precision)
    exact, lower = (np.array([out["target_bbox"] for out in run(each, sequence, info)]) for each in (exact, lower))
    distances = np.abs(exact - lower).max(axis=1)
    assert np.mean(distances <= 2) >= 0.9
    assert np.median(distances) < 1


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_lower_precision_covers_what_fp32_covers(precision):
    """With the default network, whose boxes are calibrated."""
    sequence = render_sequence("easy", frames=20)
    exact, lower = (
        run(
            Tracker("DMB", "DMB_default_params").create_tracker(device="cpu", precision=name),
            sequence,
            {"init_bbox": sequence.regions[0]},
        )
        for name in ("fp32", precision)
    )
    overlaps = box_iou(*(np.array([out["target_bbox"] for out in outputs]) for outputs in (exact, lower)))
    assert overlaps.mean() > 0.9
    assert overlaps.min() > 0.75
