"""The layouts of DAVIS and YouTube-VOS: a folder of indexed PNGs for each video under `Annotations`."""

import contextlib
import json
import pathlib
from collections.abc import Iterator
from typing import ClassVar

from libs.media.annotations.format import Add, Format
from libs.media.annotations.formats.indexed_png import read_masks, write_labels
from libs.media.annotations.record import FrameRecord, Recording, Video
from libs.media.frame_lists import list_masks
from libs.utils.errors import DataError

ANNOTATIONS = "Annotations"


class YouTubeVOS(Format):
    """`Annotations/<video>/00000.png` and `meta.json`, which says what each object is and where it is annotated."""

    name = "youtubevos"
    title = "folder in YouTube-VOS's layout: Annotations/<video>/*.png and meta.json"
    inner: ClassVar[str] = ""

    def recognises(self, path: pathlib.Path) -> bool:
        """See Format.recognises: Annotations with a folder for each video."""
        return any(_has_images(folder) for folder in _folders(path / ANNOTATIONS / self.inner))

    def read(self, path: pathlib.Path, video: Video) -> Recording:
        """See Format.read; of several videos, takes the one with the video's name."""
        root = path / ANNOTATIONS / self.inner
        folders = {folder.name: folder for folder in _folders(root)}
        if not folders:
            raise DataError(f"{root} holds no folder of masks, one for each video")
        chosen = folders.get(video.name) or (next(iter(folders.values())) if len(folders) == 1 else None)
        if chosen is None:
            raise DataError(
                f"{root} holds {len(folders)} videos ({', '.join(list(folders)[:3])}, ...); give the folder of one, "
                f"such as {next(iter(folders.values()))}"
            )
        recording = read_masks(list_masks(chosen), chosen)
        return Recording(str(chosen), recording.entries, Video(chosen.name, recording.video.size))

    @contextlib.contextmanager
    def write(self, path: pathlib.Path, video: Video) -> Iterator[Add]:
        """See Format.write."""
        folder = path / ANNOTATIONS / self.inner / video.name
        folder.mkdir(parents=True)
        objects: dict[int, tuple[str, list[str]]] = {}

        def add(frame: FrameRecord) -> None:
            write_labels(folder, video, frame)
            for each in frame.objects:
                if each.mask is not None and each.mask.any():
                    name = pathlib.PurePath(video.file(frame.index)).stem
                    objects.setdefault(each.number, (each.label, []))[1].append(name)

        yield add
        self._finish(path, video, objects)

    def _finish(self, path: pathlib.Path, video: Video, objects: dict[int, tuple[str, list[str]]]) -> None:
        described = {str(number): {"category": label, "frames": names} for number, (label, names) in objects.items()}
        content = {"videos": {video.name: {"objects": described}}}
        (path / "meta.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


class DAVIS(YouTubeVOS):
    """`Annotations/480p/<video>/00000.png` and the video in `ImageSets/2017/val.txt`."""

    name = "davis"
    title = "folder in DAVIS's layout: Annotations/480p/<video>/*.png and ImageSets/2017/val.txt"
    inner = "480p"

    def _finish(self, path: pathlib.Path, video: Video, objects: dict[int, tuple[str, list[str]]]) -> None:
        names = path / "ImageSets" / "2017" / "val.txt"
        names.parent.mkdir(parents=True)
        names.write_text(f"{video.name}\n", encoding="utf-8")


def _folders(root: pathlib.Path) -> list[pathlib.Path]:
    return sorted(each for each in root.iterdir() if each.is_dir()) if root.is_dir() else []


def _has_images(folder: pathlib.Path) -> bool:
    return next(folder.glob("*.png"), None) is not None
