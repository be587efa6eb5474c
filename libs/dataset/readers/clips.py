"""A user's own clips: videos or folders of images, each with annotations in any format of `libs.media.annotations`.

A folder may have the layout of DAVIS or YouTube-VOS (`JPEGImages/<clip>`, `Annotations/<clip>`); or hold pairs with the
same name (`clip.mp4` and `clip.json`, or the folders `clip/` and `clip_masks/`); or hold a folder for each clip, with a
video or a folder of images next to the annotations; or be such a folder of a single clip.
"""

import dataclasses
import pathlib
from typing import NamedTuple

import numpy as np

from libs.dataset.folders import check_folder, inner_folder, subfolders
from libs.dataset.gathering import gather
from libs.dataset.names import check_name
from libs.dataset.segmented import ImageFrames, SegmentationDataset, VideoObject, collect, objects_of
from libs.dataset.selection import Lines, choose
from libs.media.annotations.conversion import describe_source
from libs.media.annotations.formats.indexed_png import label_mask
from libs.media.annotations.record import Entry, FrameRecord, Video
from libs.media.annotations.registry import is_annotation, read_annotations
from libs.media.frame_lists import IMAGE_SUFFIXES
from libs.media.sources import open_source
from libs.media.video_frames import read_video_frame
from libs.utils.errors import DataError
from libs.utils.masks import mask_to_box

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".ts"})
IMAGE_FOLDERS = ("images", "frames", "color", "img1", "img", "JPEGImages")
MASK_ENDINGS = ("_masks", "_mask", "_annotations", "_labels")
LEAST_FRAMES = 2
LAYOUTS = "a video or folder of images, and annotations, for each clip (docs/finetune.md)"


class Clip(NamedTuple):
    """The paths of the frames and the annotations of a clip."""

    frames: pathlib.Path
    annotations: pathlib.Path


@dataclasses.dataclass(frozen=True)
class AnnotatedClip(ImageFrames):
    """A clip as `libs.dataset.segmented.LabelledFrames`; frames and masks are read when asked for.

    Attributes:
        images: names of the frames: paths of images, or the paths that frames of a video would have.
        video: the video file; None if the frames are images.
        entries: index of each annotated frame -> its annotations.
        about: what is known about the video.
        merged: False, because objects stay separate.
    """

    video: pathlib.Path | None
    entries: dict[int, Entry]
    about: Video
    merged: bool = False

    def frame(self, index: int) -> np.ndarray:
        """Frame `index`, RGB uint8 (H, W, 3). Raises DataError naming the file when it cannot be read."""
        if self.video is not None:
            return read_video_frame(self.video, index)
        return super().frame(index)

    def labels(self, index: int) -> np.ndarray | None:
        """Label mask of frame `index`, uint8 (H, W), 0 background, k object k; None if the frame is not annotated."""
        if index not in self.entries:
            return None
        return label_mask(FrameRecord(index, tuple(self.entries[index].load())), self.about)

    def void_pixels(self, index: int) -> None:
        """None: such files have no void pixels."""
        return None


def load_clips(
    folder: pathlib.Path | str, split: Lines | None = None, held_out: Lines | None = None, strict: bool = False
) -> SegmentationDataset:
    """Reads the clips of a folder, and looks at all masks once.

    Args:
        folder: see above.
        split: list file (lines `clip` or `clip-object`) or list of lines; None takes all.
        held_out: in the same form, what to leave out.
        strict: as for `gather`.

    Raises:
        DataError: as `gather`: there is no clip, or none has masks in two or more frames.
    """
    root = check_folder(folder, LAYOUTS)
    clips = find_clips(root)
    chosen = {name: (only, without) for name, only, without in choose(split, held_out, list(clips), root, strict)}

    def read(name: str) -> tuple[AnnotatedClip, list[VideoObject]]:
        clip = _read_clip(name, clips[name])
        return clip, objects_of(clip, _boxes(clip, clips[name].annotations), *chosen[name])

    return collect(str(root), gather(chosen, read, root, strict, "clips"))


def find_clips(folder: pathlib.Path) -> dict[str, Clip]:
    """Name -> paths of the clips in a folder, sorted by name.

    Raises:
        DataError: there are none; the message names annotations without images.
    """
    images, masks = (inner_folder(folder / kind, ["480p"]) for kind in ("JPEGImages", "Annotations"))
    if images.is_dir() and masks.is_dir():
        found = {entry.name: Clip(entry, masks / entry.name) for entry in subfolders(images)}
        clips = {name: clip for name, clip in found.items() if clip.annotations.is_dir()}
    else:
        own = _clip_in(folder)
        inner = {entry.name: clip for entry in subfolders(folder) if (clip := _clip_in(entry))}
        clips = {folder.resolve().name: own} if own else {**_pairs(folder), **inner}
    if not clips:
        alone = next((entry for entry in sorted(folder.iterdir()) if is_annotation(entry)), None)
        reason = f"; {alone.name} has no images or video beside it" if alone else ""
        raise DataError(f"{folder} holds no clips, {LAYOUTS}{reason}")
    return {check_name(name, folder): clips[name] for name in sorted(clips)}


def _pairs(folder: pathlib.Path) -> dict[str, Clip]:
    """Videos and folders of images that have annotations with the same name."""
    entries = [entry for entry in sorted(folder.iterdir()) if not entry.name.startswith(".")]
    pairs = {}
    for frames in entries:
        if _holds_frames(frames) and not frames.stem.endswith(MASK_ENDINGS):
            names = {frames.stem, *(frames.stem + ending for ending in MASK_ENDINGS)}
            beside = [each for each in entries if each != frames and each.stem in names and is_annotation(each)]
            if len(beside) > 1:
                raise DataError(
                    f"{frames} has annotations in {beside[0].name} and in {beside[1].name}; leave one there"
                )
            pairs |= {frames.stem: Clip(frames, beside[0])} if beside else {}
    return pairs


def _clip_in(folder: pathlib.Path) -> Clip | None:
    """The clip of a folder that holds frames, and annotations next to them."""
    entries = [entry for entry in sorted(folder.iterdir()) if not entry.name.startswith(".")]
    videos = [entry for entry in entries if entry.suffix.lower() in VIDEO_SUFFIXES]
    images = [folder / name for name in IMAGE_FOLDERS if _holds_frames(folder / name)]
    frames = [*images, *videos]
    if len(frames) != 1:
        return None
    beside = [entry for entry in entries if entry not in frames and is_annotation(entry)]
    if not beside and is_annotation(folder):
        return Clip(frames[0], folder)
    return Clip(frames[0], beside[0]) if len(beside) == 1 else None


def _holds_frames(path: pathlib.Path) -> bool:
    """Whether it is a video file, or a folder with images that are not masks."""
    if path.is_file():
        return path.suffix.lower() in VIDEO_SUFFIXES
    if not path.is_dir() or is_annotation(path):
        return False
    return any(entry.suffix.lower() in IMAGE_SUFFIXES for entry in path.iterdir())


def _read_clip(name: str, place: Clip) -> AnnotatedClip:
    with open_source(place.frames) as source:
        about = describe_source(source)
        # A header may promise more or fewer frames than there are.
        length = about.length or len(source.frames())
    recording = read_annotations(place.annotations, None, about)
    entries = recording.placed(about)
    folder = about.folder or place.frames.with_suffix("")
    images = tuple(folder / about.file(index) for index in range(length))
    entries = {index: entry for index, entry in entries.items() if index < length}
    return AnnotatedClip(name, images, None if about.files else place.frames, entries, about)


def _boxes(clip: AnnotatedClip, origin: pathlib.Path) -> dict[int, dict[int, list[float]]]:
    """Frame index -> {object: its tight box}.

    Raises:
        DataError: there are boxes but no masks, fewer than two frames show an object, or a mask has another size.
    """
    boxes: dict[int, dict[int, list[float]]] = {}
    seen = 0
    for index, entry in clip.entries.items():
        objects = entry.load()
        seen += len(objects)
        shown = {each.number: mask_to_box(each.mask) for each in objects if each.mask is not None}
        boxes[index] = {number: box.tolist() for number, box in shown.items() if box is not None}
        wrong = next((each.mask.shape for each in objects if each.mask is not None), clip.about.size)
        if wrong != clip.about.size:
            raise DataError(f"{origin}, frame {index}: masks of {wrong}, and images of {clip.about.size} (H, W)")
    frames = sum(map(bool, boxes.values()))
    if not frames:
        what = "boxes and no masks" if seen else "no objects"
        raise DataError(f"{origin} holds {what}; training needs masks or outlines")
    if frames < LEAST_FRAMES:
        raise DataError(f"{origin} has masks in one frame only; training needs {LEAST_FRAMES} or more of a clip")
    return boxes
