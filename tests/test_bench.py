import gc
import json
import types

import cv2
import numpy as np
import pytest
import torch

from libs.models.amb import AMB
from libs.models.checkpoint import save_checkpoint
from libs.models.config import AMBConfig
from libs.utils.errors import DataError
from tests.bench import machine, objects, video
from tests.bench.__main__ import main
from tests.bench.blocks import BlockMeter, Probe, tracker_probes
from tests.bench.compare import format_comparison, read_result
from tests.bench.report import format_tracker, format_training, write_result
from tests.bench.tracker import Run, summarize_frames


class FakeNetwork:
    def __init__(self, clock):
        self.clock = clock

    def encode(self):
        self.clock.seconds += 3


class FakeTracker:
    """Spends 1 s by itself, 2 s in the search and, in both the search and the segmentation, 3 s in the network."""

    def __init__(self):
        self.clock = types.SimpleNamespace(seconds=100.0)
        self.network = FakeNetwork(self.clock)
        self.device = torch.device("cpu")
        self.images = []

    def initialize(self, image, info):
        self.images = [image]

    def track(self, image):
        self.images.append(image)
        self.clock.seconds += 0.5
        self.search()
        self.network.encode()
        self.clock.seconds += 0.5

    def search(self):
        self.clock.seconds += 2
        self.network.encode()


def fake_meter(tracker, whole):
    probes = [
        Probe(tracker, "track", "the rest"),
        Probe(tracker, "search", "search", whole),
        Probe(FakeNetwork, "encode", "network"),
    ]
    return BlockMeter(probes, lambda: tracker.clock.seconds)


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "MATRIX_SIZE", 64)
        patch.setattr(video, "RENDERED", 8)
        yield


@pytest.fixture(scope="module")
def tiny_checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("bench") / "tiny.pth.tar"
    config = AMBConfig(backbone="resnet18", key_dim=8, value_dim=16, decoder_dim=8, crop_size=64)
    torch.manual_seed(0)
    save_checkpoint(path, net=AMB(config).state_dict(), constructor=config, stage="test")
    return path


def test_inner_blocks_are_taken_out_of_outer_ones():
    tracker = FakeTracker()
    meter = fake_meter(tracker, whole=False)
    with meter.measure():
        tracker.track(None)
        tracker.clock.seconds += 50  # between two frames: nobody's
        tracker.track(None)
    assert meter.totals == {"the rest": 2, "search": 4, "network": 12}
    assert meter.calls == {"the rest": 2, "search": 2, "network": 4}


def test_a_whole_block_keeps_what_is_called_inside():
    tracker = FakeTracker()
    meter = fake_meter(tracker, whole=True)
    with meter.measure():
        tracker.track(None)
    assert meter.totals == {"the rest": 1, "search": 5, "network": 3}


def test_probed_functions_are_as_before_afterwards_even_after_an_error():
    tracker, encode = FakeTracker(), FakeNetwork.encode

    def fail():
        with fake_meter(tracker, whole=False).measure():
            assert FakeNetwork.encode is not encode
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert FakeNetwork.encode is encode
    assert "track" not in vars(tracker)


def test_cost_of_stretches():
    stretches = [machine.Stretch([0.1, 0.3], 100.0), machine.Stretch([0.5], 20.0), machine.Stretch([1.0], 90.0)]
    assert stretches[0].cost == pytest.approx(20)
    assert machine.median_cost(stretches) == pytest.approx(20)
    frame = summarize_frames(stretches)
    assert frame["mean_ms"] == pytest.approx(475)
    assert frame["median_ms"] == pytest.approx(400)
    assert frame["worst_over_median"] == pytest.approx(2.5)


def test_rates_of_products_before_and_after_a_stretch_are_averaged():
    rate = types.SimpleNamespace(measure=iter([100.0, 200.0, 50.0]).__next__)
    stretches = machine.measure_stretches(rate, [lambda: [1.0], lambda: [2.0, 3.0]])
    assert stretches == [machine.Stretch([1.0], 150.0), machine.Stretch([2.0, 3.0], 125.0)]


def test_matrix_rate():
    rate = machine.MatrixRate(machine.CPU)
    measured = [rate.measure() for _ in range(3)]
    assert min(measured) > 0
    assert rate.median() == sorted(measured)[1]


def test_resident_memory_follows_an_allocation():
    gc.collect()
    before = machine.resident_megabytes(machine.CPU)["host_mb"]
    held = np.ones(50_000_000)
    assert machine.resident_megabytes(machine.CPU)["host_mb"] - before > 0.7 * held.nbytes / 1e6


def test_video_goes_forwards_and_backwards():
    frames = video.Video(3, (80, 64))
    assert frames[0].shape == (64, 80, 3)
    order = [next(known for known in range(3) if frames[index] is frames[known]) for index in range(7)]
    assert order == [0, 1, 2, 1, 0, 1, 2]


def test_run_tracks_every_frame_once_in_stretches_of_ten():
    tracker, frames = FakeTracker(), video.Video(3, (80, 64))
    run = Run(tracker, frames)
    stretches = run.stretches(23, machine.MatrixRate(machine.CPU))
    assert [len(stretch.seconds) for stretch in stretches] == [10, 10, 3]
    assert [id(image) for image in tracker.images] == [id(frames[index]) for index in range(24)]


@pytest.fixture(scope="module")
def result_file(tiny_checkpoint, tmp_path_factory):
    """The command line on three frames; small crops and no augmentation."""
    stem = tmp_path_factory.mktemp("results") / "tiny"
    settings = ["augmentation={}", "max_image_sample_size=4096"]
    settings += ["uncertainty_segment_thr=1e9", "tracking_uncertainty_thr=1e9"]
    arguments = ["--checkpoint", str(tiny_checkpoint), "--frames", "3", "--warm-up", "1", "--size", "120", "80"]
    arguments += ["--precision", "fp32", "--device", "cpu", "--output", str(stem)]
    assert main([*arguments, *(word for setting in settings for word in ("--set", setting))]) == 0
    return stem.with_name("tiny.json")


def test_every_block_of_the_tracker_is_measured(result_file):
    result = json.loads(result_file.read_text())
    blocks, frame = result["blocks"], result["frame"]
    assert min(block["calls_per_frame"] for block in blocks.values()) >= 1
    assert min(block["ms"] for block in blocks.values()) > 0
    assert sum(block["gflop_counted"] for block in blocks.values()) == pytest.approx(frame["gflop_counted"])
    assert len(frame["each_ms"]) == 3
    assert result_file.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_plot_of_a_long_run(result_file, tmp_path):
    result = json.loads(result_file.read_text())
    result["long"] = {"50": {"mean_ms": 2.0, "gflop_equivalents": 1.0, "host_mb": 300.0}}
    assert "frame 50: 2.0 ms, 1.0 GFLOP-eq., host 300 MB" in format_tracker(result)
    _, plot = write_result(result, tmp_path / "long")
    with_panel, without = (cv2.imread(str(path)).shape for path in (plot, result_file.with_suffix(".png")))
    assert with_panel[1] > 1.4 * without[1]


def test_plot_of_a_training(tmp_path):
    steps = {"fp32": {"clips_per_second": 0.5, "gflop_equivalents": 600.0, "matrix_gflops": 100.0}}
    settings = {"device_name": "CPU", "threads": 1, "clock": "wall", "batch_size": 4, "crop": 384, "workers": 2}
    data = {"precision": "fp32", "clips_per_second": 0.4, "data_wait": 0.25}
    result = {"kind": "training", "settings": settings, "steps": steps, "with_data": data}
    result["reference_gflop_equivalents"] = 634.0
    assert "25.0% of the time waiting" in format_training(result)
    paths = write_result(result, tmp_path / "training")
    assert json.loads(paths[0].read_text()) == result
    assert cv2.imread(str(paths[1])) is not None


def test_counted_operations_are_those_of_the_convolutions(result_file):
    # Key and value: a 3x3 convolution, 256 channels to 8 + 16 on 4 x 4 cells, of the query and of the memory.
    blocks = json.loads(result_file.read_text())["blocks"]
    assert blocks["key and value"]["gflop_counted"] * 1e9 == pytest.approx(2 * 2 * 9 * 256 * 24 * 16)


def test_a_result_names_its_settings_and_no_folder(result_file, tiny_checkpoint):
    text = result_file.read_text()
    settings = json.loads(text)["settings"]
    assert settings["network"] == "tiny.pth.tar"
    assert settings["constructor"]["value_dim"] == 16
    assert settings["parameters"]["augmentation"] == "{}"
    assert str(tiny_checkpoint.parent) not in text


def test_probes_of_the_tracker_leave_out_functions_that_it_lacks():
    fake = types.SimpleNamespace(key=types.SimpleNamespace(forward=None))
    network = types.SimpleNamespace(query_key_value=fake.key, memory_key_value=fake.key)
    tracker = types.SimpleNamespace(network=network, segmenter=fake, spatial=fake, track=None)
    assert {probe.name for probe in tracker_probes(tracker)} == {
        "track",
        "extract",
        "crop_inputs",
        "fit",
        "forward",
        "read_memory",
    }


def result(kind="tracker", threads=1, **numbers):
    return {"kind": kind, "settings": {"threads": threads}, "versions": {}, **numbers}


def test_a_further_object_is_measured_by_the_first():
    found = objects.summarize_objects({1: [0.1, 0.1, 0.9], 5: [0.34, 0.2, 0.34]})
    assert found["1"] == {"median_ms": pytest.approx(100), "further_object": None}
    assert found["5"] == {"median_ms": pytest.approx(340), "further_object": pytest.approx(0.6)}


def test_objects_of_a_mosaic_are_apart(monkeypatch):
    monkeypatch.setattr(objects, "TILES", (3, 2))
    mosaic = objects.Mosaic(2, (300, 161))
    assert [frame.shape for frame in mosaic.frames] == [(160, 300, 3)] * 2
    assert len(mosaic.masks) == 6
    assert all(mask.any() for mask in mosaic.masks)
    assert np.sum(mosaic.masks, axis=0).max() == 1
    # The fourth object is in the first tile of the second row.
    assert mosaic.masks[3][80:, :100].sum() == mosaic.masks[3].sum()


def test_more_objects_than_the_picture_has_are_refused(capsys):
    assert main(["objects", "--objects", "2", "21"]) == 2
    assert "--objects 21 is too many; the picture has 20" in capsys.readouterr().err


@pytest.mark.slow
def test_several_objects_are_measured(tiny_checkpoint, tmp_path, capsys):
    arguments = ["objects", "--checkpoint", str(tiny_checkpoint), "--frames", "2", "--warm-up", "1", "--objects", "2"]
    arguments += ["--precision", "fp32", "--device", "cpu", "--output", str(tmp_path / "some")]
    assert main([*arguments, "--set", "augmentation={}", "--set", "max_image_sample_size=4096"]) == 0
    assert "each further one" in capsys.readouterr().out
    measured = json.loads((tmp_path / "some.json").read_text())["objects"]
    assert list(measured) == ["1", "2"]
    assert (tmp_path / "some.png").read_bytes().startswith(b"\x89PNG")


def test_comparison_shows_ratios_and_other_settings():
    first = result(frame={"mean_ms": 8.0, "each_ms": [8.0]}, matrix_gflops=100.0, opencv={"CSRT": "absent"})
    second = result(threads=2, frame={"mean_ms": 2.0, "each_ms": [2.0]}, matrix_gflops=0.0, long={"50": {"ms": 1}})
    lines = [line.split() for line in format_comparison(first, second).splitlines()]
    assert ["settings.threads:", "1", "|", "2"] in lines
    assert ["frame.mean_ms", "8", "2", "0.250"] in lines
    assert ["matrix_gflops", "100", "0", "0.000"] in lines
    assert len(lines) == 6
    assert "-" in format_comparison(second, first).splitlines()[-1]


def test_comparison_of_other_things_is_refused(tmp_path, capsys):
    with pytest.raises(DataError, match="training"):
        format_comparison(result(), result(kind="training"))
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(DataError, match=r"other\.json"):
        read_result(tmp_path / "other.json")
    assert main(["compare", str(tmp_path / "absent.json"), str(tmp_path / "other.json")]) == 2
    assert "absent.json" in capsys.readouterr().err


def test_comparison_by_command_line(result_file, capsys):
    assert main(["compare", str(result_file), str(result_file)]) == 0
    out = capsys.readouterr().out
    assert "set otherwise" not in out
    ratios = {line.split()[-1] for line in out.splitlines()[1:]}
    assert ratios <= {"1.000", "-"}


def test_bad_parameters_are_an_error_message(tiny_checkpoint, capsys):
    assert main(["--checkpoint", str(tiny_checkpoint), "--size", "80", "64", "--set", "memory_capasity=3"]) == 2
    assert "memory_capacity" in capsys.readouterr().err
