"""Reports a measurement: a table for the terminal, JSON, and a plot."""

import json

import matplotlib
from matplotlib.figure import Figure

from libs.media.files import whole_or_absent, write_text
from votTester.figures import STYLE, colour


def format_tracker(result):
    """The table of a measured tracker."""
    frame, start = result["frame"], result["initialisation"]
    lines = [
        _format_settings(result["settings"]),
        f"matrix products {result['matrix_gflops']:.0f} GFLOP/s (float32, median)",
        "",
        f"{'a frame':<24}{'ms':>9}{'GFLOP-eq.':>11}{'counted':>9}{'calls':>7}",
    ]
    lines += [
        f"{name:<24}{block['ms']:>9.2f}{block['gflop_equivalents']:>11.2f}{block['gflop_counted']:>9.2f}"
        f"{block['calls_per_frame']:>7.2f}"
        for name, block in sorted(result["blocks"].items(), key=lambda item: -item[1]["ms"])
    ]
    lines += [
        f"{'together':<24}{frame['mean_ms']:>9.2f}{frame['gflop_equivalents']:>11.2f}{frame['gflop_counted']:>9.2f}",
        "",
        f"{frame['fps']:.1f} fps; the counted operations at the rate of the products would take "
        f"{frame['share_of_floor']:.2f} of the time; worst frame {frame['worst_over_median']:.2f} times the median",
        f"initialisation {start['first_ms']:.0f} ms ({start['first_gflop_equivalents']:.0f} GFLOP-eq.), again "
        f"{start['again_ms']:.0f} ms ({start['again_gflop_equivalents']:.0f}); building the tracker "
        f"{start['build_ms']:.0f} ms",
    ]
    lines += [_format_milestone(*item) for item in result.get("long", {}).items()]
    lines += [_format_opencv(*item) for item in result["opencv"].items()]
    return "\n".join(lines)


def _format_settings(settings):
    width, height = settings["image_size"]
    return (
        f"{settings['network']}, {settings['device_name']}, {settings['precision']}, {settings['threads']} threads "
        f"({settings['clock']}), {settings['frames']} frames of {width} x {height}"
    )


def _format_milestone(milestone, found):
    memory = ", ".join(f"{name.removesuffix('_mb')} {found[name]:.0f} MB" for name in found if name.endswith("_mb"))
    return f"frame {milestone}: {found['mean_ms']:.1f} ms, {found['gflop_equivalents']:.1f} GFLOP-eq., {memory}"


def _format_opencv(name, found):
    if isinstance(found, str):
        return f"{name}: {found}"
    return f"{name}: {found['fps']:.1f} fps, {found['mean_ms']:.1f} ms, {found['gflop_equivalents']:.2f} GFLOP-eq."


def format_training(result):
    """The table of a measured training."""
    settings = result["settings"]
    lines = [
        f"training, {settings['device_name']}, {settings['threads']} threads, {settings['clock']}, batch "
        f"{settings['batch_size']}, crop {settings['crop']}",
        "",
        f"{'steps in memory':<24}{'clips/s':>9}{'GFLOP-eq. a clip':>18}{'GFLOP/s':>9}",
    ]
    lines += [
        f"{precision:<24}{found['clips_per_second']:>9.3f}{found['gflop_equivalents']:>18.0f}"
        f"{found['matrix_gflops']:>9.0f}"
        for precision, found in result["steps"].items()
    ]
    data = result["with_data"]
    return "\n".join(
        [
            *lines,
            "",
            f"with data, {data['precision']}, {settings['workers']} workers: {data['clips_per_second']:.3f} clips/s, "
            f"{data['data_wait']:.1%} of the time waiting for data",
        ]
    )


def format_objects(result):
    """The table for several measured objects."""
    return "\n".join(
        [
            _format_settings(result["settings"]),
            "",
            f"{'objects':<10}{'ms a frame':>12}{'each further one, of the first':>34}",
            *(
                f"{count:<10}{found['median_ms']:>12.0f}{_ratio(found['further_object']):>34}"
                for count, found in result["objects"].items()
            ),
        ]
    )


def _ratio(value):
    return "" if value is None else f"{value:.2f}"


def write_result(result, stem):
    """Write `<stem>.json` and `<stem>.png`. Returns the two paths.

    Raises:
        DataError: the folder cannot be written.
    """
    paths = stem.with_name(stem.name + ".json"), stem.with_name(stem.name + ".png")
    write_text(paths[0], json.dumps(result, indent=1) + "\n")
    draw = {"tracker": _draw_tracker, "training": _draw_training, "objects": _draw_objects}[result["kind"]]
    with matplotlib.rc_context(STYLE), whole_or_absent(paths[1]) as draft:
        draw(result).savefig(draft, dpi=150)
    return paths


def _draw_tracker(result):
    panels = 3 if "long" in result else 2
    figure = Figure(figsize=(5 * panels, 4.2), layout="constrained")
    axes = figure.subplots(1, panels)
    settings, frame = result["settings"], result["frame"]
    _draw_blocks(axes[0], result["blocks"])
    _draw_frames(axes[1], frame)
    if panels == 3:
        _draw_long(axes[2], result["long"])
    figure.suptitle(
        f"{settings['network']}, {settings['device_name']}, {settings['precision']}: "
        f"{frame['gflop_equivalents']:.1f} GFLOP-equivalents a frame, {frame['fps']:.1f} fps"
    )
    return figure


def _draw_blocks(axes, blocks):
    names = sorted(blocks, key=lambda name: blocks[name]["ms"])
    axes.barh(names, [blocks[name]["gflop_equivalents"] for name in names], color=colour(0), label="time x rate")
    axes.barh(names, [blocks[name]["gflop_counted"] for name in names], 0.35, color=colour(4), label="counted")
    axes.set(xlabel="GFLOP a frame")
    axes.legend(frameon=False, loc="lower right")


def _draw_frames(axes, frame):
    axes.plot(range(1, 1 + len(frame["each_ms"])), frame["each_ms"], color=colour(0), lw=0.9)
    axes.axhline(frame["median_ms"], color=colour(1), lw=0.9, label=f"median {frame['median_ms']:.1f} ms")
    axes.set(xlabel="frame, after the warm-up", ylabel="ms", ylim=(0, None))
    axes.legend(frameon=False, loc="lower right")


def _draw_long(axes, milestones):
    """Plot cost and memory at the milestones, relative to the first one; the lines should be flat."""
    numbers = [int(milestone) for milestone in milestones]
    for index, name in enumerate(("gflop_equivalents", "host_mb", "device_mb")):
        values = [found[name] for found in milestones.values() if name in found]
        if values:
            axes.plot(numbers, [value / values[0] for value in values], "o-", color=colour(index), label=name)
    axes.set(xlabel="frame", ylabel=f"in shares of frame {numbers[0]}", ylim=(0, None))
    axes.legend(frameon=False, loc="lower right")


def _draw_training(result):
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.add_subplot()
    names = list(result["steps"])
    axes.barh(names, [result["steps"][name]["gflop_equivalents"] for name in names], color=colour(0))
    axes.axvline(result["reference_gflop_equivalents"], color=colour(1), label="reference, fp32")
    axes.set(xlabel="GFLOP-equivalents a clip")
    axes.legend(frameon=False)
    return figure


def _draw_objects(result):
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.add_subplot()
    counts = [int(count) for count in result["objects"]]
    axes.plot(counts, [found["median_ms"] for found in result["objects"].values()], "o-", color=colour(0))
    axes.set(xlabel="objects", ylabel="ms a frame", ylim=(0, None), title=result["settings"]["device_name"])
    return figure
