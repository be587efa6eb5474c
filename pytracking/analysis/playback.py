"""Videos of finished results: the boxes, or masks, of several trackers drawn over the frames."""

import pathlib
from collections.abc import Iterator

import numpy as np
from matplotlib.colors import to_rgb
from tqdm import tqdm

from libs.dataset.object_sequences import find_videos
from libs.dataset.sequence import Sequence
from libs.utils.boxes import box_iou, box_to_polygon
from libs.utils.drawing import TRUTH_COLOUR
from libs.utils.plot_style import colour
from pytracking.analysis.masks import mask_file, read_result_labels
from pytracking.analysis.ope import true_boxes
from pytracking.analysis.result_files import find_runs, read_result
from pytracking.evaluation.overlay import WHITE, Overlay, write_overlays


def write_playback(path: pathlib.Path, sequence: Sequence, root: pathlib.Path, trackers: list[str]) -> pathlib.Path:
    """Write a video of a sequence with the true region (green) and what each tracker reported in its colour.

    Args:
        path: of the video; one of the same sequence and trackers is replaced, anything else that is there is kept.
        sequence: `Sequence`.
        root: folder of all results.
        trackers: list of names as for `find_runs`; of repeated runs the first is shown.

    Returns:
        The path that it was written to.

    Raises:
        SettingsError: another ending. DataError: a result or frame is missing or malformed, or nothing can be written.
    """
    runs = {tracker: find_runs(root, tracker)[0] for tracker in trackers}
    boxes = {tracker: read_result(run, sequence) for tracker, run in runs.items()}
    truth = true_boxes(sequence)
    (video,) = find_videos([sequence])
    ((key, (_, first)),) = video.objects.items()

    def overlays(index: int) -> Iterator[Overlay]:
        yield Overlay(TRUTH_COLOUR, sequence.polygons[index])
        yield Overlay(WHITE, text=str(index))
        for number, (tracker, run) in enumerate(runs.items()):
            box, mask = boxes[tracker][index], None
            if mask_file(run, video, first + index).is_file():
                mask = read_result_labels(run, video, first + index) == key
            red, green, blue = (round(255 * part) for part in to_rgb(colour(number)))
            yield Overlay((red, green, blue), box_to_polygon(box), mask, f"{tracker}  {_describe(box, truth[index])}")

    frames = tqdm(range(len(sequence)), desc=sequence.name, unit="frame", delay=2)
    shown = ((sequence.frame(index), list(overlays(index))) for index in frames)
    return write_overlays(path, shown, run=f"playback of {', '.join(trackers)} on {sequence.name}")


def _describe(box: np.ndarray, truth: np.ndarray) -> str:
    if not np.isfinite(truth).all():
        return "target absent"
    return f"overlap {box_iou(box, truth):.2f}" if np.isfinite(box).all() else "no box"
