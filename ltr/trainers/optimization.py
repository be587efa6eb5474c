"""Optimizer, step decay, gradient scaler and averaged weights of a training run."""

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

DTYPES = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


class Optimization:
    """Everything between gradients and weights.

    Args:
        settings: TrainSettings.
        network: AMB, on its device; parameters that need no gradient are left out.
        device: torch.device.
    """

    def __init__(self, settings, network, device):
        self._settings, self._device = settings, device
        self._network = network
        self._trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.optimizer = _optimizer(settings, self._trained)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._decay)
        self.scaler = torch.amp.GradScaler(device.type, enabled=settings.precision == "fp16")
        self._averaged = None
        if settings.ema_decay:
            average = get_ema_multi_avg_fn(settings.ema_decay)
            self._averaged = AveragedModel(network, multi_avg_fn=average).requires_grad_(False)

    @property
    def evaluated_network(self):
        """What is validated and stored for use: the averaged network if there is one."""
        return self._network if self._averaged is None else self._averaged.module

    def autocast(self):
        """Context of a forward pass in the precision of the settings."""
        dtype = DTYPES[self._settings.precision]
        return torch.autocast(self._device.type, dtype=dtype, enabled=dtype is not None)

    def backward(self, loss):
        """Add up gradients of a batch's mean loss, of which `accumulation` make one step."""
        self.scaler.scale(loss / self._settings.accumulation).backward()

    def step(self):
        """Change the weights by the gradients added up, and forget these."""
        if self._settings.clip_gradient:
            self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self._trained, self._settings.clip_gradient)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        if self._averaged is not None:
            self._averaged.update_parameters(self._network)

    @property
    def lr(self):
        """Learning rate of the next step."""
        return self.optimizer.param_groups[0]["lr"]

    def state_dict(self):
        """Entries of a checkpoint: optimizer, scheduler, scaler, and ema (None without).

        With averaged weights a checkpoint's `net` is the average, ready for use; `ema` then holds what training goes on
        from: the weights themselves and the number of steps averaged.
        """
        ema = None
        if self._averaged is not None:
            ema = {"training_net": dict(self._network.state_dict()), "steps": self._averaged.n_averaged}
        return {
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "scaler": self.scaler.state_dict(),
            "ema": ema,
        }

    def load_state_dict(self, checkpoint):
        """Go on where `state_dict` was taken; the network itself holds the checkpoint's `net` already."""
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        self.scheduler.load_state_dict(checkpoint["scheduler"])
        self.scaler.load_state_dict(checkpoint["scaler"])
        if self._averaged is not None and checkpoint["ema"]:
            self._averaged.module.load_state_dict(checkpoint["net"])
            self._averaged.n_averaged.copy_(checkpoint["ema"]["steps"])
        if checkpoint["ema"]:
            self._network.load_state_dict(checkpoint["ema"]["training_net"])

    def _decay(self, epochs_done):
        """Factor on the first learning rate after so many epochs."""
        return self._settings.lr_decay ** sum(epochs_done >= milestone for milestone in self._settings.lr_milestones)


def _optimizer(settings, parameters):
    options = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if settings.optimizer == "sgd":
        return torch.optim.SGD(parameters, momentum=0.9, **options)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[settings.optimizer](parameters, **options)
