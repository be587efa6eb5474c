"""Readers of video object segmentation data: YouTube-VOS and DAVIS layouts."""

import pathlib

import numpy as np
from tqdm import tqdm

from libs.dataset.names import check_inside, check_name, read_lines
from libs.dataset.object_boxes import folder_boxes
from libs.dataset.segmented import SegmentationDataset, SegmentedSequence, objects_of
from libs.dataset.selection import choose
from libs.media.files import read_json
from libs.media.frame_lists import list_images
from libs.utils.errors import DataError
from libs.utils.local_settings import environment_variable


def load_youtube_vos(folder, split=None, held_out=None):
    """Reads the index of YouTube-VOS 2018 or 2019, or of any folder of that layout.

    Args:
        folder: holds `JPEGImages/<sequence>/*.jpg`, `Annotations/<sequence>/*.png` and perhaps `meta.json`, or holds
            `train` that does. Images without a mask of their name (sparse annotation) are kept as frames.
        split: list file (lines `sequence` or `sequence-object`) or list of lines; None takes all sequences.
        held_out: the same, what to leave out.

    Returns:
        `SegmentationDataset`; of the files only masks were read, and these only where their boxes are not cached.

    Raises:
        DataError: a folder, image, mask or list is missing or malformed, a mask's size differs from its image's, a
            sequence shows no object, or nothing is left.
    """
    root = check_dataset_folder(folder, "youtubevos", "JPEGImages and Annotations, or train/ that holds them")
    root = root / "train" if (root / "train").is_dir() else root
    available = _read_meta(root / "meta.json") if (root / "meta.json").is_file() else None
    return _load(root, root / "JPEGImages", root / "Annotations", available, split, held_out)


def load_davis(folder, year=None, subset=None, held_out=None, resolution="480p"):
    """Reads the index of DAVIS 2016 or 2017.

    Args:
        folder: holds `JPEGImages/<resolution>`, `Annotations/<resolution>` and `ImageSets`.
        year: 2016 makes all objects of a sequence one, 2017 keeps them apart; None: as the masks are.
        subset: 'train' or 'val' of that year's `ImageSets`; None takes all sequences.
        held_out: list file or list of `sequence` or `sequence-object`, what to leave out.
        resolution: '480p' or 'Full-Resolution'.

    Returns, raises:
        as `load_youtube_vos`.
    """
    root = check_dataset_folder(folder, "davis", "JPEGImages, Annotations and ImageSets")
    names = None if subset is None else _davis_names(root, year, subset)
    images, masks = (root / kind / check_name(resolution, "resolution") for kind in ("JPEGImages", "Annotations"))
    return _load(root, images, masks, None, names, held_out, merged=year == 2016)


def check_dataset_folder(folder, name, content):
    """`folder` as a path. Raises DataError naming the three ways to set it when it does not exist."""
    folder = pathlib.Path(folder).expanduser()
    if not folder.is_dir():
        raise DataError(
            f"{folder} is not a folder; the data set '{name}' is one that holds {content}. Set the environment "
            f"variable {environment_variable(name)}, or settings.{name}_path in local.py, or give the path as an "
            "argument"
        )
    return folder


def _load(root, images, masks, available, split, held_out, merged=False):
    for folder in (images, masks):
        if not folder.is_dir():
            raise DataError(f"{folder} is missing; {root} should hold the folders {images.name} and {masks.name}")
    if available is None:
        available = sorted(entry.name for entry in images.iterdir() if entry.is_dir() and entry.name[0] != ".")
    sequences, objects = [], []
    chosen = choose(split, held_out, available, root)
    for name, only, without in tqdm(chosen, desc=f"boxes of {root.name}", unit="sequence", delay=2):
        folders = [check_inside(kind / name, kind) for kind in (images, masks)]
        sequence = _read_sequence(name, *folders, merged)
        found = objects_of(sequence, _boxes(sequence, masks / name), only, without)
        if found:
            sequences.append(sequence)
            objects += found
    return SegmentationDataset(str(root), sequences, objects)


def _read_sequence(name, images_folder, masks_folder, merged):
    images = list_images(images_folder)
    numbers = {image.stem: index for index, image in enumerate(images)}
    masks = {}
    for mask in list_images(masks_folder):
        if mask.stem not in numbers:
            raise DataError(f"mask {mask} has no image of its name in {images_folder}; is the download complete?")
        masks[numbers[mask.stem]] = mask
    return SegmentedSequence(name, tuple(images), masks, merged)


def _boxes(sequence, folder):
    """frame index -> {id: [x, y, w, h]} of the annotated frames."""
    pairs = [(sequence.images[index], mask) for index, mask in sequence.masks.items()]
    boxes = folder_boxes(folder, pairs)
    if sequence.merged:
        boxes = [{1: _union(shown.values())} if shown else {} for shown in boxes]
    return dict(zip(sequence.masks, boxes, strict=True))


def _union(boxes):
    boxes = np.array(list(boxes))
    low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    return [*low, *(high - low)]


def _read_meta(path):
    """The names of the sequences in YouTube-VOS's meta.json."""
    content = read_json(path)
    videos = content.get("videos") if isinstance(content, dict) else None
    if not isinstance(videos, dict):
        raise DataError(f"{path} is not YouTube-VOS's meta.json, an object with 'videos', an object by sequence")
    return [check_name(name, path) for name in videos]


def _davis_names(root, year, subset):
    """The sequences of a subset: a name a line (2017), or an image and its mask a line (2016's own download)."""
    years = (2016, 2017) if year is None else (year,)
    candidates = [root / "ImageSets" / str(number) / f"{subset}.txt" for number in reversed(years)]
    candidates += [root / "ImageSets" / "480p" / f"{subset}.txt"] if 2016 in years else []
    path = next((candidate for candidate in candidates if candidate.is_file()), candidates[0])
    names = [_davis_name(line) for line in read_lines(path, "a sequence a line") if line]
    if not names:
        raise DataError(f"{path} is empty: it should hold a sequence a line")
    return [check_name(name, path) for name in dict.fromkeys(names)]


def _davis_name(line):
    """`bear`, or `/JPEGImages/480p/bear/00000.jpg /Annotations/480p/bear/00000.png`."""
    return line.split()[0].split("/")[-2] if line.startswith("/") else line
