"""Optimizer, gradient scaler and averaged weights of a training run."""

from typing import Any, cast

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from libs.models.amb import AMB
from libs.models.inference import PRECISIONS, Precision, allow_tf32, resolve_precision
from ltr.admin.settings import TrainSettings


class Optimization:
    """Everything between gradients and weights.

    Args:
        settings: TrainSettings.
        network: AMB, on its device; parameters that need no gradient are left out.
        device: torch.device.
    """

    def __init__(self, settings: TrainSettings, network: AMB, device: torch.device):
        self._settings, self._device = settings, device
        self._network = network
        self._trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.optimizer = _optimizer(settings, self._trained)
        allow_tf32(settings.tf32)
        self.precision: Precision = resolve_precision(settings.precision, device)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.precision == "fp16")
        self._averaged = None
        if settings.ema_decay:
            average = get_ema_multi_avg_fn(settings.ema_decay)
            self._averaged = AveragedModel(network, multi_avg_fn=average).requires_grad_(False)

    @property
    def evaluated_network(self) -> AMB:
        """The network to validate and store for use: the averaged one if there is one."""
        return self._network if self._averaged is None else cast(AMB, self._averaged.module)

    def autocast(self) -> torch.autocast:
        """Context of a forward pass in the precision of the settings."""
        return torch.autocast(self._device.type, PRECISIONS[self.precision], enabled=self.precision != "fp32")

    def backward(self, loss: torch.Tensor) -> None:
        """Add up gradients of a batch's mean loss; `accumulation` batches make one step."""
        self.scaler.scale(loss / self._settings.accumulation).backward()

    def step(self, lr: float) -> None:
        """Change the weights by the accumulated gradients at this learning rate, and clear the gradients."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        if self._settings.clip_gradient:
            self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self._trained, self._settings.clip_gradient)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        if self._averaged is not None:
            self._averaged.update_parameters(self._network)

    def state_dict(self) -> dict[str, Any]:
        """Entries of a checkpoint: optimizer, scaler, and ema (None without).

        With averaged weights a checkpoint's `net` is the average, ready for use; `ema` then holds what training
        continues from: the weights themselves and the number of steps averaged.
        """
        ema = None
        if self._averaged is not None:
            ema = {"training_net": dict(self._network.state_dict()), "steps": self._averaged.n_averaged}
        return {
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "ema": ema,
        }

    def load_state_dict(self, checkpoint: dict[str, Any]) -> None:
        """Continue from where `state_dict` was taken; the network already holds the checkpoint's `net`."""
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        for group in self.optimizer.param_groups:
            # The settings win, as they do for the learning rate, which `step` sets.
            group["weight_decay"] = self._settings.weight_decay
        if checkpoint["scaler"]:
            self.scaler.load_state_dict(checkpoint["scaler"])
        if self._averaged is not None and checkpoint["ema"]:
            self._averaged.module.load_state_dict(checkpoint["net"])
            self._averaged.n_averaged.copy_(checkpoint["ema"]["steps"])
        if checkpoint["ema"]:
            self._network.load_state_dict(checkpoint["ema"]["training_net"])


def _optimizer(settings: TrainSettings, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    options: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if settings.optimizer == "sgd":
        return torch.optim.SGD(parameters, momentum=0.9, **options)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[settings.optimizer](parameters, **options)
