"""What a training run shows: TensorBoard, the progress bar, and pictures of clips."""

import itertools
import time

import torch
from torch.utils.tensorboard import SummaryWriter
from torchvision.utils import draw_segmentation_masks, make_grid
from tqdm import tqdm

from libs.media.files import explain_writing

OBJECT_COLOURS = ("red", "blue", "lime", "yellow", "magenta", "cyan")


class RunningMeans:
    """Means of named numbers over an epoch, and over all processes.

    Args:
        names: that have a mean (NaN) even without values.
    """

    def __init__(self, *names):
        self._sums = {name: [0.0, 0.0] for name in names}

    def add(self, name, total, count):
        """Add `count` values whose sum is `total`."""
        old_total, old_count = self._sums.get(name, (0.0, 0.0))
        self._sums[name] = [old_total + float(total), old_count + float(count)]

    def load_state_dict(self, state):
        """Go on where `state_dict` was taken."""
        self._sums = {name: list(pair) for name, pair in state.items()}

    def reduced(self, world):
        """The same over all processes, which must have added the same names."""
        result = RunningMeans()
        names = sorted(self._sums)
        sums = world.sum([number for name in names for number in self._sums[name]])
        for place, name in enumerate(names):
            result.add(name, *sums[2 * place : 2 * place + 2])
        return result

    def means(self):
        """Name -> mean; NaN for a name without values."""
        return {name: total / count if count else float("nan") for name, (total, count) in self._sums.items()}

    def state_dict(self):
        """Name -> [sum, count]."""
        return {name: list(pair) for name, pair in self._sums.items()}


class Stopwatch:
    """How long an epoch's steps wait for data, and how long they take in all, in seconds."""

    def __init__(self):
        self.reset()

    def reset(self):
        """Start again."""
        self._start = self._mark = time.perf_counter()
        self._waited = 0.0

    def step_begins(self):
        """A batch has arrived."""
        self._waited += time.perf_counter() - self._mark

    def step_ends(self):
        """The work on the batch is done."""
        self._mark = time.perf_counter()

    def rates(self, clips):
        """Clips per second, and the share of the time (0..1) spent waiting for data."""
        elapsed = max(time.perf_counter() - self._start, 1e-9)
        return {"clips_per_second": clips / elapsed, "data_wait": self._waited / elapsed}


class Monitor:
    """TensorBoard and progress bar of the main process; silent in the others.

    Args:
        folder: of the TensorBoard files.
        world: World.

    Raises:
        DataError: here and in what writes, when the folder cannot be written or the disk is full.
    """

    def __init__(self, folder, world):
        self._folder = folder
        with self._writing():
            self._writer = SummaryWriter(str(folder)) if world.is_main else None

    def progress(self, batches, total, epoch):
        """Iterate over batches behind a progress bar."""
        return tqdm(batches, total=total, desc=f"epoch {epoch}", unit="batch", disable=self._writer is None)

    def numbers(self, group, values, step):
        """Write named numbers at a step (or epoch)."""
        if self._writer is not None:
            with self._writing():
                for name, value in values.items():
                    self._writer.add_scalar(f"{group}/{name}", value, step)

    def message(self, text):
        """Print a line without disturbing the progress bar."""
        if self._writer is not None:
            tqdm.write(text)

    def picture(self, batch, result, step):
        """Write the first clip of a batch: its frames with the annotated and the predicted masks."""
        if self._writer is not None:
            picture = clip_picture(batch, result)
            with self._writing():
                self._writer.add_image("clip: annotated above, predicted below", picture, step)

    def close(self):
        """Write out what is left."""
        if self._writer is not None:
            with self._writing():
                self._writer.close()

    def _writing(self):
        return explain_writing(self._folder)


def clip_picture(batch, result):
    """The first clip of a batch in two rows: annotated masks above, what was memorised first and predicted below.

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
    colours = list(itertools.islice(itertools.cycle(OBJECT_COLOURS), len(annotated)))
    rows = [
        draw_segmentation_masks(image, masks[:, frame], alpha=0.5, colors=colours)
        for masks in (annotated, predicted)
        for frame, image in enumerate(images)
    ]
    return make_grid(rows, nrow=len(images), padding=2)
