"""The training loop, the same for both stages and for any number of processes."""

import contextlib
import signal
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader

from libs.utils.errors import DataError, SettingsError
from ltr.actors.clip_actor import ClipActor, ClipResult
from ltr.admin.distributed import World
from ltr.admin.interruption import StopRequest, TrainingInterrupted
from ltr.admin.random_state import random_state, restore_random_state
from ltr.admin.settings import TrainSettings
from ltr.data.clip import ClipBatch
from ltr.data.sampler import ClipSampler
from ltr.trainers.checkpoints import CheckpointFolder
from ltr.trainers.learning_rate import learning_rate
from ltr.trainers.monitor import Monitor, RunningMeans, Stopwatch
from ltr.trainers.optimization import Optimization

MAX_SKIPPED = 0.01
"""Largest share of an epoch's clips that may be unreadable."""


class Trainer:
    """Trains epoch after epoch, validates, and keeps checkpoints.

    Args:
        settings: TrainSettings.
        world: World.
        actor: ClipActor on its device, with the network to train.
        forward: what to call with a batch: the actor itself, or compiled or wrapped for several processes.
        optimization: Optimization of the network.
        loader: loader of training ClipBatches, over the keys of `sampler`.
        sampler: ClipSampler.
        validate: function without arguments that returns name -> value, with 'iou' among them.
        monitor: Monitor.
        checkpoints: CheckpointFolder.
        tracking: tracking parameters that suit the network, stored in its checkpoints; None if it has none.
    """

    def __init__(
        self,
        settings: TrainSettings,
        world: World,
        actor: ClipActor,
        forward: Any,
        optimization: Optimization,
        loader: DataLoader,
        sampler: ClipSampler,
        validate: Callable[[], dict[str, float]],
        monitor: Monitor,
        checkpoints: CheckpointFolder,
        tracking: dict[str, Any] | None = None,
    ):
        self._settings, self._world = settings, world
        self._actor, self._forward, self._optimization = actor, forward, optimization
        self._loader, self._sampler = loader, sampler
        self._validate, self._monitor, self._checkpoints = validate, monitor, checkpoints
        self._clips_a_step = settings.batch_size * settings.accumulation * world.processes
        self._tracking = tracking
        self._best: float = -1.0
        self._best_epoch, self._waited = 0, 0
        self._before: dict[str, float] = {}
        self._running = RunningMeans("loss", "iou", "skipped")
        self._stop = StopRequest()

    def resume(self, checkpoint: dict[str, Any]) -> None:
        """Continue from where a checkpoint was written; its weights (`net`) are already in the network.

        Raises:
            SettingsError: the rest of an epoch that was stopped midway cannot be divided into steps.
        """
        rest = self._settings.clips_per_epoch - checkpoint["sampler"]["position"]
        if rest % self._clips_a_step or rest < 0:
            raise SettingsError(
                f"cannot resume in the middle of an epoch: {rest} clips are left, which steps of {self._clips_a_step} "
                "do not divide; use the batch_size, accumulation, clips_per_epoch and number of processes of before"
            )
        self._optimization.load_state_dict(checkpoint)
        self._sampler.load_state_dict(checkpoint["sampler"], checkpoint["frame_gap"])
        self._best = checkpoint["best"]
        self._best_epoch, self._waited, self._before = (
            checkpoint.get(name, now) for name, now in (("best_epoch", 0), ("waited", 0), ("before", {}))
        )
        if self._world.is_main:
            # The file holds the sums of all processes.
            self._running.load_state_dict(checkpoint["running"])
        states = checkpoint["random"]
        # Files from earlier versions only have the state of rank 0.
        restore_random_state([states] if isinstance(states, dict) else states, self._world.rank)

    def train(self) -> None:
        """Train until the last epoch.

        Raises:
            TrainingInterrupted: after Ctrl-C or SIGTERM, once the state is saved.
            DataError: a loss is not finite (the message names the clips), or over 1 % of an epoch's clips cannot be
                read.
        """
        with self._stop:
            if self._settings.validate_first and self._sampler.epoch == 1:
                self._validate_before()
            while self._sampler.epoch <= self._settings.epochs and not self._is_patience_over():
                epoch = self._sampler.epoch
                metrics = self._train_epoch()
                if self._is_validation_due(epoch):
                    # It may take longer than a batch system waits between SIGTERM and SIGKILL.
                    self._save_latest()
                    metrics |= {f"validation_{name}": value for name, value in self._validate().items()}
                self._finish_epoch(epoch, metrics)
                self._stop_if_asked()
        self._report_best()
        self._monitor.close()

    def _validate_before(self) -> None:
        """Validate the starting weights: an epoch counts as the best only if it improves on them."""
        self._before = self._validate()
        self._best = float(self._before.get(self._settings.best_by, -1.0))
        shown = ", ".join(f"{name} {value:.4g}" for name, value in self._before.items())
        self._monitor.message(f"before training: held-out {shown}")

    def _is_patience_over(self) -> bool:
        over = 0 < self._settings.patience <= self._waited
        if over:
            self._monitor.message(f"no better in {self._waited} validations: training ends")
        return over

    def _report_best(self) -> None:
        """Print how the held-out measure that selects the best epoch has changed."""
        name = self._settings.best_by
        if not self._before:
            return
        before = self._before.get(name, float("nan"))
        if self._best_epoch:
            text = f"held-out {name} {before:.3f} before, {self._best:.3f} after epoch {self._best_epoch}"
            self._monitor.message(f"{text}: {self._checkpoints.best} (use it by --checkpoint)")
        else:
            self._monitor.message(f"held-out {name} {before:.3f} before, and no epoch was better: keep what there was")

    def _train_epoch(self) -> dict[str, float]:
        epoch = self._sampler.epoch
        self._prepare_mode(epoch)
        watch, first = Stopwatch(), self._sampler.position
        batches = self._monitor.progress(self._stop.awaited(self._loader), len(self._loader), epoch)
        for number, batch in enumerate(batches, start=1):
            watch.step_begins()
            is_step = number % self._settings.accumulation == 0
            result = self._train_batch(batch.to(self._world.device), is_step)
            if is_step:
                self._finish_step(batch, result, watch, first)
            watch.step_ends()
        metrics = self._running.reduced(self._world).means() | watch.rates(self._sampler.position - first)
        return {name: value for name, value in metrics.items() if name != "skipped"}

    def _prepare_mode(self, epoch: int) -> None:
        learning = self._settings.batch_norm_epochs
        assert learning is not None, "`build_network` fills it in"
        self._actor.learn_batch_norm = epoch <= learning
        self._forward.train()

    def _train_batch(self, batch: ClipBatch, is_step: bool) -> ClipResult:
        # Processes exchange gradients only once per step.
        exchange = is_step or self._world.processes == 1
        with contextlib.nullcontext() if exchange else self._forward.no_sync():
            with self._optimization.autocast():
                result = self._forward(batch)
            _check_finite(result.loss, batch.names)
            self._optimization.backward(result.loss.mean())
        self._running.add("loss", result.loss.detach().sum(), result.loss.numel())
        self._running.add("iou", result.iou.sum(), result.iou.numel())
        self._count_skipped(batch)
        return result

    def _finish_step(self, batch: ClipBatch, result: ClipResult, watch: Stopwatch, first: int) -> None:
        settings = self._settings
        before = (self._sampler.epoch - 1) * settings.clips_per_epoch + self._sampler.position
        lr = learning_rate(settings, before, self._clips_a_step)
        self._optimization.step(lr)
        self._sampler.advance(settings.accumulation)
        step = before // self._clips_a_step + 1
        if step % settings.log_every == 0:
            self._log_step(result, step, {"lr": lr} | watch.rates(self._sampler.position - first))
        if settings.picture_every and step % settings.picture_every == 0:
            self._monitor.picture(batch, result, step)
        self._stop_if_asked()

    def _log_step(self, result: ClipResult, step: int, numbers: dict[str, float]) -> None:
        sums = [result.loss.detach().sum(), result.loss.numel(), result.iou.sum(), result.iou.numel()]
        loss, clips, iou, masks = self._world.sum(sums)
        self._monitor.numbers("train", {"loss": loss / clips, "iou": iou / masks} | numbers, step)

    def _count_skipped(self, batch: ClipBatch) -> None:
        self._running.add("skipped", len(batch.skipped), 1)
        skipped, _ = self._running.state_dict()["skipped"]
        if skipped > MAX_SKIPPED * self._settings.clips_per_epoch / self._world.processes:
            raise DataError(
                f"{skipped:.0f} clips of this epoch could not be read, over {MAX_SKIPPED:.0%}; mend or hold out what "
                f"was named, the last: {batch.skipped[-1] if batch.skipped else 'see above'}"
            )

    def _is_validation_due(self, epoch: int) -> bool:
        every = self._settings.validate_every
        return every > 0 and (epoch % every == 0 or epoch == self._settings.epochs)

    def _finish_epoch(self, epoch: int, metrics: dict[str, float]) -> None:
        self._monitor.numbers("epoch", metrics | {"frame_gap": self._sampler.frame_gap}, epoch)
        self._monitor.message(f"epoch {epoch}: " + ", ".join(f"{name} {value:.4g}" for name, value in metrics.items()))
        validated = metrics.get(f"validation_{self._settings.best_by}")
        is_best = validated is not None and validated > self._best
        if validated is not None and is_best:
            self._best, self._best_epoch, self._waited = validated, epoch, 0
        elif validated is not None:
            self._waited += 1
        self._sampler.next_epoch()
        self._running = RunningMeans("loss", "iou", "skipped")
        content = self._content(epoch, metrics, self._running)
        if self._world.is_main:
            self._checkpoints.save_epoch(content, is_best)
        self._world.barrier()

    def _stop_if_asked(self) -> None:
        """Save and stop if any process was asked to stop; called when weights, gradients and sampler agree."""
        number = self._stop.signal_number
        if not self._world.any(number):
            return
        self._save_latest()
        self._monitor.message(f"saved {self._checkpoints.latest}; continue with --resume latest")
        self._monitor.close()
        raise TrainingInterrupted(number or signal.SIGTERM)

    def _save_latest(self) -> None:
        """Save the state within an epoch."""
        running = self._running.reduced(self._world)
        content = self._content(self._sampler.epoch, running.means(), running)
        if self._world.is_main:
            self._checkpoints.save_latest(content)
        self._world.barrier()

    def _content(self, epoch: int, metrics: dict[str, float], running: RunningMeans) -> dict[str, Any]:
        """Content of a checkpoint; all processes must call this together."""
        network = self._optimization.evaluated_network
        return {
            "net": network.state_dict(),
            "constructor": network.config,
            "stage": self._settings.stage,
            "epoch": epoch,
            "settings": self._settings.as_dict(),
            "metrics": metrics,
            "sampler": self._sampler.state_dict(),
            "frame_gap": self._sampler.frame_gap,
            "best": self._best,
            "best_epoch": self._best_epoch,
            "waited": self._waited,
            "before": self._before,
            "running": running.state_dict(),
            "random": self._world.gather(random_state()),
            **({"tracking": self._tracking} if self._tracking else {}),
            **self._optimization.state_dict(),
        }


def _check_finite(loss: torch.Tensor, names: Sequence[str]) -> None:
    bad = ~torch.isfinite(loss.detach())
    if bad.any():
        named = "; ".join(name for name, is_bad in zip(names, bad.tolist(), strict=True) if is_bad)
        raise DataError(
            f"the loss is not finite for {int(bad.sum())} of the batch's {len(names)} clips: {named}. Look at these "
            "clips; if they are sound, lower lr, set clip_gradient, or use another precision. The whole batch: "
            + "; ".join(names)
        )
