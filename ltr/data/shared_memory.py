"""Checks the memory that loading processes share with the training process, and says what to do if it is too small."""

import os
import pathlib
import shutil

from libs.utils.errors import SettingsError
from ltr.admin.settings import TrainSettings

SHARED = pathlib.Path("/dev/shm")
"""Its place on Linux; other systems have no such limit."""
PREFETCHED = 2
"""Batches that torch's DataLoader has every worker prepare ahead."""
SIGNS = ("shared memory", "shm", "Bus error", "bus error")
"""Words in the errors of torch and of the system when there is too little."""
REMEDIES = "use fewer --workers (0 needs none), or give it more, with Docker by docker run --shm-size=8g"
MEGABYTE = 2**20


def check_shared_memory(settings: TrainSettings, frames: int, crop_size: int) -> None:
    """Make sure that the batches that this machine's workers prepare ahead fit.

    Args:
        settings: the training's settings.
        frames: number of frames in a clip.
        crop_size: side of its crops in pixels.

    Raises:
        SettingsError: they do not fit; the message has the two remedies.
    """
    if not settings.workers or not SHARED.is_dir():
        return
    batches = -(-settings.clips_per_epoch // settings.batch_size)
    ahead = min(PREFETCHED * settings.workers * int(os.environ.get("LOCAL_WORLD_SIZE", 1)), batches)
    # As in `Clip`: a byte for each channel of an image and for each mask, four for each mask of the first frame.
    bytes_a_pixel = 3 * frames + settings.max_objects * (frames + 4)
    needed = ahead * settings.batch_size * crop_size**2 * bytes_a_pixel
    free = shutil.disk_usage(SHARED).free
    if needed > free:
        raise SettingsError(
            f"too little shared memory: {settings.workers} workers prepare up to {needed / MEGABYTE:.0f} MB of clips "
            f"ahead, and {SHARED} has {free / MEGABYTE:.0f} MB free; {REMEDIES}"
        )


def explain_shared_memory(error: RuntimeError) -> SettingsError | None:
    """The same message for a loading error about shared memory; None for any other error."""
    if not any(sign in str(error) for sign in SIGNS):
        return None
    reason = str(error).strip().splitlines()[-1]
    return SettingsError(f"too little shared memory ({SHARED}) for the clips of the workers: {reason}; {REMEDIES}")
