"""Parameters of the spatial memory bank: the search crop, the filter, its learning, and how its scores are read."""

import dataclasses
import math

from libs.dcf.activation import ResponseActivation
from libs.memory.augmentation import check_augmentation
from libs.utils.params import Params

FEATURE_STRIDE = 16


def default_augmentation():
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


@dataclasses.dataclass
class SpatialMemoryParams(Params):
    """Every number of the spatial memory bank. Names and defaults are pytracking's where it has them."""

    ALIASES = {"dispalcement_scale": "displacement_scale"}

    # The search crop
    max_image_sample_size: int = 256**2
    """Area of the search crop in crop pixels, >= 32^2. Its side is rounded to whole feature cells (`sample_size`)."""
    min_image_sample_size: int = 256**2
    """The same: crops of one size only are supported, so it must equal `max_image_sample_size`."""
    search_area_scale: float = 4.5
    """Side of the search crop in sqrt(width * height) of the target, > 0, at most 1000."""
    feature_size_odd: bool = False
    """Whether the feature map has an odd number of cells per side. False goes well with an even `kernel_size`."""
    scale_factors: float = 1
    """Relative scales that are searched. Only 1: the scale comes from the segmentation."""

    # Learning
    CG_iter: int = 5
    """Conjugate gradient iterations of each regular update of the filter, >= 0."""
    init_CG_iter: int = 60
    """Conjugate gradient iterations at the start, all Gauss-Newton steps together; each step gets an equal share."""
    init_GN_iter: int = 6
    """Gauss-Newton steps at the start, on filter and projection together, >= 1."""
    post_init_CG_iter: int = 0
    """Conjugate gradient iterations on the filter alone that follow the start, >= 0."""
    fletcher_reeves: bool = False
    """Updates take the Fletcher-Reeves beta, else Polak-Ribiere. The start always takes Fletcher-Reeves."""
    standard_alpha: bool = True
    """Updates take the step length rho / (p . A p), else (p . r) / (p . A p)."""
    CG_forgetting_rate: float | None = None
    """None: every update starts afresh. Else >= 0, the frames' worth of forgetting between two updates: the search
    direction goes on, its rho divided by (1 - learning_rate) ** CG_forgetting_rate. The start always starts afresh."""
    learning_rate: float = 0.0075
    """Weight of a new sample against all earlier ones, in (0, 1)."""
    hard_negative_learning_rate: float = 0.02
    """The same for a frame with a hard negative, in (0, 1)."""
    hard_negative_CG_iter: int = 5
    """Conjugate gradient iterations of the update that follows a hard negative at once, >= 0."""
    train_skipping: int = 10
    """Frames from one regular update of the filter to the next, >= 1."""
    sample_memory_size: int = 250
    """Samples remembered, at least the number of augmented crops of the first frame."""
    output_sigma_factor: float = 1 / 4
    """Standard deviation of the label in sqrt(width * height) of the target, > 0."""

    # The filter
    kernel_size: tuple[int, int] = (4, 4)
    """Height and width of the filter in feature cells, each from 1 to the cells of the search crop."""
    compressed_dim: int = 64
    """Channels after the projection, from 1 to those of the features."""
    filter_reg: float = 1e-1
    """Weight of the filter's squared norm, > 0."""
    projection_reg: float = 1e-4
    """Weight of the projection's squared norm, > 0."""
    proj_init_method: str = "pca"
    """Start of the projection: 'pca' (principal axes of the first frame's samples) or 'randn' (normal numbers)."""
    filter_init_method: str = "zeros"
    """Start of the filter: 'zeros' or 'randn' (normal numbers)."""
    response_activation: tuple = ("mlu", 0.05)
    """Activation of the response, with its number: ('mlu', knee > 0), ('relu',) or ('none',)."""

    # Augmentation of the first frame
    augmentation: dict = dataclasses.field(default_factory=default_augmentation)
    """Transforms by name; {} for the plain crop alone. 'fliplr': bool. 'rotate': degrees, counter-clockwise. 'blur':
    (vertical, horizontal) sigmas in crop pixels, at most 64. 'relativeshift': (vertical, horizontal) in halves of the
    crop, at most 2."""
    augmentation_expansion_factor: float = 2
    """Side of the region that is transformed, in sides of the crop, >= 1."""

    # Localization
    window_output: bool = True
    """Whether scores are multiplied by a Hann window, which prefers small displacements."""
    score_upsample_factor: int = 1
    """Score points per crop pixel and axis, >= 1."""
    target_not_found_threshold: float = -1
    """A peak score under this makes the flag 'not found'."""
    distractor_threshold: float = 100
    """A second peak over this many times the first is a distractor as likely as the target, >= 0."""
    hard_negative_threshold: float = 0.3
    """A second peak over this many times the first is a hard negative, >= 0."""
    target_neighborhood_scale: float = 2.2
    """Size of the region around the peak where no second peak is looked for, in target sizes, >= 0."""
    displacement_scale: float = 0.7
    """Displacement, in halves of the crop, from which on a peak is far; users also write `dispalcement_scale`."""
    response_budget_sz: int = 25
    """Peak scores that the uncertainty compares with, >= 1."""

    @property
    def sample_size(self):
        """Side of the search crop in crop pixels: the nearest that has an even (or odd) number of feature cells."""
        side, step = math.sqrt(self.max_image_sample_size), 2 * FEATURE_STRIDE
        if self.feature_size_odd:
            return int(side // step) * step + FEATURE_STRIDE
        return int(side / step + 0.5) * step

    @property
    def activation(self):
        """`response_activation` as a ResponseActivation."""
        return ResponseActivation(*self.response_activation)


POSITIVE = ("search_area_scale", "output_sigma_factor", "filter_reg", "projection_reg")
NOT_NEGATIVE = (
    "CG_iter", "init_CG_iter", "post_init_CG_iter", "hard_negative_CG_iter", "distractor_threshold",
    "hard_negative_threshold", "target_neighborhood_scale", "displacement_scale",
)  # fmt: skip
AT_LEAST_ONE = (
    "init_GN_iter", "train_skipping", "sample_memory_size", "compressed_dim", "score_upsample_factor",
    "augmentation_expansion_factor", "response_budget_sz",
)  # fmt: skip
RATES = ("learning_rate", "hard_negative_learning_rate")
ONE_OF = {"proj_init_method": ("pca", "randn"), "filter_init_method": ("zeros", "randn")}
COUNTS = (
    "CG_iter", "init_CG_iter", "init_GN_iter", "post_init_CG_iter", "hard_negative_CG_iter", "compressed_dim",
    "response_budget_sz",
)  # fmt: skip
LARGEST_COUNT = 100_000
LARGEST_SCALE = 1000
WHOLE = (
    "CG_iter", "init_CG_iter", "init_GN_iter", "post_init_CG_iter", "hard_negative_CG_iter", "train_skipping",
    "sample_memory_size", "compressed_dim", "score_upsample_factor", "response_budget_sz",
)  # fmt: skip


LARGEST_SIDE = 8192
"""Pixels of the region that is augmented, and points of a score map, per side at most."""
MOST_NUMBERS = 2**30
"""Numbers in the sample memory at most: 4 GB."""


def check_spatial_params(params):
    """Raise SettingsError, naming the parameter, if a value is out of its range or of a kind that is not supported."""
    params.check_types()
    ranges = [
        (POSITIVE, lambda value: 0 < value < math.inf, "positive"),
        (NOT_NEGATIVE, lambda value: value >= 0, "at least 0"),
        (AT_LEAST_ONE, lambda value: value >= 1, "at least 1"),
        (RATES, lambda value: 0 < value < 1, "between 0 and 1, both excluded"),
        (WHOLE, lambda value: int(value) == value, "a whole number"),
        (COUNTS, lambda value: value <= LARGEST_COUNT, f"at most {LARGEST_COUNT:,}"),
    ]
    for names, allowed, wanted in ranges:
        for name in names:
            params.require(name, allowed, wanted)
    for name, choices in ONE_OF.items():
        params.require(name, lambda value, choices=choices: value in choices, f"one of {', '.join(choices)}")
    params.require("scale_factors", lambda value: value == 1, "1: the scale comes from the segmentation")
    params.require("search_area_scale", lambda value: value <= LARGEST_SCALE, f"at most {LARGEST_SCALE}")
    rate = params.CG_forgetting_rate
    params.require("CG_forgetting_rate", lambda value: rate is None or rate >= 0, "None or at least 0")
    _check_sizes(params)
    params.require("response_activation", lambda value: 1 <= len(value) <= 2, "a kind and, if it has one, its number")
    ResponseActivation(*params.response_activation)
    check_augmentation(params.augmentation)


def _check_sizes(params):
    """Raise SettingsError for crops, filters and memories that are too small, or too big for the machine."""
    crop = params.max_image_sample_size
    params.require(
        "min_image_sample_size", lambda size: size == crop, "equal to max_image_sample_size: crops have one size"
    )
    largest = LARGEST_SIDE**2 // 16
    params.require("max_image_sample_size", lambda size: 32**2 <= size <= largest, f"at least 32**2, at most {largest}")
    side, cells = params.sample_size, params.sample_size // FEATURE_STRIDE
    params.require(
        "kernel_size",
        lambda sides: len(sides) == 2 and all(type(length) is int and 1 <= length <= cells for length in sides),
        f"two whole numbers from 1 to {cells}",
    )
    for name in ("score_upsample_factor", "augmentation_expansion_factor"):
        params.require(name, lambda factor: factor * side <= LARGEST_SIDE, f"at most {LARGEST_SIDE / side:g}")
    most = MOST_NUMBERS // (params.compressed_dim * cells**2)
    params.require("sample_memory_size", lambda size: size <= most, f"at most {most} for this crop and compressed_dim")
