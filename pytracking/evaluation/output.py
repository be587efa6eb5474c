"""What a run writes: boxes, polygons and times as text, masks as indexed PNG, overlay videos."""

import contextlib
import pathlib

import numpy as np

from libs.media.files import whole_or_absent
from libs.media.masks import write_mask
from libs.media.palette import davis_palette
from libs.media.regions import format_region
from libs.media.video_writer import VideoWriter
from libs.utils.drawing import draw_mask, draw_polygon, draw_text


def label_mask(results, image_shape):
    """Label mask, uint8 (H, W), of the results of a frame (number -> ObjectResult): 0 background, k object k.

    Args:
        results: as of `ObjectTrackers`, whose masks share no pixel.
        image_shape: (H, W, ...).
    """
    labels = np.zeros(image_shape[:2], dtype=np.uint8)
    for number, result in results.items():
        if result.mask is not None:
            labels[result.mask] = number
    return labels


def draw_results(image, results, caption=""):
    """The image with each object's mask and polygon in its colour of the DAVIS palette, and a caption."""
    palette = davis_palette()
    for number, result in results.items():
        colour = tuple(int(value) for value in palette[number])
        if result.mask is not None:
            image = draw_mask(image, result.mask, colour)
        image = draw_polygon(image, result.polygon, colour)
    return draw_text(image, caption)


class OverlayVideo(VideoWriter):
    """A video of the frames with the results drawn in; see `libs.media.video_writer.VideoWriter`."""

    def add(self, index, image, results):
        """Append frame `index` with its results, number -> ObjectResult."""
        self.write(draw_results(image, results, str(index)))


class ResultFolder(contextlib.ExitStack):
    """A folder of a video's results, there when the block ends without an error, and only then.

    `boxes_1.txt` (x y w h) and `polygons_1.txt` (x1 y1 ... x4 y4) have a line for every frame, tab-separated, NaN where
    object 1 was not followed yet; other objects have files of their number. `masks/00000.png` holds the object numbers.

    Args:
        folder: where to write; one that exists is replaced.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self._draft = None
        self._files = {}

    def add(self, index, image, results):
        """Append frame `index` with its results, number -> ObjectResult."""
        if self._draft is None:
            self._draft = self.enter_context(whole_or_absent(self.folder))
            (self._draft / "masks").mkdir(parents=True)
        for number in results.keys() - self._files.keys():
            self._open_object(number, index)
        for number, files in self._files.items():
            self._write_lines(files, results.get(number))
        if not results or any(result.mask is not None for result in results.values()):
            write_mask(self._draft / "masks" / f"{index:05d}.png", label_mask(results, image.shape))

    def _open_object(self, number, index):
        paths = [self._draft / f"{kind}_{number}.txt" for kind in ("boxes", "polygons")]
        self._files[number] = [self.enter_context(path.open("w", encoding="utf-8")) for path in paths]
        for _ in range(index):
            self._write_lines(self._files[number], None)

    def _write_lines(self, files, result):
        regions = (np.full(4, np.nan), np.full(8, np.nan)) if result is None else (result.box, result.polygon)
        for file, region in zip(files, regions, strict=True):
            file.write(f"{format_region(region)}\n")
