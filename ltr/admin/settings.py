"""Settings of a training stage: typed fields declared once; a stage's file sets what differs from the defaults."""

import importlib
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from libs.dataset.entry import TRAIN
from libs.dataset.registry import datasets_for, find_dataset
from libs.memory.appearance import AppearanceMemoryParams
from libs.models.config import AMBConfig, Architecture, CropFactor, CropSize
from libs.models.inference import Precision
from libs.models.own_backbones import import_backbone
from libs.utils.errors import SettingsError
from libs.utils.losses import Loss
from libs.utils.params import Params
from libs.utils.references import is_reference
from ltr.admin.distributed import DeviceChoice
from ltr.data.synthesis import Probability, SynthesisSettings

Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class NetworkSettings(Architecture):
    """The network that is trained, and what it starts from."""

    initial: str = ""
    """Checkpoint to start from; its architecture wins over these settings. Empty: none."""
    backbone_weights: str = "imagenet"
    """'imagenet' (timm's, downloaded once), the path of a state dict with timm's names (an EfficientNet's also with
    those of efficientnet_pytorch), or 'none': from scratch."""
    crop_size: CropSize | None = None
    """Side of the crops in pixels; None: that of `initial`, else 384."""
    crop_factor: CropFactor | None = None
    """Side of a crop in the image over sqrt(w*h) of the target; None: so that the target covers as many pixels as in
    the crops of `initial`, else as with 4 at 384 pixels."""
    freeze_encoders: bool = False
    """Train keys, values and decoder only: the query encoder and a full memory encoder stay as they are. A light memory
    encoder makes the values, and is trained."""
    batch_norm_epochs: NonNegativeInt | None = None
    """Epochs for which batch norm learns its statistics before they are frozen; 0: frozen from the start. None: 0 when
    started from trained weights, half of the epochs when trained from scratch."""

    def architecture(self, initial: AMBConfig | None = None) -> AMBConfig:
        """The `AMBConfig` to train.

        Args:
            initial: the `AMBConfig` of the checkpoint to start from, or None.

        Raises:
            SettingsError: for a value out of its range.
        """
        if is_reference(self.backbone):
            import_backbone(self.backbone)
        base = initial or AMBConfig(**{name: getattr(self, name) for name in Architecture.model_fields})
        size = self.crop_size or base.crop_size
        factor = self.crop_factor or base.crop_factor * size / base.crop_size
        return base.replace(crop_size=size, crop_factor=factor)


class DataSettings(Params):
    """Where the clips come from, and how they are cut."""

    sources: dict[str, Weight] = Field(default_factory=lambda: {"youtubevos": 1.0}, min_length=1)
    """How often a clip comes from each dataset, such as 'youtubevos', 'davis', 'stills', 'coco', in any unit."""
    data_roots: dict[str, str] = Field(default_factory=dict)
    """Name of a dataset -> folder; what is not given comes from the environment or `ltr/admin/local.py`."""
    held_out: str = ""
    """List file, or names with commas between them, of the videos kept out of training: the validation set. Empty:
    every 50th video by name."""
    held_out_share: Probability = 0.0
    """Share of the videos that is held out, where `held_out` names none: one at least; of a single video its last
    frames. 0: every 50th video."""
    clips_per_epoch: PositiveInt = 32000
    """Clips of one epoch, over all processes."""
    workers: NonNegativeInt = 8
    """Processes that load data, for every training process; 0: load in the training process."""
    max_objects: PositiveInt = 1
    """Objects of one clip at most: the one the crop is centred on and others seen in it."""
    frame_gap: PositiveInt = 2
    """Frames between neighbouring frames of a clip at most, in the first epoch."""
    frame_gap_step: NonNegativeInt = 5
    """By how much the frame gap grows."""
    frame_gap_every: PositiveInt = 2
    """Epochs between two growths."""
    frame_gap_max: NonNegativeInt = 50
    """Where the frame gap stops growing."""
    scale_jitter: NonNegativeFloat = 0.25
    """The side of a crop after the first is multiplied by exp(scale_jitter * N(0, 1))."""
    centre_jitter: NonNegativeFloat = 1.5
    """Its centre moves by centre_jitter * sqrt(w*h) * (U(0, 1) - 0.5) along each axis."""
    location_jitter: NonNegativeFloat = 0.25
    """The location map's centre moves off the target's by location_jitter * (w, h) * (U(0, 1) - 0.5)."""
    box_start: Probability = 0.3
    """Probability of a box-to-segmentation clip: the first mask is the box, and the same frame is segmented from it."""
    zoom: Probability = 0.0
    """Probability that the crops of a clip after its first are jittered further, each by a factor of 1/2 to 2: as when
    the tracker has lost the target's size."""
    low_resolution: Probability = 0.0
    """Probability that a clip is shrunk to 0.2 to 0.6 of its pixels along each side, and enlarged again."""
    jpeg: Probability = 0.0
    """Probability that a clip is compressed hard (JPEG quality 20 to 60)."""
    balance: Probability = 0.0
    """How far groups of videos and stills, which share the part of their names before the first '_', are balanced: 0
    draws every object as often, 1 every group."""


class TrainSettings(NetworkSettings, DataSettings, SynthesisSettings, AppearanceMemoryParams):
    """The training; which frames of a clip are remembered is said by the tracker's own parameters."""

    stage: str = "stage2"
    """Name of the stage; checkpoints go to checkpoints/ltr/DMB/<stage>."""
    memory: Literal["recurrent", "mask", "threshold", "two"] = "recurrent"
    """Which mask is remembered of a segmented frame: 'recurrent' the predicted one, 'mask' the annotated one,
    'threshold' the predicted one where its IoU is over 0.5 and else the annotated one; 'two': clips of two frames."""
    clip_frames: PositiveInt = 3
    """Frames of a clip, from which `memory_policy` chooses those to remember; the last is not offered to it."""
    spoilt_memory: Probability = 0.0
    """Probability that what is remembered of a segmented frame is spoilt first: the mask grows, shrinks, or a part of
    the picture is added to it or taken from it, as when it has begun to leak or to collapse."""
    loss: Loss = "bootstrapped"
    """'bootstrapped' (cross-entropy of the hardest 40 % of pixels), 'iou' (soft IoU) or 'both'."""
    epochs: PositiveInt = 40
    """Epochs in total, including those before a resume."""
    batch_size: PositiveInt = 4
    """Clips in a batch of one process (GPU)."""
    accumulation: PositiveInt = 1
    """Batches whose gradients are added up for one step."""
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """'adam', 'adamw' or 'sgd' (momentum 0.9)."""
    lr: PositiveFloat = 1e-5
    """Learning rate."""
    weight_decay: NonNegativeFloat = 0.0
    """Weight decay of the optimizer."""
    warm_up: NonNegativeInt = 0
    """Steps over which the learning rate rises from zero."""
    lr_milestones: tuple[int, ...] = Field(default=(20, 30), strict=False)
    """Epochs after which the learning rate is multiplied by `lr_decay`."""
    lr_decay: PositiveFloat = 0.1
    """Factor of the step decay."""
    lr_fall: Probability = 0.0
    """Share of the training over which the learning rate falls along a cosine to a fiftieth; 0: step decay."""
    clip_gradient: NonNegativeFloat = 0.0
    """Largest norm of the gradient; 0: not clipped."""
    ema_decay: float = Field(default=0.0, ge=0, lt=1)
    """Decay of the exponential moving average of the weights, which is then what is validated and stored; 0: none."""
    precision: Precision = "auto"
    """Precision of the computations; 'fp16' with a gradient scaler; 'auto': bf16 where the device computes in it
    natively."""
    tf32: bool = False
    """With precision 'fp32' on a GPU: compute in TF32 (10 bits of mantissa, not 23), which is faster."""
    channels_last: bool = True
    """Keep images and weights in channels-last memory order."""
    compile: bool = False
    """Compile the network with `torch.compile`."""
    device: DeviceChoice = "auto"
    """'cuda', 'cpu' or 'auto': a GPU where there is one."""
    seed: NonNegativeInt = 0
    """Every random choice follows from it."""
    validate_every: NonNegativeInt = 1
    """Epochs between validations; 0: never."""
    validate_first: bool = False
    """Validate before the first epoch too; only what is better is kept as the best."""
    best_by: Literal["iou", "J"] = "iou"
    """What the best epoch is chosen by: 'iou' of the held-out clips, or 'J' of the held-out sequences."""
    patience: NonNegativeInt = 0
    """Training ends after this many validations without a better one; 0: it continues to the last epoch."""
    validation_clips: NonNegativeInt = 400
    """Held-out clips of a validation."""
    validation_sequences: NonNegativeInt = 8
    """Held-out sequences on which whole masks are propagated in a validation."""
    log_every: PositiveInt = 50
    """Steps between two entries in TensorBoard."""
    picture_every: NonNegativeInt = 1000
    """Steps between two pictures of clips in TensorBoard; 0: none."""
    output: str = ""
    """Folder in which checkpoints/ and tensorboard/ are written; empty: the workspace path, else the working folder."""
    resume: str = ""
    """Checkpoint to continue from, or 'latest'."""

    def check(self, processes: int = 1) -> "TrainSettings":
        """Make sure that the settings fit each other, and that their datasets exist. Returns self.

        Args:
            processes: number of training processes.

        Raises:
            SettingsError: naming the setting and what it may be.
        """
        self.require("frame_gap_max", self.frame_gap_max >= self.frame_gap, f"at least frame_gap {self.frame_gap}")
        self.policy()
        for name in {**self.sources, **self.data_roots}:
            _require_training_data(name)
        self.architecture()
        if self.freeze_encoders and not (self.initial or self.resume):
            raise SettingsError(
                "freeze_encoders is set, but nothing trained is given to start from; use --initial with a stage-1 "
                "checkpoint, or --resume"
            )
        clips = self.batch_size * self.accumulation * processes
        if self.clips_per_epoch % clips:
            fitting = max(clips, self.clips_per_epoch // clips * clips)
            raise SettingsError(
                f"clips_per_epoch is {self.clips_per_epoch}, which {clips} (batch_size {self.batch_size} x "
                f"accumulation {self.accumulation} x {processes} processes) does not divide; use {fitting}, or another "
                "batch_size"
            )
        return self


def _require_training_data(name: str) -> None:
    """Raise SettingsError, naming those there are, unless the dataset of that name can be trained on."""
    if TRAIN not in find_dataset(name).uses:
        known = ", ".join(each.name for each in datasets_for(TRAIN))
        raise SettingsError(f"dataset {name} is not one to train on; use {known}, or module:Class")


def load_settings(module: str, name: str) -> TrainSettings:
    """The settings that `ltr/train_settings/<module>/<name>.py` returns from its `settings()`.

    Raises:
        SettingsError: when there is no such file, or it sets what a setting cannot be.
    """
    path = f"ltr.train_settings.{module}.{name}"
    shown = f"{path.replace('.', '/')}.py"
    try:
        file = importlib.import_module(path)
    except ModuleNotFoundError as error:
        if not path.startswith(str(error.name)):
            raise
        raise SettingsError(f"there is no {shown}; use DMB stage1, DMB stage2 or DMB finetune") from error
    try:
        return file.settings()
    except SettingsError as error:
        raise SettingsError(f"{shown}: {error}") from error
