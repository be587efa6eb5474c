"""Builds a training run from its settings, and runs it."""

import contextlib
import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from timm.layers.norm_act import convert_sync_batchnorm
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from libs.dataset.segmented import VideoObject
from libs.media.files import sole_writer
from libs.models.amb import AMB
from libs.models.checkpoint import load_checkpoint
from libs.models.config import AMBConfig
from libs.utils.seeding import seed_everything
from ltr.actors.clip_actor import ClipActor
from ltr.admin.children import ending_children
from ltr.admin.distributed import World, join_world, leave_world
from ltr.admin.environment import PATHS
from ltr.admin.settings import TrainSettings
from ltr.data.build import open_sources
from ltr.data.dataset import ClipDataset, clip_loader
from ltr.data.processing import ClipProcessor
from ltr.data.sampler import ClipSampler
from ltr.data.shared_memory import check_shared_memory
from ltr.trainers.checkpoints import CheckpointFolder, check_same_run, find_resumable, report_changes
from ltr.trainers.monitor import Monitor
from ltr.trainers.optimization import Optimization
from ltr.trainers.trainer import Trainer
from ltr.trainers.validation import first_objects, validate_clips, validate_sequences, validation_keys


def run_session(settings: TrainSettings) -> None:
    """Train one stage in this process, which may be one of many.

    Args:
        settings: TrainSettings.

    Raises:
        SettingsError, CheckpointError, DataError: before the first epoch, for whatever can be known by then; also
            SettingsError if another training is writing to the same folder, and CheckpointError if one has written
            there and this one does not resume it.
        DataError: the disk is full; see also `Trainer.train`.
        TrainingInterrupted: see `Trainer.train`.
    """
    world = join_world(settings.device)
    try:
        settings.check(world.processes)
        seed_everything(settings.seed + world.rank)
        alone = sole_writer(_checkpoint_folder(settings)) if world.is_main else contextlib.nullcontext()
        with alone, ending_children():
            if not settings.resume:
                CheckpointFolder(_checkpoint_folder(settings)).check_unused()
            build_trainer(settings, world).train()
    finally:
        leave_world()


def _checkpoint_folder(settings: TrainSettings) -> pathlib.Path:
    """The folder of the checkpoints of these settings' stage."""
    return _output(settings) / "checkpoints" / "ltr" / "DMB" / settings.stage


def _output(settings: TrainSettings) -> pathlib.Path:
    return PATHS.find("workspace", settings.output, default=".")


def build_trainer(settings: TrainSettings, world: World) -> Trainer:
    """The `Trainer` for these settings in one process; resumed if the settings ask for it."""
    checkpoints = CheckpointFolder(_checkpoint_folder(settings))
    resumed = find_resumable(settings.resume, checkpoints) if settings.resume else None
    if resumed:
        check_same_run(resumed, settings)
    checkpoint = _started_from(settings, resumed)
    network, settings = build_network(settings, checkpoint)
    if resumed and world.is_main:
        report_changes(resumed["settings"], settings)
    network = synchronized(network, world).to(world.device)
    if settings.channels_last:
        network.to(memory_format=torch.channels_last)
    actor = _actor(settings, network)
    optimization = Optimization(settings, network, world.device)
    sampler, loader, validate = _build_data(settings, world, optimization, network.config)
    monitor = Monitor(_output(settings) / "tensorboard" / "ltr" / "DMB" / settings.stage, world)
    forward = _wrapped(actor, settings, world)
    tracking = (checkpoint or {}).get("tracking")
    trainer = Trainer(
        settings, world, actor, forward, optimization, loader, sampler, validate, monitor, checkpoints, tracking
    )
    if resumed:
        trainer.resume(resumed)
    return trainer


def synchronized(network: AMB, world: World) -> AMB:
    """The same network; with one GPU per process, batch norms that learn do so from the clips of all processes."""
    if world.processes == 1 or world.device.type != "cuda":
        return network
    # timm's, because torch's own leaves out batch norms that hold an activation.
    return cast(AMB, convert_sync_batchnorm(network))


def build_network(settings: TrainSettings, resumed: dict[str, Any] | None = None) -> tuple[AMB, TrainSettings]:
    """The network that a run starts with.

    Args:
        settings: TrainSettings.
        resumed: content of the checkpoint to continue from, or None.

    Returns:
        AMB on the CPU, and the settings with `batch_norm_epochs` filled in.

    Raises:
        CheckpointError, SettingsError: the file to start from is missing, damaged, or has another architecture.
    """
    checkpoint = _started_from(settings, resumed)
    if checkpoint:
        network = AMB(settings.architecture(AMBConfig.from_dict(checkpoint["constructor"])))
        network.load_state_dict(checkpoint["net"])
    else:
        weights = None if settings.backbone_weights == "none" else settings.backbone_weights
        network = AMB(settings.architecture(), weights)
    if settings.batch_norm_epochs is None:
        from_scratch = settings.backbone_weights == "none" and not settings.initial
        settings = settings.replace(batch_norm_epochs=settings.epochs // 2 if from_scratch else 0)
    return network, settings


def _started_from(settings: TrainSettings, resumed: dict[str, Any] | None) -> dict[str, Any] | None:
    """Content of the checkpoint that a run continues or starts from; None if there is none."""
    return resumed or (load_checkpoint(pathlib.Path(settings.initial)) if settings.initial else None)


def _actor(settings: TrainSettings, network: AMB) -> ClipActor:
    return ClipActor(
        network,
        settings.loss,
        settings.memory,
        settings,
        settings.freeze_encoders,
        settings.channels_last,
        settings.spoilt_memory,
    )


def _wrapped(actor: ClipActor, settings: TrainSettings, world: World) -> nn.Module:
    """The actor, compiled and with gradients averaged over all processes, as the settings and the world require."""
    # A compiled module is a module, though the stubs of `compile` do not say so.
    forward = cast(nn.Module, torch.compile(actor)) if settings.compile else actor
    if world.processes == 1:
        return forward
    return DistributedDataParallel(forward, device_ids=[world.device] if world.device.type == "cuda" else None)


def _build_data(
    settings: TrainSettings, world: World, optimization: Optimization, architecture: AMBConfig
) -> tuple[ClipSampler, DataLoader, Callable[[], dict[str, float]]]:
    """Sampler and loader of training clips, and the function that validates."""
    sources, held_out, videos = open_sources(settings)
    frames = 2 if settings.memory == "two" else settings.clip_frames
    load = functools.partial(clip_loader, batch_size=settings.batch_size, workers=settings.workers, device=world.device)
    check_shared_memory(settings, frames, architecture.crop_size)
    sampler = ClipSampler(settings, world.rank, world.processes)
    training = ClipDataset(sources, ClipProcessor(settings, architecture), frames, settings.seed)
    keys = validation_keys(settings.validation_clips, world.rank, world.processes)
    plain = ClipProcessor(settings, architecture, augment=False)
    validation = load(ClipDataset([(held_out, 1.0)], plain, frames, settings.seed), keys)
    objects = first_objects(videos, settings.validation_sequences)[world.rank :: world.processes]
    validate = functools.partial(_validate, settings, world, optimization, validation, objects)
    return sampler, load(training, sampler), validate


def _validate(
    settings: TrainSettings,
    world: World,
    optimization: Optimization,
    loader: DataLoader,
    objects: Sequence[VideoObject],
) -> dict[str, float]:
    """Loss and IoU of held-out clips, and J and F of held-out sequences, over all processes: name -> value."""
    network = optimization.evaluated_network
    actor = _actor(settings, network)
    clips = validate_clips(actor, loader, world.device, optimization.autocast).reduced(world).means()
    sequences = validate_sequences(network, objects, optimization.autocast, settings).reduced(world).means()
    return clips | ({} if sequences["J"] != sequences["J"] else sequences)
