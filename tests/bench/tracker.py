"""Times the DMB tracker: frames, their blocks and floating-point operations, initialisation, long sequences."""

import statistics

import torch
from torch.utils.flop_counter import FlopCounterMode

from pytracking.evaluation.tracker import Tracker
from tests.bench.blocks import BlockMeter, tracker_probes
from tests.bench.machine import (
    CPU,
    MatrixRate,
    clock,
    device_name,
    measure_stretches,
    median_cost,
    now,
    resident_megabytes,
    set_threads,
    versions,
)
from tests.bench.opencv_trackers import measure_opencv
from tests.bench.video import Video

STRETCH = 10
"""Frames between two matrix products: the filter learns once in this many."""
MILESTONES = (50, 500, 2000)
WINDOW = 40
"""Frames that the time at a milestone averages; the last one is the milestone."""
STARTS = 3
"""Number of initialisations after the first one."""


class Run:
    """One tracker on one video, frame by frame.

    Args:
        tracker: a built DMB tracker, which is initialised here.
        video: Video.
    """

    def __init__(self, tracker, video):
        self.tracker, self.video, self.position = tracker, video, 0
        start = now(tracker.device)
        tracker.initialize(video[0], {"init_bbox": video.box})
        self.start_seconds = now(tracker.device) - start

    def advance(self, count):
        """Track the next `count` frames. Returns the seconds that each took."""
        seconds = []
        for _ in range(count):
            self.position += 1
            image = self.video[self.position]
            start = now(self.tracker.device)
            output = self.tracker.track(image)
            seconds.append(now(self.tracker.device) - start)
            self.inspect(output, image)
        return seconds

    def inspect(self, output, image):
        """Hook for runs that check every output, outside the measured time; does nothing here."""

    def stretches(self, frames, rate):
        """Track `frames` frames between matrix products. Returns a list of Stretch."""
        counts = [STRETCH] * (frames // STRETCH) + [frames % STRETCH] * (frames % STRETCH > 0)
        return measure_stretches(rate, [lambda count=count: self.advance(count) for count in counts])


def measure_tracker(network, options):
    """Everything about one network on one device, as a dict that JSON can hold.

    Args:
        network: TimedNetwork.
        options: of the command line: parameters, parameter_file, device, precision, threads, frames, warm_up, size,
            long, opencv.
    """
    set_threads(options.threads)
    video = Video(max(options.warm_up + options.frames + 1, STRETCH), options.size)
    start = now(CPU)
    tracker = build_tracker(network, options)
    build_seconds = now(CPU) - start
    rate = MatrixRate(tracker.device)
    result = {
        "kind": "tracker",
        "settings": describe_settings(tracker, network, options),
        "versions": versions(),
        "initialisation": {"build_ms": 1000 * build_seconds, **_measure_starts(tracker, video, rate)},
        "frame": _measure_frames(tracker, video, options, rate),
    }
    result["blocks"], result["frame"]["gflop_counted"] = _measure_blocks(tracker, video, options, rate)
    result["frame"]["share_of_floor"] = result["frame"]["gflop_counted"] / result["frame"]["gflop_equivalents"]
    if options.long:
        result["long"] = _measure_long(tracker, video, rate)
    result["opencv"] = measure_opencv(video, options)
    result["matrix_gflops"] = rate.median()
    return result


def build_tracker(network, options):
    """The tracker that a command line chooses for a TimedNetwork."""
    return Tracker("DMB", options.parameter_file).create_tracker(
        pth_path=str(network.path),
        device=options.device,
        precision=options.precision,
        **_parameters(network, options),
    )


def describe_settings(tracker, network, options):
    """What a measurement of a tracker was made with, as a dict that JSON can hold."""
    return {
        "network": network.name,
        "sha256": network.sha256,
        "constructor": tracker.network.config.as_dict(),
        "parameter_file": options.parameter_file,
        "parameters": {name: str(value) for name, value in _parameters(network, options).items()},
        "device": tracker.device.type,
        "device_name": device_name(tracker.device),
        "precision": str(tracker.network.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "clock": clock(tracker.device),
        "frames": options.frames,
        "warm_up": options.warm_up,
        "image_size": list(options.size),
    }


def _parameters(network, options):
    return {**network.parameters, **options.parameters}


def _measure_starts(tracker, video, rate):
    """Times of the first initialisation of a newly built tracker, and of later ones."""

    def start():
        return [Run(tracker, video).start_seconds]

    first, *again = measure_stretches(rate, [start] * (1 + STARTS))
    return {
        "first_ms": 1000 * first.seconds[0],
        "again_ms": 1000 * statistics.median(stretch.seconds[0] for stretch in again),
        "first_gflop_equivalents": first.cost,
        "again_gflop_equivalents": median_cost(again),
    }


def _measure_frames(tracker, video, options, rate):
    run = Run(tracker, video)
    run.advance(options.warm_up)
    stretches = run.stretches(options.frames, rate)
    return summarize_frames(stretches)


def summarize_frames(stretches):
    """Mean, median and worst time of the frames of a list of Stretch, and their cost."""
    seconds = [value for stretch in stretches for value in stretch.seconds]
    median = statistics.median(seconds)
    return {
        "mean_ms": 1000 * statistics.mean(seconds),
        "median_ms": 1000 * median,
        "worst_ms": 1000 * max(seconds),
        "worst_over_median": max(seconds) / median,
        "fps": 1 / statistics.mean(seconds),
        "gflop_equivalents": median_cost(stretches),
        "each_ms": [round(1000 * value, 3) for value in seconds],
    }


def _measure_blocks(tracker, video, options, rate):
    """The blocks of a frame, a dict block -> numbers, and the GFLOP counted in a frame.

    Time and operations cannot be measured at once, because counting takes time. So the operations are counted in
    additional frames in the middle of the timed ones, when the memory holds its average number of frames.
    """
    probes = tracker_probes(tracker)
    clock = BlockMeter(probes, lambda: now(tracker.device))
    run = Run(tracker, video)
    run.advance(options.warm_up)
    before = options.frames // 2 // STRETCH * STRETCH
    with clock.measure():
        stretches = run.stretches(before, rate)
    counted_frames = min(options.frames, STRETCH)
    operations = _count_operations(probes, run, counted_frames)
    with clock.measure():
        stretches += run.stretches(options.frames - before, rate)
    # The frame's cost is divided between the blocks in proportion to their time.
    per_second = median_cost(stretches) * options.frames / sum(clock.totals.values())
    blocks = {
        block: {
            "ms": 1000 * clock.totals[block] / options.frames,
            "gflop_equivalents": per_second * clock.totals[block] / options.frames,
            "gflop_counted": operations.totals[block] / counted_frames / 1e9,
            "calls_per_frame": clock.calls[block] / options.frames,
        }
        for block in clock.totals
    }
    return blocks, sum(block["gflop_counted"] for block in blocks.values())


def _count_operations(probes, run, frames):
    """BlockMeter of the floating-point operations of the run's next frames: matrix products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        operations = BlockMeter(probes, counter.get_total_flops)
        with operations.measure():
            run.advance(frames)
    return operations


def _measure_long(tracker, video, rate):
    """Milestone -> time, cost and memory there; times are of the frames just before it."""
    run, found = Run(tracker, video), {}
    for milestone in MILESTONES:
        run.advance(milestone - WINDOW - run.position)
        stretches = run.stretches(WINDOW, rate)
        summary = summarize_frames(stretches)
        found[str(milestone)] = {
            "mean_ms": summary["mean_ms"],
            "gflop_equivalents": summary["gflop_equivalents"],
            **resident_megabytes(tracker.device),
        }
    return found
