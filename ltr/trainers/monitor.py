"""Shows a training run: TensorBoard, the progress bar, and pictures of clips."""

import itertools
import pathlib
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

import torch
from torch.utils.tensorboard import SummaryWriter
from torchvision.utils import draw_segmentation_masks, make_grid
from tqdm import tqdm

from libs.media.files import explain_writing
from ltr.actors.clip_actor import ClipResult
from ltr.admin.distributed import World
from ltr.data.clip import ClipBatch

OBJECT_COLOURS = ("red", "blue", "lime", "yellow", "magenta", "cyan")


class RunningMeans:
    """Means of named numbers over an epoch and over all processes.

    Args:
        names: names that have a mean (NaN) even without values.
    """

    def __init__(self, *names: str):
        self._sums = {name: [0.0, 0.0] for name in names}

    def add(self, name: str, total: float | torch.Tensor, count: float) -> None:
        """Add `count` values that sum to `total`."""
        old_total, old_count = self._sums.get(name, (0.0, 0.0))
        self._sums[name] = [old_total + float(total), old_count + float(count)]

    def load_state_dict(self, state: Mapping[str, Sequence[float]]) -> None:
        """Continue from where `state_dict` was taken."""
        self._sums = {name: list(pair) for name, pair in state.items()}

    def reduced(self, world: World) -> "RunningMeans":
        """The same over all processes, which must have added the same names."""
        result = RunningMeans()
        names = sorted(self._sums)
        sums = world.sum([number for name in names for number in self._sums[name]])
        for place, name in enumerate(names):
            result.add(name, *sums[2 * place : 2 * place + 2])
        return result

    def means(self) -> dict[str, float]:
        """Name -> mean; NaN for a name without values."""
        return {name: total / count if count else float("nan") for name, (total, count) in self._sums.items()}

    def state_dict(self) -> dict[str, list[float]]:
        """Name -> [sum, count]."""
        return {name: list(pair) for name, pair in self._sums.items()}


class Stopwatch:
    """How long an epoch's steps wait for data, and how long they take in total, in seconds."""

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        """Start again."""
        self._start = self._mark = time.perf_counter()
        self._waited = 0.0

    def step_begins(self) -> None:
        """Record that a batch has arrived."""
        self._waited += time.perf_counter() - self._mark

    def step_ends(self) -> None:
        """Record that the work on the batch is done."""
        self._mark = time.perf_counter()

    def rates(self, clips: float) -> dict[str, float]:
        """Clips per second, and the share of the time (0..1) spent waiting for data."""
        elapsed = max(time.perf_counter() - self._start, 1e-9)
        return {"clips_per_second": clips / elapsed, "data_wait": self._waited / elapsed}


class Monitor:
    """TensorBoard and progress bar of the main process; silent in the others.

    Args:
        folder: folder for the TensorBoard files.
        world: World.

    Raises:
        DataError: here and in the methods that write: the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: pathlib.Path, world: World):
        self._folder = folder
        with self._writing():
            self._writer = SummaryWriter(str(folder)) if world.is_main else None

    def progress(self, batches: Iterable[ClipBatch], total: int, epoch: int) -> Iterable[ClipBatch]:
        """Iterate over batches with a progress bar."""
        return tqdm(batches, total=total, desc=f"epoch {epoch}", unit="batch", disable=self._writer is None)

    def numbers(self, group: str, values: Mapping[str, float], step: int) -> None:
        """Write named numbers at a step (or epoch)."""
        if self._writer is not None:
            with self._writing():
                for name, value in values.items():
                    self._writer.add_scalar(f"{group}/{name}", value, step)

    def message(self, text: str) -> None:
        """Print a line without disturbing the progress bar."""
        if self._writer is not None:
            tqdm.write(text)

    def picture(self, batch: ClipBatch, result: ClipResult, step: int) -> None:
        """Write the first clip of a batch: its frames with the annotated and the predicted masks."""
        if self._writer is not None:
            picture = clip_picture(batch, result)
            with self._writing():
                self._writer.add_image("clip: annotated above, predicted below", picture, step)

    def close(self) -> None:
        """Flush and close everything."""
        if self._writer is not None:
            with self._writing():
                self._writer.close()

    def _writing(self) -> AbstractContextManager[None]:
        return explain_writing(self._folder)


def clip_picture(batch: ClipBatch, result: ClipResult) -> torch.Tensor:
    """The first clip of a batch in two rows: annotated masks, then the memorised and predicted ones.

    Args:
        batch: ClipBatch.
        result: ClipResult of it.

    Returns:
        uint8 (3, H, W).
    """
    own = batch.clip_of_object == 0
    images = batch.images[0].cpu()
    annotated = batch.masks[own].cpu()
    first = batch.first_masks[own].cpu() > 0.5
    predicted = torch.cat([first[:, None], result.probability[own].cpu() > 0.5], dim=1)
    colours: list[str | tuple[int, int, int]] = list(itertools.islice(itertools.cycle(OBJECT_COLOURS), len(annotated)))
    rows = [
        draw_segmentation_masks(image, masks[:, frame], alpha=0.5, colors=colours)
        for masks in (annotated, predicted)
        for frame, image in enumerate(images)
    ]
    return make_grid(rows, nrow=len(images), padding=2)
