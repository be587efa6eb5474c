"""What of the tracker can be exported: four fixed functions of tensors. The online learning of the filter is none."""

import copy
import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim

from libs.dcf.correlation import Correlation
from libs.dcf.fourier import ScoreSampler
from libs.dcf.projection import normalize_features, project
from libs.memory.spatial_params import SpatialMemoryParams
from libs.models.aggregation import target_probability
from libs.models.amb import AMB, EncodedFrame
from libs.models.location_map import location_map
from libs.models.strides import STRIDE

CELLS = Dim("cells", min=2)
FRAMES = Dim("frames", min=1)

# Remembered frames in the examples, where the first is traced; every other number must give the same program.
REMEMBERED = (3, 1, 20)


@dataclasses.dataclass(frozen=True)
class Program:
    """A function to export and all that is needed to trace, describe and check it.

    Attributes:
        name: of the program and its file.
        module: nn.Module that returns a tuple of tensors.
        examples: dicts of input name -> tensor, in the order of the module's arguments. The first is traced; they
            differ in the sizes that are dynamic.
        dynamic: input name -> {dimension: torch.export Dim}; all other sizes are fixed.
        outputs: output name -> shape, of numbers and of the names of dynamic sizes.
    """

    name: str
    module: nn.Module
    examples: list[dict[str, Tensor]]
    dynamic: Mapping[str, dict[int, Any]]
    outputs: Mapping[str, tuple[int | str, ...]]

    def run(self, inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """The module's outputs for one of the examples."""
        with torch.inference_mode():
            return self.module(*inputs.values())

    def input_shapes(self) -> dict[str, tuple[int | str, ...]]:
        """Input name -> shape, of numbers and of the names of dynamic sizes."""
        shapes = {}
        for name, tensor in self.examples[0].items():
            sizes = {axis: size.__name__ for axis, size in self.dynamic.get(name, {}).items()}
            shapes[name] = tuple(sizes.get(axis, length) for axis, length in enumerate(tensor.shape))
        return shapes


class QueryEncoding(nn.Module):
    """Image -> features at strides 16, 8 and 4, key and value; the features at stride 16 are also the filter's."""

    def __init__(self, network: AMB):
        super().__init__()
        self.encoder, self.key_value = network.query_encoder, network.query_key_value

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """(1, 3, S, S) normalised image -> r4, r3, r2, key, value, see `EncodedFrame`."""
        r4, r3, r2 = self.encoder(image)
        return (r4, r3, r2, *self.key_value(r4))


class FullMemoryEncoding(nn.Module):
    """Image and mask -> the key and value to remember, by the paper's memory encoder."""

    def __init__(self, network: AMB):
        super().__init__()
        self.encoder, self.key_value = network.memory_encoder, network.memory_key_value

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """(1, 3, S, S) normalised image and (1, S, S) probability -> key (1, hw, Ck), value (1, hw, Cv)."""
        return tuple(self.key_value(self.encoder(image, mask)))


class LightMemoryEncoding(nn.Module):
    """Mask and features -> the value to remember beside the key of `QueryEncoding`."""

    def __init__(self, network: AMB):
        super().__init__()
        self.encoder = network.memory_encoder

    def forward(self, mask: Tensor, r4: Tensor, r3: Tensor, r2: Tensor) -> tuple[Tensor]:
        """(1, S, S) probability and the features of `QueryEncoding` -> value (1, hw, Cv)."""
        return (self.encoder(mask, r4, r3, r2).flatten(2).transpose(1, 2),)


class Segmentation(nn.Module):
    """Memory read and decoder: features and remembered frames -> the target's mask."""

    def __init__(self, network: AMB):
        super().__init__()
        self.network = copy.deepcopy(network)
        # The others have programs of their own: their weights shall not be in this one's file too.
        for name in {name for name, _ in network.named_children()} - {"decoder"}:
            delattr(self.network, name)

    def forward(
        self,
        r4: Tensor,
        r3: Tensor,
        r2: Tensor,
        key: Tensor,
        value: Tensor,
        memory_key: Tensor,
        memory_value: Tensor,
        location: Tensor,
    ) -> tuple[Tensor, ...]:
        """Segment one target.

        Args:
            r4, r3, r2, key, value: from `QueryEncoding`.
            memory_key: (T, hw, Ck), of the T remembered frames.
            memory_value: (T, hw, Cv).
            location: (S, S), see `location_map`.

        Returns:
            logits (1, 2, S, S); probability of the target (1, S, S); memory_mask (1, S, S), the mask that
            the memory encoder takes to remember this frame.
        """
        frame = EncodedFrame(r4, r4, r3, r2, key, value)
        tokens = memory_key.flatten(0, 1)[None], memory_value.flatten(0, 1)[None]
        logits = self.network.segment(frame, tokens[0], tokens[1], location)
        probability = target_probability(logits)
        return logits, probability, self.network.memory_mask(probability)


class FilterScoring(nn.Module):
    """Projection, correlation filter, interpolation and window: features -> scores on the search crop.

    Args:
        params: SpatialMemoryParams.
    """

    def __init__(self, params: SpatialMemoryParams):
        super().__init__()
        height, width = params.kernel_size
        self.kernel_size = (height, width)
        cells = params.sample_size // STRIDE
        self.sampler = ScoreSampler(
            (cells, cells),
            STRIDE,
            params.kernel_size,
            params.score_upsample_factor,
            params.window_output,
            like=torch.empty(0),
        )
        for axis, matrix in enumerate(self.sampler.matrices):
            self.register_buffer(f"matrix{axis}", matrix)

    def forward(self, features: Tensor, projection: Tensor, filter: Tensor) -> tuple[Tensor]:
        """r4 (1, C, h, w) of the search crop, (K, C), (K, kh, kw) -> score_map (P, P), see `Localization`."""
        sample = project(normalize_features(features), projection)
        return (self.sampler(Correlation(sample, self.kernel_size)(filter))[0],)


@torch.inference_mode()
def make_programs(network: AMB, crop_size: int, params: SpatialMemoryParams) -> list[Program]:
    """The four programs of a tracker.

    Args:
        network: an `AMB` prepared for inference in float32 on the CPU; stays as it is.
        crop_size: side of the segmentation crop in pixels.
        params: SpatialMemoryParams of the filter.

    Returns:
        List of `Program`s: query_encoder, memory_encoder, segmentation, filter_scoring.
    """
    network = copy.deepcopy(network).requires_grad_(False)
    random = torch.Generator().manual_seed(0)
    # The two that the tracker takes, and one that it does not.
    sizes = crop_size, params.sample_size, crop_size + STRIDE
    crops = {size: torch.randn(1, 3, size, size, generator=random) for size in sizes}
    crop, search = crops[crop_size], crops[params.sample_size]
    mask = torch.rand(1, crop_size, crop_size, generator=random)
    return [
        _query_encoder(network, crops.values()),
        _memory_encoder(network, crop, mask),
        _segmentation(network, crop, mask),
        _filter_scoring(network, search, params, random),
    ]


def _query_encoder(network: AMB, crops: Iterable[Tensor]) -> Program:
    side = STRIDE * CELLS
    _, r4, r3, r2, key, value = network.encode(next(iter(crops)))
    outputs = {
        "r4": (1, r4.shape[1], "cells", "cells"),
        "r3": (1, r3.shape[1], "2*cells", "2*cells"),
        "r2": (1, r2.shape[1], "4*cells", "4*cells"),
        "key": (1, "cells*cells", key.shape[2]),
        "value": (1, "cells*cells", value.shape[2]),
    }
    examples = [{"image": crop} for crop in crops]
    return Program("query_encoder", QueryEncoding(network), examples, {"image": {2: side, 3: side}}, outputs)


def _memory_encoder(network: AMB, crop: Tensor, mask: Tensor) -> Program:
    frame = network.encode(crop)
    key, value = network.memorize(frame, mask)
    if network.config.memory_encoder == "light":
        inputs = {"mask": mask, "r4": frame.r4, "r3": frame.r3, "r2": frame.r2}
        return Program("memory_encoder", LightMemoryEncoding(network), [inputs], {}, {"value": tuple(value.shape)})
    outputs = {"key": tuple(key.shape), "value": tuple(value.shape)}
    return Program("memory_encoder", FullMemoryEncoding(network), [{"image": crop, "mask": mask}], {}, outputs)


def _segmentation(network: AMB, crop: Tensor, mask: Tensor) -> Program:
    size = crop.shape[-1]
    frame = network.encode(crop)
    inputs = {name: tensor for name, tensor in frame._asdict().items() if name != "images"}
    # Every frame another one: the mask shifted a little further.
    masks = torch.cat([mask.roll(8 * frame, dims=-1) for frame in range(max(REMEMBERED))])
    key, value = network.memorize(frame, masks)
    location = location_map(size, network.config.location_scale)
    examples = [
        {**inputs, "memory_key": key[:count].clone(), "memory_value": value[:count].clone(), "location": location}
        for count in REMEMBERED
    ]
    dynamic = {"memory_key": {0: FRAMES}, "memory_value": {0: FRAMES}}
    outputs = {"logits": (1, 2, size, size), "probability": (1, size, size), "memory_mask": (1, size, size)}
    return Program("segmentation", Segmentation(network), examples, dynamic, outputs)


def _filter_scoring(network: AMB, search: Tensor, params: SpatialMemoryParams, random: torch.Generator) -> Program:
    features = network.filter_features(search)
    channels = params.compressed_dim
    inputs = {
        "features": features,
        "projection": torch.randn(channels, features.shape[1], generator=random) / features.shape[1] ** 0.5,
        "filter": torch.randn(channels, *params.kernel_size, generator=random) / channels,
    }
    points = params.sample_size * params.score_upsample_factor
    return Program("filter_scoring", FilterScoring(params), [inputs], {}, {"score_map": (points, points)})
