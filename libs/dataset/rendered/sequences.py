"""The synthetic sequences: rendered video with exact masks and a named difficulty, to run everything anywhere.

The ground truth polygon is the rectangle in the target's own axes that holds 98 % of the visible pixels along each.
Where less than 30 % of the target is visible, it is the rectangle of the whole target, hidden or not. Where nothing is
inside the image, it is moved to the nearest border so that at least `BORDER` pixels of it remain: VOT has no frames
without a region, and a tracker can neither overlap a region outside the image nor restart from it. Such frames have an
empty mask and the tag `occlusion`; they only occur in `out_of_view`, which is therefore not in the default mini set.
"""

import dataclasses
import pathlib

import numpy as np
from numpy.typing import ArrayLike

from libs.dataset.anchors import ANCHOR, place_anchors
from libs.dataset.names import check_name
from libs.dataset.rendered.objects import make_blob, make_creature
from libs.dataset.rendered.scene import Actor, MaskTrack, Scene, make_world
from libs.dataset.rendered.textures import BACKGROUND_PALETTES, OBJECT_PALETTES, band_limited_noise, patterned_texture
from libs.dataset.sequence import Sequence
from libs.media.images import write_image
from libs.media.mask_regions import MaskRegion
from libs.media.masks import write_mask
from libs.utils.errors import DataError, SettingsError

BORDER = 6
MARGIN = 48
VISIBLE_ENOUGH = 0.3
RATE = 30.0
# Distance of a trunk from the target's first centre, in target sizes: head, trunk and a bit of ground between.
CLEAR_OF_START = 2.6
MINI_SET = ("deformation", "rotation", "scale_change", "occlusion")


@dataclasses.dataclass(frozen=True)
class Difficulty:
    """What makes a sequence hard; the defaults are an easy one.

    Attributes:
        speed: cycles of the target's path over the sequence.
        turns: full turns of the target in the image plane over the sequence.
        zoom: the target's size is multiplied by a value that varies between 1 / zoom and zoom.
        deformation: of outlines and limbs, 0 rigid, 1 strong.
        trunk: whether a trunk is in front of the target's path.
        distractors: how many objects with the target's surface pass close to it.
        companions: how many objects with other surfaces move as the target does; all but the first enter later.
        darkening: the illumination falls to 1 - darkening and recovers.
        leaves: whether the target leaves the image and comes back.
    """

    speed: float = 1.0
    turns: float = 0.0
    zoom: float = 1.08
    deformation: float = 0.35
    trunk: bool = False
    distractors: int = 0
    companions: int = 0
    darkening: float = 0.0
    leaves: bool = False


DIFFICULTIES = {
    "easy": Difficulty(),
    "occlusion": Difficulty(trunk=True),
    "similar_distractor": Difficulty(distractors=2),
    "rotation": Difficulty(turns=1.0),
    "scale_change": Difficulty(zoom=1.4),
    "deformation": Difficulty(deformation=1.0),
    "illumination": Difficulty(darkening=0.6),
    "fast_motion": Difficulty(speed=5.0),
    "out_of_view": Difficulty(leaves=True),
    "companions": Difficulty(companions=2),
}
WALKERS = 2


def mini_set(frames: int = 120, size: tuple[int, int] = (320, 240), seed: int = 0) -> list[Sequence]:
    """The default mini set, a list of `Sequence`: one for each of `MINI_SET`'s difficulties."""
    return [render_sequence(name, frames, size, seed + i) for i, name in enumerate(MINI_SET)]


def render_sequence(difficulty: str, frames: int = 120, size: tuple[int, int] = (320, 240), seed: int = 0) -> Sequence:
    """One synthetic sequence; its frames and masks are rendered on demand, the same in every run.

    Args:
        difficulty: one of `DIFFICULTIES`; also the sequence's name.
        frames: how many, at least 2.
        size: (width, height) in pixels, at least 64 each.
        seed: of everything random.

    Raises:
        SettingsError: an unknown difficulty, too few frames or too small a size.
    """
    if difficulty not in DIFFICULTIES:
        raise SettingsError(f"unknown difficulty {difficulty!r}; there are {', '.join(DIFFICULTIES)}")
    if frames < 2 or min(size) < 64:
        raise SettingsError(
            f"a synthetic sequence has at least 2 frames of 64 x 64, not {frames} of {size[0]} x {size[1]}"
        )
    rng = np.random.default_rng([seed, list(DIFFICULTIES).index(difficulty)])
    scene = _make_scene(rng, DIFFICULTIES[difficulty], frames, (size[0], size[1]), seed)
    polygons, visible = zip(*(_annotate(scene, index) for index in range(frames)), strict=True)
    regions = [polygon.ravel() for polygon in polygons]
    shown = np.array(visible)
    values = {ANCHOR: place_anchors(shown >= VISIBLE_ENOUGH)}
    return Sequence(difficulty, scene, regions, MaskTrack(scene), _tags(scene, shown), values=values, rate=RATE)


def write_vot(sequences: list[Sequence], folder: str | pathlib.Path, masks: bool = False) -> None:
    """Write sequences as a VOT folder: `list.txt`, and images (JPEG), ground truth, masks, tags and values of each.

    Args:
        sequences: `Sequence`s with different names.
        folder: a new or empty folder.
        masks: write the masks as ground truth, as in VOT2020 and later, and not as images.

    Raises:
        DataError: the folder is not empty, or two sequences share a name.
    """
    folder = pathlib.Path(folder)
    names = [check_name(sequence.name, "write_vot") for sequence in sequences]
    if len(set(names)) < len(names):
        raise DataError(f"two sequences to be written to {folder} have the same name: {', '.join(names)}")
    if folder.is_dir() and any(folder.iterdir()):
        raise DataError(f"{folder} is not empty; give a new folder for the sequences")
    for sequence in sequences:
        _write_sequence(sequence, folder / sequence.name, masks)
    (folder / "list.txt").write_text("".join(f"{name}\n" for name in names))


def _write_sequence(sequence: Sequence, folder: pathlib.Path, masks: bool) -> None:
    (folder / "color").mkdir(parents=True)
    lines = [",".join(f"{number:.3f}" for number in region) for region in sequence.regions]
    for index in range(len(sequence)):
        write_image(folder / "color" / f"{index + 1:08d}.jpg", sequence.frame(index))
        if sequence.masks is not None:
            mask = sequence.mask(index)
            assert mask is not None, f"frame {index} of {sequence.name} has no mask"
            if masks:
                lines[index] = str(MaskRegion.of(mask))
            else:
                (folder / "masks").mkdir(exist_ok=True)
                write_mask(folder / "masks" / f"{index + 1:08d}.png", mask)
    columns = {"groundtruth.txt": lines}
    columns |= {f"{tag}.tag": values.astype(int) for tag, values in sequence.tags.items()}
    columns |= {f"{name}.value": values for name, values in sequence.values.items()}
    for name, column in columns.items():
        (folder / name).write_text("".join(f"{entry}\n" for entry in column))
    (folder / "sequence").write_text(
        f"channels.color=color/%08d.jpg\nformat=default\nfps={round(sequence.rate or RATE)}\nname={sequence.name}\n"
    )


def _make_scene(
    rng: np.random.Generator, difficulty: Difficulty, frames: int, size: tuple[int, int], seed: int
) -> Scene:
    """Put the actors of a difficulty into a world."""
    width, height = size
    camera = MARGIN / 2 * (1 + _wander(rng, frames, cycles=0.7, amplitude=(0.9, 0.5)))
    palette = OBJECT_PALETTES[rng.integers(len(OBJECT_PALETTES))]
    texture = patterned_texture(rng, palette)
    target = _make_target(rng, difficulty, frames, size, texture)
    behind = [_walker(rng, frames, size, camera) for _ in range(WALKERS)]
    behind += [_distractor(rng, target, texture, i) for i in range(difficulty.distractors)]
    others = [other for other in OBJECT_PALETTES if other is not palette]
    behind += [_companion(rng, target, size, others[i], enters=i > 0) for i in range(difficulty.companions)]
    before = [_trunk(rng, target, camera, height)] if difficulty.trunk else []
    dimming = difficulty.darkening * np.sin(np.pi * np.linspace(0, 1, frames)) ** 2
    gains = 1 - dimming[:, None] * np.array([0.85, 1.0, 1.1])
    return Scene(
        size=size,
        seed=seed,
        world=make_world(rng, (height + MARGIN, width + MARGIN)),
        camera=camera,
        target=target,
        behind=tuple(behind),
        before=tuple(before),
        gains=gains.astype(np.float32),
        shade=band_limited_noise(rng, (height, width), coarsest=height / 2, octaves=2),
    )


def _make_target(
    rng: np.random.Generator, difficulty: Difficulty, frames: int, size: tuple[int, int], texture: np.ndarray
) -> Actor:
    extent = np.array(size)
    path = extent / 2 + _wander(rng, frames, difficulty.speed, (0.28, 0.18) * extent, start=np.pi / 2)
    progress = np.linspace(0, 1, frames)
    if difficulty.leaves:
        path[:, 0] += 0.95 * extent[0] * np.clip(1 - np.abs(progress - 0.5) / 0.3, 0, 1)
    angles = 2 * np.pi * difficulty.turns * progress + 0.12 * np.sin(2 * np.pi * progress + rng.uniform(0, 2 * np.pi))
    sizes = 0.12 * min(size) * difficulty.zoom ** np.sin(2 * np.pi * progress)
    return Actor(make_creature(rng, texture, difficulty.deformation), path, angles, sizes)


def _walker(rng: np.random.Generator, frames: int, size: tuple[int, int], camera: np.ndarray) -> Actor:
    """An object that crosses the background."""
    palette = (*BACKGROUND_PALETTES, *OBJECT_PALETTES)[rng.integers(len(BACKGROUND_PALETTES) + len(OBJECT_PALETTES))]
    shape = make_blob(rng, palette, rng.uniform(0.7, 1.3, 2), deformation=0.6)
    start, end = (rng.uniform(0.05, 0.95, 2) * size for _ in range(2))
    path = start + np.linspace(0, 1, frames)[:, None] * (end - start) + camera[0] - camera
    return Actor(shape, path, np.zeros(frames), np.full(frames, 0.07 * min(size)))


def _distractor(rng: np.random.Generator, target: Actor, texture: np.ndarray, index: int) -> Actor:
    """An object of the target's kind and colours, on a path beside the target's, closest in the middle of its time."""
    frames = len(target.centres)
    progress = np.linspace(0, 1, frames)
    side = rng.uniform(0, 2 * np.pi) + np.pi * index + 1.5 * progress
    distance = (1.9 + 3 * np.abs(progress - rng.uniform(0.4, 0.6)))[:, None] * target.sizes[:, None]
    path = target.centres + distance * np.stack([np.cos(side), np.sin(side)], axis=-1)
    return Actor(make_creature(rng, texture, 0.35), path, target.angles + 0.4, target.sizes * 0.95)


def _companion(
    rng: np.random.Generator, target: Actor, size: tuple[int, int], palette: ArrayLike, enters: bool
) -> Actor:
    """An object with another surface, on its own path; one that enters comes in from the right."""
    frames, extent = len(target.centres), np.array(size)
    path = extent / 2 + _wander(rng, frames, 1.0, (0.28, 0.18) * extent)
    if enters:
        path[:, 0] += 0.95 * extent[0] * np.clip(1 - np.linspace(0, 1, frames) / 0.4, 0, 1)
    angles = 0.12 * np.sin(np.linspace(0, 2 * np.pi, frames) + rng.uniform(0, 2 * np.pi))
    return Actor(make_creature(rng, patterned_texture(rng, palette), 0.35), path, angles, target.sizes * 1.1)


def _trunk(rng: np.random.Generator, target: Actor, camera: np.ndarray, height: int) -> Actor:
    """A trunk, fixed in the world where the target is fastest but clear of its start; hides about half of it."""
    across = target.centres[:, 0] + camera[:, 0]
    way = np.abs(across - across[0]) / target.sizes[0]
    speed = np.abs(np.diff(across, prepend=across[0]))
    frame = int(np.argmax(np.where(way > min(CLEAR_OF_START, way.max() / 2), speed, 0)))
    shape = make_blob(rng, BACKGROUND_PALETTES[1], (0.4 * target.sizes[frame] / height, 1.0), 6.0, deformation=0.05)
    centre = np.array([target.centres[frame, 0], height * 0.45])
    path = centre + camera[frame] - camera
    return Actor(shape, path, np.full(len(camera), rng.normal(0, 0.03)), np.full(len(camera), float(height)))


def _wander(
    rng: np.random.Generator, frames: int, cycles: float, amplitude: ArrayLike, start: float | None = None
) -> np.ndarray:
    """(T, 2) smooth path around zero that reaches about `amplitude` (2,) and repeats about `cycles` times.

    `start` is the phase of its horizontal part: pi / 2 starts at the side, slowly; None is random.
    """
    progress = np.linspace(0, 1, frames)[:, None]
    phase = rng.uniform(0, 2 * np.pi, (2, 2))
    if start is not None:
        phase[:, 0] = start
    slow = np.sin(2 * np.pi * cycles * progress + phase[0])
    fast = np.sin(2 * np.pi * cycles * 1.7 * progress + phase[1])
    return (0.8 * slow + 0.2 * fast) * np.asarray(amplitude)


def _annotate(scene: Scene, index: int) -> tuple[np.ndarray, float]:
    """The ground truth polygon (4, 2) of a frame, and the visible fraction of the whole target (0 to 1)."""
    corner, whole = scene.silhouette(index)
    visible = scene.mask(index)
    share = np.count_nonzero(visible) / np.count_nonzero(whole)
    if share >= VISIBLE_ENOUGH:
        return _rectangle(visible, (0, 0), scene.target.angles[index]), share
    return _keep_in_view(_rectangle(whole, corner, scene.target.angles[index]), scene.size), share


def _rectangle(mask: np.ndarray, corner: ArrayLike, angle: float) -> np.ndarray:
    """The rectangle at `angle` that holds 98 % of a mask's pixels along each axis; the mask is at pixel `corner`."""
    rows, columns = np.nonzero(mask)
    points = np.stack([columns, rows], axis=-1) + np.asarray(corner) + 0.5
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    (left, top), (right, bottom) = np.quantile(points @ axes.T, [0.01, 0.99], axis=0) + [[-0.5], [0.5]]
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ axes


def _keep_in_view(polygon: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Move a polygon until at least `BORDER` pixels of its bounding box are in an image of size (width, height)."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    inward = np.maximum(BORDER - high, 0)
    outward = np.maximum(low - (np.array(size) - BORDER), 0)
    return polygon + inward - outward


def _tags(scene: Scene, visible: np.ndarray) -> dict[str, np.ndarray]:
    """The VOT tags, name -> (T,) bool: what changes or is hidden in each frame."""
    target = scene.target
    extent = 2 * target.sizes
    speed = np.linalg.norm(np.diff(target.centres, axis=0, prepend=target.centres[:1]), axis=1)
    pan = np.linalg.norm(np.diff(scene.camera, axis=0, prepend=scene.camera[:1]), axis=1)
    return {
        "camera_motion": pan > 0.5,
        "illum_change": scene.gains.mean(axis=1) < 0.85,
        "motion_change": speed > 0.12 * extent,
        "size_change": np.abs(np.log(target.sizes / target.sizes[0])) > np.log(1.25),
        "occlusion": visible < 0.9,
    }
