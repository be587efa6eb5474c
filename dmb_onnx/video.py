"""Reads frames, and writes boxes, masks and an overlay video, with OpenCV."""

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from dmb_onnx.errors import InputError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
COLOUR = (60, 200, 90)
"""Of the drawing, BGR."""


def read_video(source: str) -> Iterator[np.ndarray]:
    """Read the frames, RGB uint8 (H, W, 3), of a video file or of a folder of images in natural order.

    Raises:
        InputError: the source does not exist, or a frame cannot be read.
    """
    path = pathlib.Path(source)
    if not path.exists():
        raise InputError(f"video {source} does not exist; give a video file or a folder of images")
    return _read_folder(path) if path.is_dir() else _read_file(path)


def read_mask(path: str) -> np.ndarray:
    """Read a mask, (H, W) bool: every pixel of the image that is not black. Raises InputError."""
    mask = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    if mask is None:
        raise InputError(f"mask {path} cannot be read; give an image that is black off the target")
    return np.asarray(mask > 0 if mask.ndim == 2 else mask[..., :3].any(axis=2))


class Results:
    """Writes `boxes.txt`, `scores.txt` and masks to a new folder, and an overlay video; either may be None."""

    def __init__(self, folder: str | None, video: str | None, rate: float = 25.0):
        for path in (folder, video):
            if path and pathlib.Path(path).exists():
                raise InputError(f"{path} is there already; give another name, or move it away")
        self._folder, self._video, self._rate = pathlib.Path(folder) if folder else None, video, rate
        self._writer: cv2.VideoWriter | None = None
        if self._folder:
            (self._folder / "masks").mkdir(parents=True)

    def add(self, index: int, image: np.ndarray, out: dict[str, Any]) -> None:
        """Write the result of a frame."""
        if self._folder:
            with (self._folder / "boxes.txt").open("a") as file:
                file.write("\t".join(f"{number:.4f}" for number in out["target_bbox"]) + "\n")
            with (self._folder / "scores.txt").open("a") as file:
                file.write(f"{out['score']:.4f}\t{out['state']}\n")
            mask = out["segmentation"].astype(np.uint8) * 255
            cv2.imwrite(str(self._folder / "masks" / f"{index:08d}.png"), mask)
        if self._video:
            self._write_overlay(image, out)

    def close(self) -> None:
        """Finish the video."""
        if self._writer is not None:
            self._writer.release()

    def _write_overlay(self, image: np.ndarray, out: dict[str, Any]) -> None:
        picture = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        on = out["segmentation"]
        picture[on] = (picture[on] * 0.6 + np.array(COLOUR) * 0.4).astype(np.uint8)
        cv2.polylines(picture, [np.rint(out["polygon"]).astype(np.int32)], True, COLOUR, 2)
        if self._writer is None:
            codec, size = cv2.VideoWriter.fourcc(*"mp4v"), picture.shape[1::-1]
            self._writer = cv2.VideoWriter(str(self._video), codec, self._rate, size)
        self._writer.write(picture)


def _read_folder(path: pathlib.Path) -> Iterator[np.ndarray]:
    names = [file for file in path.iterdir() if file.suffix.lower() in SUFFIXES]
    if not names:
        raise InputError(f"{path} holds no images; give a video file or a folder of images")
    for file in sorted(names, key=lambda file: [int(part) for part in re.findall(r"\d+", file.stem)] or [0]):
        image = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if image is None:
            raise InputError(f"image {file} cannot be read; replace the file")
        yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _read_file(path: pathlib.Path) -> Iterator[np.ndarray]:
    capture = cv2.VideoCapture(str(path.absolute()))
    try:
        found, image = capture.read()
        if not found:
            raise InputError(f"video {path} cannot be read: it is damaged or cut short, or no video")
        while found:
            yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            found, image = capture.read()
    finally:
        capture.release()
