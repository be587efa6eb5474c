"""The dataset of clips that torch's DataLoader reads, and its loader."""

import logging
import random
import signal
from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np
import torch

from libs.utils.errors import DataError
from ltr.admin.interruption import StopRequest
from ltr.data.clip import Clip, ClipBatch, collate_clips
from ltr.data.processing import ClipProcessor
from ltr.data.sampler import ClipKey
from ltr.data.shared_memory import explain_shared_memory
from ltr.data.sources import Source

LOG = logging.getLogger(__name__)
MAX_ATTEMPTS = 20
"""After this many unreadable clips in a row, an error is raised."""


class ClipDataset(torch.utils.data.Dataset):
    """Clips by their `ClipKey`; the same key gives the same clip in every process and run.

    Args:
        sources: list of (source, weight): objects with `draw`, see `ltr.data.sources`, and how often each is used.
        processor: ClipProcessor.
        frames: number of frames in a clip.
        seed: non-negative integer; another seed gives other clips.
    """

    def __init__(self, sources: Sequence[tuple[Source, float]], processor: ClipProcessor, frames: int, seed: int):
        self._sources = [source for source, _ in sources]
        weights = np.array([weight for _, weight in sources], dtype=np.float64)
        self._weights = weights / weights.sum()
        self._processor, self._frames, self._seed = processor, frames, seed

    def __getitem__(self, key: ClipKey) -> Clip:
        """The clip of a key; an unreadable one is logged, noted in `Clip.skipped`, and replaced by another.

        Raises:
            DataError: when nothing can be read.
        """
        rng = np.random.default_rng([self._seed, key.epoch, key.index])
        skipped = []
        for _ in range(MAX_ATTEMPTS):
            source = self._sources[rng.choice(len(self._sources), p=self._weights)]
            try:
                frames, target, name = source.draw(rng, self._frames, key.frame_gap)
            except DataError as error:
                LOG.warning("skipped a clip: %s", error)
                skipped.append(str(error))
                continue
            # Torchvision's transforms draw from the global generator of the CPU; those of GPUs are left alone.
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(int(rng.integers(2**63)))
                clip = self._processor(rng, frames, target, name)
            clip.skipped = skipped
            return clip
        raise DataError(f"{MAX_ATTEMPTS} clips in a row cannot be read; the last: {skipped[-1]}")


class ClipLoader(torch.utils.data.DataLoader):
    """DataLoader that says what to do if shared memory is too small for the workers' batches (SettingsError)."""

    def __iter__(self) -> Iterator[ClipBatch]:
        try:
            yield from super().__iter__()
        except RuntimeError as error:
            explained = explain_shared_memory(error)
            if explained is None:
                raise
            raise explained from error


def clip_loader(
    dataset: ClipDataset, sampler: Iterable[ClipKey], batch_size: int, workers: int, device: torch.device
) -> torch.utils.data.DataLoader:
    """The loader of `ClipBatch`es.

    Args:
        dataset: ClipDataset.
        sampler: sampler of ClipKeys.
        batch_size: clips in a batch.
        workers: number of loading processes; 0 loads in this one.
        device: torch device that the batches go to; for a GPU, they are loaded into pinned memory.
    """
    return ClipLoader(
        dataset,
        batch_size,
        sampler=sampler,
        num_workers=workers,
        collate_fn=collate_clips,
        pin_memory=device.type == "cuda",
        worker_init_fn=_start_worker,
        persistent_workers=workers > 0,
    )


def _start_worker(_number: int) -> None:
    """Seed the other generators as torch has seeded its own in this worker, and leave the cores to the workers.

    Ctrl-C and a batch system's SIGTERM reach the workers, too, but only the training process acts on them: it needs
    data until its state is saved. Workers end when it does.
    """
    seed = torch.initial_seed() % 2**32
    random.seed(seed)
    np.random.seed(seed)
    cv2.setNumThreads(0)
    for number in StopRequest.SIGNALS:
        signal.signal(number, signal.SIG_IGN)
