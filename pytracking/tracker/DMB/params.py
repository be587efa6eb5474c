"""Every parameter of the DMB tracker: its own here, those of the two memories inherited."""

from typing import Annotated, Any, Literal

from pydantic import Field

from libs.memory.appearance import AppearanceMemoryParams
from libs.memory.spatial import SpatialMemoryParams
from libs.models.config import CropFactor
from libs.models.inference import Precision
from libs.models.strides import STRIDE
from libs.utils.errors import CheckpointError, SettingsError
from libs.utils.params import Params, Retired
from libs.utils.references import require_imported

Share = Annotated[float, Field(ge=0, le=1)]
Shrinking = Annotated[float, Field(ge=0, le=1)]
Growth = Annotated[float, Field(ge=1)]
NOT_THE_NETWORKS = ("pth_path", "backbone", "device", "precision", "tf32", "compile")
"""Fields that a checkpoint cannot set."""


class NetworkParams(Params):
    """The network and where it runs."""

    pth_path: str = "dmb_lite2.pth.tar"
    """Checkpoint: a path, or the name of a file in pytracking/networks. It says which architecture it holds."""
    backbone: str = ""
    """'module:Class' of the checkpoint's backbone, if that is a class of your own; a checkpoint never imports code."""
    device: str = "auto"
    """'auto' (CUDA when there is one), 'cpu', 'cuda', 'cuda:1'."""
    precision: Precision = "auto"
    """Precision of the network; 'auto': bf16 where the device computes in it natively, else fp32."""
    tf32: bool = False
    """With precision 'fp32' on a GPU: compute in TF32 (10 bits of mantissa, not 23), which is faster."""
    compile: bool = False
    """Compile the network (`torch.compile`; CUDA graphs on a GPU): fewer pauses between kernels, but the first start
    takes a minute or more, once in a process."""


class SegmentationParams(Params):
    """The crop that is segmented, and its mask."""

    segm_output_sz: int | None = Field(default=None, ge=32, le=1024, multiple_of=STRIDE)
    """Pixels of the square segmentation crop; None: the checkpoint's (released weights: 384)."""
    segm_search_area_factor: CropFactor | None = None
    """Side of the segmentation crop over sqrt(w*h); None: the checkpoint's (released weights: 4.0)."""
    share_crop: bool = False
    """One crop and one pass of the encoder serve both memories: the segmentation crop, at the last position. Faster;
    the target is looked for in that crop only, so segm_search_area_factor should be about search_area_scale."""
    segm_use_dist: bool = True
    """Add the distance from the crop's centre in the decoder (location map)."""
    init_segm_mask_thr: Share = 0.5
    """Threshold of the first frame's mask, when the network makes it from a box or polygon."""
    segm_mask_thr: Share = 0.5
    """Threshold of the target probability."""
    mask_init_segm_mask_thr: Share = 0.2
    """`segm_mask_thr` when the tracker was started from a mask."""
    segm_optimize_polygon: bool = True
    """Shrink the fitted rectangle side by side while its cost improves."""


class RuleParams(Params):
    """What is believed, and what is reported."""

    tracking_uncertainty_thr: float = 3.0
    """Below this uncertainty the spatial memory is believed: the position moves, both memories may learn."""
    uncertainty_segment_thr: float = 10.0
    """Above this uncertainty the frame is not segmented at all."""
    mask_agreement: Share = 0.0
    """A mask is believed only if the filter's score at its centre is at least this share of the peak's; 0:
    always. Otherwise the region is the target's last box, and the frame is not remembered. This breaks the loop in
    which a mask collapses to a part of the target, and scale, memory and filter follow."""
    mask_area_ratio: float | None = Field(default=None, gt=1, allow_inf_nan=False)
    """A mask is believed only if the area of its rectangle is between 1 / mask_area_ratio and mask_area_ratio times
    that of the target's box; None: always."""
    filter_share: Share = 0.0
    """Where the target is taken to be, for the next frame and for the filter's label, while the filter is certain:
    between the mask's centre (0) and the filter's peak (1)."""
    region_filter_share: Share = 0.0
    """The same for the centre of the reported region. Mask and filter err differently: a pose moves the mask's centre,
    blur moves the filter's peak."""
    calibrate_region: bool = False
    """Scale every rectangle by the ratio of the given region to the first mask's rectangle (sides by 0.8 to 1.5): a
    network's masks are a little smaller or larger than the regions that annotators draw."""
    region_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Share of the previous region's size in the reported size; for upright regions."""
    upright_region: bool = False
    """Report an upright region if the given one is upright."""
    box_from: Literal["mask", "polygon"] = "mask"
    """`target_bbox`, which box benchmarks judge, is the upright box of the 'mask', or of the 'polygon'."""


class ConfidenceParams(Params):
    """How sure the tracker is, and what it does about a target that is lost."""

    score_weights: tuple[float, float, float, float, float] = Field(default=(-13.5, 3.8, 9.4, 3.6, 0.0), strict=False)
    """Weights of the logistic regression that makes the score from what both memories see: the bias, then the weights
    of the filter's peak, the mask's mean probability, the share of that peak at its centre, and its likeness to the
    target. The default is for networks whose own weights are not known, and leaves the likeness out."""
    lost_score: Share = 0.0
    """Below this score, the target is not found in the frame. 0: it is always found."""
    lost_after: int = Field(default=5, ge=1)
    """The target is lost, and nothing is learned, once it is not found in this many frames in a row."""
    redetection_interval: int | None = Field(default=None, ge=1)
    """While the target is lost, search the whole frame for it every this many frames; None: never."""
    redetection_score: float = Field(default=0.5, ge=0)
    """In the whole frame, a place is taken for the target if its peak is at least this share of the usual one, and the
    mask there agrees."""


class ScaleParams(Params):
    """The target's scale."""

    segm_scale_estimation: bool = True
    """Let the target's scale follow the fitted rectangle."""
    uncertainty_segm_scale_thr: float = 3.5
    """Below this uncertainty the scale may follow."""
    segm_min_scale: float = Field(default=0.2, gt=0, le=1000)
    """Smallest scale (image pixels per pixel of the search crop) that the target may shrink to."""
    max_rel_scale_ch_thr: float = 0.75
    """A rectangle whose relative change of scale is this or more is not believed."""
    min_scale_change_factor: Shrinking = 0.95
    """Largest shrinking per frame."""
    max_scale_change_factor: Growth = 1.05
    """Largest growth per frame."""
    scale_witness: bool = False
    """Let the filter witness a change of scale: where the mask's rectangle is larger or smaller than the target by 7 %
    or more, the filter looks once more at a size a step in that direction. Only if it scores higher there may the scale
    change by the factors above; else by `slow_scale_change`."""
    slow_scale_change: tuple[Shrinking, Growth] = Field(default=(0.99, 1.02), strict=False)
    """Largest shrinking and growth per frame where the filter does not witness more."""
    mask_pixels_budget_sz: int = Field(default=25, ge=1, le=100_000)
    """Number of past masks whose pixels are averaged."""
    segm_pixels_ratio: float = 2.0
    """The scale follows only while |pixels - average| / average is below this."""
    consider_segm_pixels_ratio: float = 1.0
    """A mask enters the average only while |pixels - average| / average is below this."""
    mask_init_min_scale_change_factor: Shrinking = 0.9
    """`min_scale_change_factor` when the tracker was started from a mask."""
    mask_init_max_scale_change_factor: Growth = 1.1
    """`max_scale_change_factor` when the tracker was started from a mask."""


class DMBParams(
    NetworkParams,
    SegmentationParams,
    RuleParams,
    ConfidenceParams,
    ScaleParams,
    AppearanceMemoryParams,
    SpatialMemoryParams,
):
    """Parameters of the DMB tracker; a parameter file returns one, changed as the experiment needs."""

    RETIRED = {
        "min_image_sample_size": Retired(
            lambda params: params.max_image_sample_size, "search crops have one size, max_image_sample_size"
        ),
        "scale_factors": Retired(lambda params: 1, "one scale is searched, for the segmentation tells the scale"),
        "segm_feature_sz": Retired(
            lambda params: params.segm_output_sz and params.segm_output_sz // STRIDE,
            f"the features of the crop have segm_output_sz / {STRIDE} cells",
        ),
        "vot_anno_conversion_type": Retired(
            lambda params: "preserve_area", "a polygon becomes the upright box of its centre and area"
        ),
    }

    def check(self) -> None:
        """Raises SettingsError, naming the parameter, when one does not fit another."""
        self.check_sizes()
        self.check_retired()

    def completed(self, tracking: dict[str, Any], source: str) -> "DMBParams":
        """A copy in which every field that nobody set has the value that suits the network.

        Args:
            tracking: field -> value, from the network's checkpoint.
            source: what to call the checkpoint in messages.

        Raises:
            CheckpointError: the checkpoint's entry has an unknown field, one that is not the network's to choose, or a
                value out of its range.
        """
        try:
            suited = DMBParams(**tracking)
            suited.check()
            if "memory_policy" not in self.model_fields_set:
                way = f"name it in the parameter file, or by --set memory_policy={suited.memory_policy}"
                require_imported(suited.memory_policy, "memory policy", way)
        except (SettingsError, TypeError) as error:
            raise CheckpointError(f"{source}: its tracking parameters cannot be used: {error}") from error
        foreign = sorted(set(NOT_THE_NETWORKS) & suited.model_fields_set)
        if foreign:
            raise CheckpointError(
                f"{source}: its tracking parameters hold {foreign[0]}, which a parameter file chooses"
            )
        return self.replace(**{name: getattr(suited, name) for name in suited.model_fields_set - self.model_fields_set})

    @classmethod
    def paper(cls) -> "DMBParams":
        """The paper's values for every field but the checkpoint, whatever suits that."""
        return cls(**{name: value for name, value in cls().as_dict().items() if name not in NOT_THE_NETWORKS})
