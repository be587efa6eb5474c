"""Which files of a folder are frames or masks, and in which order: the same for every reader."""

import collections
import fnmatch
import itertools
import logging
import os
import pathlib
import re
from collections.abc import Iterable

from libs.media.masks import looks_like_mask
from libs.utils.errors import DataError

IMAGE_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".gif"),
        *(".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm", ".avif", ".jp2", ".j2k", ".jpx", ".tga", ".qoi", ".pcx"),
        *(".sgi", ".ras", ".sr", ".hdr", ".exr", ".heic", ".heif", ".jxl", ".dng", ".psd"),
    }
)
"""Endings of image files, whether or not they can be read here: none is left out silently."""

Kind = tuple[str, str]


def natural_order(name: str) -> list[str | int]:
    """Sort key of a file name without its ending: numbers by value, other text regardless of case.

    `frame_2` comes before `frame_10`, `frame 010 b` beside `frame 9 b`; names that differ only in leading zeros or in
    the number of blanks have the same key.
    """
    parts = re.split(r"(\d+)", " ".join(name.casefold().split()))
    return [int(part) if number % 2 else part for number, part in enumerate(parts)]


def places_of(files: Iterable[str | os.PathLike]) -> dict[tuple[str | int, ...], int]:
    """Key of each file by `natural_order`, as a tuple -> its position among these files."""
    return {tuple(natural_order(pathlib.PurePath(file).stem)): place for place, file in enumerate(files)}


def list_images(folder: str | os.PathLike, pattern: str = "*") -> list[pathlib.Path]:
    """The frames of a folder in natural order; hidden files are left out, links are followed.

    Masks among the frames, however many, are left out with a warning if names and pixels identify them.

    Args:
        folder: holds the images; subfolders are left out.
        pattern: of the names to take, such as '*.jpg'.

    Raises:
        DataError: the folder is missing or holds no image, or two images share a place in the order.
    """
    return _list_one_kind(pathlib.Path(folder), pattern, masks=False)


def list_masks(folder: str | os.PathLike) -> list[pathlib.Path]:
    """The masks of a folder in natural order; other images are left out with a warning. Raises as `list_images`."""
    return _list_one_kind(pathlib.Path(folder), "*", masks=True)


def _list_one_kind(folder: pathlib.Path, pattern: str, masks: bool) -> list[pathlib.Path]:
    if not folder.is_dir():
        raise DataError(f"{folder} is missing: it should hold the images")
    files = sorted(_image_files(folder, pattern), key=lambda file: (natural_order(file.stem), file.name))
    if not files:
        raise DataError(f"{folder} holds no image{'' if pattern == '*' else f' called {pattern}'} (JPEG, PNG, ...)")
    files = _leave_out_others(files, masks)
    for first, second in itertools.pairwise(files):
        if natural_order(first.stem) == natural_order(second.stem):
            raise DataError(
                f"{first} and {second.name} have the same place in the order of names; remove or rename one, or of a "
                f"video give the names to take: '{folder}/*{first.suffix}'"
            )
    return files


def _image_files(folder: pathlib.Path, pattern: str) -> list[pathlib.Path]:
    with os.scandir(folder) as entries:
        return [
            folder / entry.name
            for entry in entries
            if pathlib.PurePath(entry.name).suffix.lower() in IMAGE_SUFFIXES
            and not entry.name.startswith(".")
            and fnmatch.fnmatch(entry.name, pattern)
            and not entry.is_dir()
        ]


def _leave_out_others(files: list[pathlib.Path], masks: bool) -> list[pathlib.Path]:
    """The files without those of the other kind that are named differently or have a namesake."""
    kinds = collections.defaultdict(list)
    for file in files:
        kinds[_kind(file)].append(file)
    if len(kinds) == 1:
        return files
    usual = max(kinds, key=lambda kind: len(kinds[kind]))
    odd = _kinds_with_namesakes(files) | {kind for kind in kinds if kind[1] != usual[1]}
    wanted = {kind: _are_masks(kinds[kind]) == masks for kind in odd | {usual}}
    others = {kind for kind in odd if not wanted[kind]}
    kept = [file for file in files if _kind(file) not in others]
    # If the usual files are of the other kind as well, these cannot be told from them.
    if not others or not any(wanted[kind] for kind in kinds.keys() - others if kind in wanted):
        return files
    left_out = [file for file in files if _kind(file) in others]
    what, option = ("frames", "") if masks else ("masks", "; give masks by --mask")
    logging.warning(
        "%s: %d of %d images are left out, because they look like %s (%s)%s",
        *(files[0].parent, len(left_out), len(files), what, left_out[0].name, option),
    )
    return kept


def _kind(file: pathlib.Path) -> Kind:
    """What files of one kind share: their ending, and their name except its numbers."""
    return file.suffix.lower(), re.sub(r"\d+", "#", file.stem.casefold())


def _kinds_with_namesakes(files: list[pathlib.Path]) -> set[Kind]:
    pairs = itertools.pairwise(files)
    same = [pair for pair in pairs if natural_order(pair[0].stem) == natural_order(pair[1].stem)]
    return {_kind(file) for pair in same for file in pair}


def _are_masks(files: list[pathlib.Path]) -> bool:
    """Whether the first, middle and last of these files look like masks."""
    return all(looks_like_mask(file) for file in {files[0], files[len(files) // 2], files[-1]})
