"""Parameters of the spatial memory bank: the search crop, the filter, its learning, and how its scores are read."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, Strict, field_validator

from libs.dcf.activation import ResponseActivation
from libs.memory.augmentation import check_augmentation
from libs.models.strides import STRIDE
from libs.utils.params import Params

LARGEST_SIDE = 8192
"""Pixels of the region that is augmented, per side at most."""
LARGEST_SCORES = 4096
"""Points of a score map, per side at most: its 2^24 places can be told apart in float32."""
MOST_NUMBERS = 2**30
"""Numbers in the sample memory at most: 4 GB."""

Iterations = Annotated[int, Field(ge=0, le=100_000)]
CropArea = Annotated[int, Field(ge=32**2, le=LARGEST_SIDE**2 // 16)]
Lax = Strict(False)
"""A list serves where a tuple stands."""
Rate = Annotated[float, Field(gt=0, lt=1)]


def default_augmentation() -> dict[str, Any]:
    """The 26 transformed crops of the first frame, by transform (see `augmentation.augment_crop`)."""
    return {
        "fliplr": True,
        "rotate": [5, -5, 10, -10, 20, -20, 30, -30, 45, -45, -60, 60],
        "blur": [(2, 0.2), (0.2, 2), (3, 1), (1, 3), (2, 2)],
        "relativeshift": [
            (0.25, 0.25), (-0.25, 0.25), (0.25, -0.25), (-0.25, -0.25),
            (0.75, 0.75), (-0.75, 0.75), (0.75, -0.75), (-0.75, -0.75),
        ],
    }  # fmt: skip


class SearchCropParams(Params):
    """The search crop of the spatial memory."""

    max_image_sample_size: CropArea = 256**2
    """Area of the search crop in crop pixels. Its side is rounded to whole feature cells (`sample_size`)."""
    search_area_scale: float = Field(default=4.5, gt=0, le=1000)
    """Side of the search crop in sqrt(width * height) of the target."""
    feature_size_odd: bool = False
    """Whether the feature map has an odd number of cells per side. False goes well with an even `kernel_size`."""

    @property
    def sample_size(self) -> int:
        """Side of the search crop in crop pixels: the nearest that has an even (or odd) number of feature cells."""
        side, step = math.sqrt(self.max_image_sample_size), 2 * STRIDE
        if self.feature_size_odd:
            return int(side // step) * step + STRIDE
        return int(side / step + 0.5) * step


class FilterParams(Params):
    """The filter of the spatial memory."""

    kernel_size: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = Field(default=(4, 4), strict=False)
    """Height and width of the filter in feature cells, each at most the cells of the search crop."""
    compressed_dim: int = Field(default=64, ge=1, le=100_000)
    """Channels after the projection, at most those of the features."""
    filter_reg: float = Field(default=1e-1, gt=0, allow_inf_nan=False)
    """Weight of the filter's squared norm."""
    projection_reg: float = Field(default=1e-4, gt=0, allow_inf_nan=False)
    """Weight of the projection's squared norm."""
    proj_init_method: Literal["pca", "randn"] = "pca"
    """Start of the projection: 'pca' (principal axes of the first frame's samples) or 'randn' (normal numbers)."""
    filter_init_method: Literal["zeros", "randn"] = "zeros"
    """Start of the filter: 'zeros' or 'randn' (normal numbers)."""
    response_activation: Annotated[tuple[str], Lax] | Annotated[tuple[str, float], Lax] = ("mlu", 0.05)
    """Activation of the response, with its number: ('mlu', knee > 0), ('relu',) or ('none',)."""

    @property
    def activation(self) -> ResponseActivation:
        """`response_activation` as a ResponseActivation."""
        kind, *knee = self.response_activation
        return ResponseActivation(str(kind), *map(float, knee))

    @field_validator("response_activation")
    @classmethod
    def _exists(cls, activation: tuple[Any, ...]) -> tuple[Any, ...]:
        ResponseActivation(*activation)
        return activation


class FilterLearningParams(Params):
    """How the filter of the spatial memory learns."""

    CG_iter: Iterations = 5
    """Conjugate gradient iterations of each regular update of the filter."""
    init_CG_iter: Iterations = 60
    """Conjugate gradient iterations at the start, all Gauss-Newton steps together; each step gets an equal share."""
    init_GN_iter: int = Field(default=6, ge=1, le=100_000)
    """Gauss-Newton steps at the start, on filter and projection together."""
    post_init_CG_iter: Iterations = 0
    """Conjugate gradient iterations on the filter alone that follow the start."""
    fletcher_reeves: bool = False
    """Updates take the Fletcher-Reeves beta, else Polak-Ribiere. The start always takes Fletcher-Reeves."""
    standard_alpha: bool = True
    """Updates take the step length rho / (p . A p), else (p . r) / (p . A p)."""
    CG_forgetting_rate: float | None = Field(default=None, ge=0)
    """None: every update starts from zero. Otherwise its search direction continues from the update before, with rho
    divided by (1 - learning_rate) ** CG_forgetting_rate. The start always begins from zero."""
    learning_rate: Rate = 0.0075
    """Weight of a new sample against all earlier ones."""
    hard_negative_learning_rate: Rate = 0.02
    """The same for a frame with a hard negative."""
    hard_negative_CG_iter: Iterations = 5
    """Conjugate gradient iterations of the update that follows a hard negative at once."""
    correction_weight: Rate = 0.25
    """Share of the total weight that the sample of a corrected frame gets; it fades as the others do."""
    correction_CG_iter: Iterations = 10
    """Conjugate gradient iterations of the update that follows a correction at once."""
    train_skipping: int = Field(default=10, ge=1)
    """Frames from one regular update of the filter to the next."""
    sample_memory_size: int = Field(default=250, ge=1)
    """Samples remembered, at least the number of augmented crops of the first frame."""
    output_sigma_factor: float = Field(default=1 / 4, gt=0, allow_inf_nan=False)
    """Standard deviation of the label in sqrt(width * height) of the target."""
    augmentation: dict[str, Any] = Field(default_factory=default_augmentation)
    """Transforms of the first frame by name; {} for the plain crop alone. 'fliplr': bool. 'rotate': degrees,
    counter-clockwise. 'blur': (vertical, horizontal) sigmas in crop pixels, at most 64. 'relativeshift': (vertical,
    horizontal) in halves of the crop, at most 2."""
    augmentation_expansion_factor: float = Field(default=2, ge=1)
    """Side of the region that is transformed, in sides of the crop."""

    @field_validator("augmentation")
    @classmethod
    def _are_transforms(cls, augmentation: dict[str, Any]) -> dict[str, Any]:
        check_augmentation(augmentation)
        return augmentation


class LocalizationParams(Params):
    """How the target is found in the filter's scores."""

    ALIASES = {"dispalcement_scale": "displacement_scale"}

    window_output: bool = True
    """Whether scores are multiplied by a Hann window, which prefers small displacements."""
    score_upsample_factor: int = Field(default=1, ge=1)
    """Score points per crop pixel and axis."""
    target_not_found_threshold: float = -1
    """A peak score under this makes the flag 'not found'."""
    distractor_threshold: float = Field(default=100, ge=0)
    """A second peak over this many times the first is a distractor as likely as the target."""
    hard_negative_threshold: float = Field(default=0.3, ge=0)
    """A second peak over this many times the first is a hard negative."""
    target_neighborhood_scale: float = Field(default=2.2, ge=0)
    """Size of the region around the peak where no second peak is looked for, in target sizes."""
    displacement_scale: float = Field(default=0.7, ge=0)
    """Displacement, in halves of the crop, beyond which a peak is far; `dispalcement_scale` is accepted too."""
    response_budget_sz: int = Field(default=25, ge=1, le=100_000)
    """Number of past peak scores that the uncertainty compares with."""
    budget_uncertainty_thr: float = math.inf
    """Peak scores of frames with a higher uncertainty are left out of these. Otherwise, 25 frames without the target
    make any peak look usual: the filter is believed again, and learns what it sees."""


class SpatialMemoryParams(SearchCropParams, FilterParams, FilterLearningParams, LocalizationParams):
    """Every number of the spatial memory bank. Names and defaults are pytracking's where it has them."""

    def check_sizes(self) -> None:
        """Raise SettingsError for crops, filters and memories that do not fit together, or are too big for the machine.

        These depend on several parameters, which a file sets one after the other; so they are not checked before.
        """
        side, cells = self.sample_size, self.sample_size // STRIDE
        self.require("kernel_size", max(self.kernel_size) <= cells, f"at most the {cells} cells of the search crop")
        limits = {"score_upsample_factor": LARGEST_SCORES, "augmentation_expansion_factor": LARGEST_SIDE}
        for name, largest in limits.items():
            self.require(name, getattr(self, name) * side <= largest, f"at most {largest / side:g}")
        most = MOST_NUMBERS // (self.compressed_dim * cells**2)
        self.require("sample_memory_size", self.sample_memory_size <= most, f"at most {most} for this crop and filter")
