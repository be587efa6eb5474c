"""The work of `run_video.py` and `run_webcam.py`, from parsed options to exit status."""

import argparse
import contextlib
import functools
import pathlib
import sys
from collections.abc import Callable, Sequence

from libs.media.annotations.conversion import describe_source
from libs.media.annotations.record import Video
from libs.media.excerpt import Excerpt
from libs.media.files import check_outputs
from libs.media.regions import parse_region
from libs.media.source import Source
from libs.media.sources import open_source
from libs.utils.errors import SettingsError
from pytracking.evaluation.command_line import tracker_of
from pytracking.evaluation.debug import DebugPictures
from pytracking.evaluation.environment import results_path
from pytracking.evaluation.exports import check_formats, export_folder
from pytracking.evaluation.manifest import Manifest
from pytracking.evaluation.output import OverlayVideo
from pytracking.evaluation.result_folder import ResultFolder
from pytracking.evaluation.tracker import Tracker
from pytracking.evaluation.video import Summary, follow_video
from pytracking.evaluation.video_arguments import BOX_OPTION
from pytracking.evaluation.video_manifest import describe_video, run_digest
from pytracking.evaluation.video_starts import read_starts
from pytracking.evaluation.viewer import Viewer, can_show
from pytracking.evaluation.workers import seed_by
from pytracking.session import Session
from pytracking.tracker.base.basetracker import BaseTracker

Outputs = list[OverlayVideo | ResultFolder | DebugPictures]


def run_on_sources(options: argparse.Namespace, addresses: Sequence[str]) -> int:
    """Follow what the options say through videos, folders, a camera or stream, all with one network.

    Args:
        options: parsed, with what `command_line` adds.
        addresses: as for `libs.media.sources.open_source`. Of several, each has its own masks, those of `--mask` that
            are called as it is, and its own video, which has its name behind that of `--output`.

    Returns:
        Exit status: of the first that is not 0.

    Raises:
        DMBError: the tracker, the video, the start or an output cannot be used.
    """
    for address in addresses:
        check_outputs([options.output], [address, options.mask, options.checkpoint, options.resume], "--output")
    if options.resume and (len(addresses) > 1 or options.backwards or options.optional_box):
        raise SettingsError("--resume continues one video: leave out other videos, --backwards and boxes")
    check_formats(options.formats)
    tracker, status = tracker_of(options), 0
    # Once, and not before the first source is found to be right.
    build = functools.cache(tracker.create_tracker)
    for address in addresses:
        each = options if len(addresses) == 1 else _options_of(options, address)
        ended = _run_on_source(each, address, tracker, build)
        status = status or ended
        if ended > 1:
            break
    return status


def _options_of(options: argparse.Namespace, address: str) -> argparse.Namespace:
    """The options for one of several videos."""
    name = pathlib.Path(address).stem
    own = argparse.Namespace(**vars(options))
    if options.mask:
        found = [
            path for path in (pathlib.Path(options.mask) / part for part in (name, f"{name}.png")) if path.exists()
        ]
        if not found:
            raise SettingsError(f"{options.mask} has no masks of {address}; put them into {options.mask}/{name}")
        own.mask = str(found[0])
    if options.output:
        path = pathlib.Path(options.output)
        own.output = str(path.with_name(f"{path.stem}_{name}{path.suffix}"))
    return own


def _run_on_source(
    options: argparse.Namespace, address: str, tracker: Tracker, build: Callable[[], BaseTracker]
) -> int:
    """One source, with what builds its tracker. Returns the exit status."""
    inputs = [address, options.mask, options.checkpoint, options.resume]
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(_open(options, address))
        boxes = [parse_region(numbers, BOX_OPTION) for numbers in options.optional_box or ()]
        starts = read_starts(boxes, options.mask, source, options.max_objects)
        if options.backwards and not starts:
            raise SettingsError("--backwards needs an object that is shown somewhere; give --mask or --optional_box")
        viewer = None
        if not (starts or options.resume) or options.show or (options.debug and can_show()):
            viewer = stack.enter_context(Viewer(source.name))
        if viewer is None and not (options.output or _saves(options)):
            print("note: neither --output nor --save_results is given, so nothing will be written")
        session = _session(options, build) if options.resume else None
        built = build() if session is None else session.tracker
        run = describe_video(built, source, starts, tracker.run_id or 0, options.backwards)
        # Where the user may select, the same command makes something else.
        goes_on = viewer is None and session is None and not source.is_live
        outputs = _outputs(options, tracker, source, run, goes_on)
        check_outputs([output.path for output in outputs], inputs, "--results")
        if _are_finished(outputs):
            print(f"finished before: {', '.join(str(output.path) for output in outputs)}")
            _export(options, source, outputs)
            return 0
        for output in outputs:
            stack.enter_context(output)
        seed_by(f"{tracker.run_id} {source.name}")
        skip = options.on_bad_frame == "skip"
        summary = follow_video(
            *(built, source, starts, outputs, viewer, options.debug, skip, options.max_objects),
            backwards=options.backwards,
            scores=options.show_score,
            session=session,
        )
        for folder in _folders(outputs):
            if not (summary.interrupted or summary.problems):
                folder.finish()
        _report(summary, source, outputs, goes_on)
        if not (goes_on and (summary.interrupted or summary.problems)):
            _export(options, source, outputs)
    return summary.interrupted or int(bool(summary.problems))


def _session(options: argparse.Namespace, build: Callable[[], BaseTracker]) -> Session:
    """The session to continue, by the tracker that the options name; without any, that of then."""
    named = (options.tracker, options.param, options.tracker_option, options.param_option, options.checkpoint)
    return Session.load(options.resume, build() if any(named) or options.changes or options.device else None)


def _open(options: argparse.Namespace, address: str) -> Source:
    """The source, or the part of it that --start, --end and --stride say."""
    source = open_source(address, options.live, options.wait_for_camera)
    if (options.start, options.end, options.stride) == (0, None, 1):
        return source
    try:
        return Excerpt(source, options.start, options.end, options.stride)
    except BaseException:
        source.close()
        raise


def _outputs(options: argparse.Namespace, tracker: Tracker, source: Source, run: Manifest, goes_on: bool) -> Outputs:
    """What the options say is written, not open yet.

    Args:
        options: parsed.
        tracker, source: that are run.
        run: what they make; see `describe_video`.
        goes_on: whether the same command makes the same again.
    """
    results, name = results_path(options.results) / tracker.results_name, f"video_{source.name}"
    outputs: Outputs = []
    if options.output:
        digest = run_digest(run) if goes_on else ""
        outputs.append(OverlayVideo(options.output, source.frames_per_second, digest, options.show_score))
    if _saves(options):
        outputs.append(ResultFolder(results / name, run, goes_on))
    if options.debug and not can_show():
        outputs.append(DebugPictures(results / "debug" / name))
    return outputs


def _saves(options: argparse.Namespace) -> bool:
    return bool(options.save_results or options.formats)


def _export(options: argparse.Namespace, source: Source, outputs: Outputs) -> None:
    """Write the results in the formats that the options name; not for a continued run, which would repeat them."""
    for folder in _folders(outputs) if options.formats else []:
        if folder.path.is_dir():
            # A camera's frames are gone; the masks tell their size.
            video = Video(source.name) if source.is_live else describe_source(source)
            export_folder(folder.path, options.formats, video)


def _folders(outputs: Outputs) -> list[ResultFolder]:
    return [output for output in outputs if isinstance(output, ResultFolder)]


def _are_finished(outputs: Outputs) -> bool:
    """Whether a run before made the same to its end: only a folder of results tells."""
    folders = _folders(outputs)
    videos = [output.frames_before() or 0 for output in outputs if isinstance(output, OverlayVideo)]
    if not folders or len(folders) + len(videos) < len(outputs):
        return False
    return folders[0].is_finished() and all(frames >= folders[0].done for frames in videos)


def _report(summary: Summary, source: Source, outputs: Outputs, goes_on: bool) -> None:
    """Say what was done; a terminal that has gone away is no error."""
    with contextlib.suppress(OSError):
        if summary.frames:
            print(f"{summary.frames} frames, {summary.frames / summary.seconds:.1f} a second in the tracker")
            if source.dropped:
                print(f"{source.dropped} frames more came too fast and were left out (--no-live takes them all)")
            for output in outputs:
                codec = getattr(output, "codec", "")
                print(f"written: {output.path}{f' ({codec})' if codec else ''}")
        for problem in summary.problems:
            print(f"error: {problem}", file=sys.stderr)
        if summary.interrupted:
            hint = ": run the same command again to continue" if goes_on and outputs else ""
            print(f"interrupted; what was done is kept{hint}", file=sys.stderr)
