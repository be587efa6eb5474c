"""Readers of SA-V (Ravi et al., "SAM 2", 2024): pictures with a folder of masks per object, and videos with masklets.

Validation and test: `JPEGImages_24fps/<video>/00000.jpg`, `Annotations_6fps/<video>/<object>/00000.png` (nonzero on the
object), `<part>.txt` with a video a line. Training: `<video>.mp4` next to `<video>_manual.json`, in any folder. SA-V
numbers objects from 000; they are numbered from 1 here.
"""

import dataclasses
import pathlib

import numpy as np

from libs.dataset.folders import check_folder, inner_folder, sequence_names, subfolders
from libs.dataset.gathering import gather
from libs.dataset.object_boxes import folder_boxes
from libs.dataset.run_lengths import RunLengthSequence, box_of
from libs.dataset.segmented import SegmentationDataset, SegmentedSequence, VideoObject, collect, objects_of
from libs.dataset.selection import Lines, choose
from libs.media.coco_masks import coco_tools
from libs.media.files import read_json
from libs.media.frame_lists import list_images
from libs.media.masks import read_mask
from libs.media.video_frames import read_video_frame
from libs.utils.errors import DataError

ANNOTATED_EVERY = 4
"""Distance in video frames (24 a second) between two frames of a masklet (6 a second)."""
ENDING = "_manual.json"

Part = tuple[SegmentedSequence, list[VideoObject]]


@dataclasses.dataclass(frozen=True)
class StackedSequence(SegmentedSequence):
    """Images with a mask file for each object: `masks` is frame index -> {object id: path}."""

    def labels(self, index: int) -> np.ndarray | None:
        """Label mask of frame `index`, uint8 (H, W), 0 background, k object k; None if the frame is not annotated."""
        if index not in self.masks:
            return None
        masks = {number: read_mask(path) > 0 for number, path in self.masks[index].items()}
        labels = np.zeros(next(iter(masks.values())).shape, dtype=np.uint8)
        for number, mask in masks.items():
            labels[mask] = number
        return labels

    def void_pixels(self, index: int) -> None:
        """None: such masks have no void pixels."""
        return None


@dataclasses.dataclass(frozen=True)
class MaskletSequence(RunLengthSequence):
    """A video file with masklets; `images` are not files, but names of its frames.

    Attributes:
        video: the file.
    """

    video: pathlib.Path = pathlib.Path()

    def frame(self, index: int) -> np.ndarray:
        """Frame `index` of the video, RGB uint8 (H, W, 3). Raises DataError naming the file if it cannot be read."""
        return read_video_frame(self.video, index)


def load_sav(folder: pathlib.Path | str, part: str = "sav_val", strict: bool = False) -> SegmentationDataset:
    """Reads SA-V's validation or test videos.

    Args:
        folder: the folder `part`, or one that holds it.
        part: 'sav_val' or 'sav_test'.
        strict: as for `gather`.

    Raises:
        DataError: as `gather`.
    """
    root = inner_folder(check_folder(folder, "JPEGImages_24fps/ and Annotations_6fps/"), [part])
    images, masks = root / "JPEGImages_24fps", root / "Annotations_6fps"
    names = sequence_names(root, [f"{part}.txt"], [entry.name for entry in subfolders(images)])

    def read(name: str) -> Part:
        return _read_stacked(images / name, masks / name)

    return collect(str(root), gather(names, read, root, strict))


def load_masklets(
    folder: pathlib.Path | str, split: Lines | None = None, held_out: Lines | None = None, strict: bool = False
) -> SegmentationDataset:
    """Reads SA-V's training videos.

    Args:
        folder: holds, at any depth, the videos and their masklets.
        split: list file (lines `video` or `video-object`) or list of lines; None takes all.
        held_out: in the same form, what to leave out.
        strict: as for `gather`.

    Raises:
        SettingsError: pycocotools is not installed.
        DataError: as `gather`.
    """
    coco_tools()
    root = check_folder(folder, f"SA-V's .mp4 and {ENDING}")
    files = {path.name.removesuffix(ENDING): path for path in sorted(root.rglob(f"*{ENDING}"))}
    chosen = {name: (only, without) for name, only, without in choose(split, held_out, list(files), root, strict)}

    def read(name: str) -> Part:
        sequence = _read_masklets(name, files[name])
        boxes = {
            index: {number: box for number in masks if (box := box_of(sequence, index, number))}
            for index, masks in sequence.masks.items()
        }
        return sequence, objects_of(sequence, boxes, *chosen[name])

    return collect(str(root), gather(chosen, read, root, strict))


def _read_stacked(images_folder: pathlib.Path, masks_folder: pathlib.Path) -> Part:
    images = list_images(images_folder)
    numbers = {image.stem: index for index, image in enumerate(images)}
    masks: dict[int, dict[int, pathlib.Path]] = {}
    boxes: dict[int, dict[int, list[int]]] = {}
    for folder in subfolders(masks_folder):
        if not folder.name.isdecimal():
            raise DataError(f"{folder} is not the folder of an object, which are called 000, 001, ...")
        number, files = int(folder.name) + 1, [file for file in list_images(folder) if file.stem in numbers]
        pairs = [(images[numbers[file.stem]], file) for file in files]
        for file, shown in zip(files, folder_boxes(folder, pairs), strict=True):
            masks.setdefault(numbers[file.stem], {})[number] = file
            # A mask shows one object, whatever its value, and may be empty.
            for box in shown.values():
                boxes.setdefault(numbers[file.stem], {})[number] = box
    sequence = StackedSequence(images_folder.name, tuple(images), masks)
    return sequence, objects_of(sequence, boxes)


def _read_masklets(name: str, path: pathlib.Path) -> MaskletSequence:
    content = read_json(path)
    try:
        count = int(content["video_frame_count"])
        size = int(content["video_height"]), int(content["video_width"])
        masks = {
            ANNOTATED_EVERY * place: {number: mask for number, mask in enumerate(shown, start=1) if mask}
            for place, shown in enumerate(content["masklet"])
        }
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{path} is no file of SA-V masklets ({error!r})") from error
    video = path.with_name(f"{name}.mp4")
    if not video.is_file():
        raise DataError(f"{video} is missing, beside {path.name}")
    masks = {index: shown for index, shown in masks.items() if index < count}
    images = tuple(video.with_suffix("") / f"{index:05d}" for index in range(count))
    return MaskletSequence(name, images, masks, size=size, video=video)
