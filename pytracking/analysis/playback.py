"""Videos of finished results: the boxes, or masks, of several trackers drawn over the frames."""

import numpy as np
from matplotlib.colors import to_rgb
from tqdm import tqdm

from libs.dataset.object_sequences import find_videos
from libs.media.video_writer import VideoWriter
from libs.utils.boxes import box_iou, box_to_polygon
from libs.utils.drawing import TRUTH_COLOUR, draw_mask, draw_polygon, draw_text
from libs.utils.plot_style import colour
from pytracking.analysis.masks import mask_file, read_result_labels
from pytracking.analysis.ope import true_boxes
from pytracking.analysis.result_files import find_runs, read_result

LINE = 22


def write_playback(path, sequence, root, trackers):
    """Write a video of a sequence with the true region (green) and what each tracker reported in its colour.

    Args:
        path: of the video, .mp4 or .avi.
        sequence: `Sequence`.
        root: folder of all results.
        trackers: list of names as for `find_runs`; of repeated runs the first is shown.

    Raises:
        SettingsError: another ending. DataError: a result or frame is missing or malformed, or nothing can be written.
    """
    runs = {tracker: find_runs(root, tracker)[0] for tracker in trackers}
    boxes = {tracker: read_result(run, sequence) for tracker, run in runs.items()}
    truth = true_boxes(sequence)
    (video,) = find_videos([sequence])
    ((key, (_, first)),) = video.objects.items()
    with VideoWriter(path) as writer:
        for index in tqdm(range(len(sequence)), desc=sequence.name, unit="frame", delay=2):
            image = draw_polygon(sequence.frame(index), sequence.polygons[index], TRUTH_COLOUR)
            image = draw_text(image, str(index))
            for number, (tracker, run) in enumerate(runs.items()):
                shown = tuple(round(255 * part) for part in to_rgb(colour(number)))
                if mask_file(run, video, first + index).is_file():
                    image = draw_mask(image, read_result_labels(run, video, first + index) == key, shown)
                image = draw_polygon(image, box_to_polygon(boxes[tracker][index]), shown)
                text = f"{tracker}  {_describe(boxes[tracker][index], truth[index])}"
                image = draw_text(image, text, corner=(8, 8 + LINE * (number + 1)), colour=shown)
            writer.write(image)


def _describe(box, truth):
    if not np.isfinite(truth).all():
        return "target absent"
    return f"overlap {box_iou(box, truth):.2f}" if np.isfinite(box).all() else "no box"
