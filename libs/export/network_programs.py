"""The network as programs: encode a crop, remember it with its mask, segment it from memory.

Whatever precision a program computes in, its inputs and outputs are float32, except crops, which are uint8.
"""

import copy

import torch
from torch import Tensor, nn

from libs.export.program import Program
from libs.memory.likeness import likeness, mean_key
from libs.memory.token_store import finite
from libs.models.aggregation import target_probability
from libs.models.amb import AMB, EncodedFrame
from libs.models.location_map import location_map
from libs.utils.crops import normalization


class Normalize(nn.Module):
    """Pixels -> the network's input."""

    scale: Tensor
    offset: Tensor

    def __init__(self) -> None:
        super().__init__()
        scale, offset = normalization(torch.device("cpu"))
        self.register_buffer("scale", scale.clone())
        self.register_buffer("offset", offset.clone())

    def forward(self, pixels: Tensor) -> Tensor:
        """RGB uint8 (N, H, W, 3) -> float32 (N, 3, H, W)."""
        return pixels.permute(0, 3, 1, 2).float() * self.scale - self.offset


class Encode(nn.Module):
    """A crop -> its encoding, as far as it needs no mask."""

    def __init__(self, network: AMB):
        super().__init__()
        self.normalize, self.network = Normalize(), parts(network, "query_encoder", "query_key_value")

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """RGB uint8 (1, S, S, 3) -> r4, r3, r2, key, value; see `EncodedFrame`."""
        return tuple(field.float() for field in self.network.encode(self.normalize(pixels))[1:])


class RememberLight(nn.Module):
    """An encoded crop and its mask -> key and value to remember, and the look of the target."""

    def __init__(self, network: AMB):
        super().__init__()
        self.network = parts(network, "memory_encoder")

    def forward(self, mask: Tensor, key: Tensor, r4: Tensor, r3: Tensor, r2: Tensor) -> tuple[Tensor, ...]:
        """mask (1, S, S) in 0..1, and outputs of `Encode` -> (hw, Ck), (hw, Cv), (Ck,)."""
        r4, r3, r2 = (field.to(self.network.dtype) for field in (r4, r3, r2))
        _, value = self.network.memorize(EncodedFrame(r4, r4, r3, r2, key, key), mask)
        return finite(key[0]), finite(value[0].float()), mean_key(key, mask[0])


class RememberFull(nn.Module):
    """A crop and its mask -> key and value to remember, and the look of the target."""

    def __init__(self, network: AMB):
        super().__init__()
        self.normalize, self.network = Normalize(), parts(network, "memory_encoder", "memory_key_value")

    def forward(self, mask: Tensor, key: Tensor, pixels: Tensor) -> tuple[Tensor, ...]:
        """mask (1, S, S) in 0..1, the key of `Encode`, the crop, uint8 (1, S, S, 3) -> (hw, Ck), (hw, Cv), (Ck,)."""
        images = self.normalize(pixels).to(self.network.dtype)
        memory_key, value = self.network.memorize(EncodedFrame(images, key, key, key, key, key), mask)
        return finite(memory_key[0].float()), finite(value[0].float()), mean_key(key, mask[0])


class Segment(nn.Module):
    """Memory read and decoder: an encoded crop and a bank of remembered frames -> the target's mask.

    Args:
        network: an `AMB`.
        crop_size: side of the crop in pixels.
        use_location_map: whether the decoder is told where the target is expected.
    """

    location: Tensor

    def __init__(self, network: AMB, crop_size: int, use_location_map: bool):
        super().__init__()
        self.network = parts(network, "decoder")
        location = location_map(crop_size, network.config.location_scale)
        self.register_buffer("location", location if use_location_map else torch.zeros_like(location))

    def forward(
        self,
        r4: Tensor,
        r3: Tensor,
        r2: Tensor,
        key: Tensor,
        value: Tensor,
        bank_key: Tensor,
        bank_value: Tensor,
        used: Tensor,
        look: Tensor,
    ) -> tuple[Tensor, ...]:
        """Segment one target.

        Args:
            r4, r3, r2, key, value: from `Encode`.
            bank_key: (T, hw, Ck), what `remember` returned for each of T frames; any finite numbers in empty places.
            bank_value: (T, hw, Cv), the same.
            used: (T,) 1 where a frame is remembered, 0 elsewhere; at least one is 1.
            look: (Ck,) of the annotated frame, from `remember`.

        Returns:
            probability of the target (S, S); memory_mask (1, S, S), the mask to give to `remember` for this frame;
            likeness of the mask's content to the target, () in -1..1.
        """
        dtype = self.network.dtype
        frame = EncodedFrame(*(field.to(dtype) for field in (r4, r4, r3, r2, key, value)))
        tokens = [bank.to(dtype).flatten(0, 1)[None] for bank in (bank_key, bank_value)]
        hidden = (used < 0.5).repeat_interleave(bank_key.shape[1])
        logits = self.network.segment(frame, tokens[0], tokens[1], self.location, hidden)
        probability = target_probability(logits)
        return probability[0], self.network.memory_mask(probability), likeness(key, probability[0], look[None])


def network_programs(network: AMB, crop_size: int, use_location_map: bool, capacity: int) -> list[Program]:
    """The programs encode, remember and segment.

    Args:
        network: an `AMB` prepared for inference on the CPU; unchanged.
        crop_size: side of the segmentation crop in pixels.
        use_location_map: see `Segment`.
        capacity: frames in the bank.
    """
    random = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (1, crop_size, crop_size, 3), generator=random, dtype=torch.uint8)
    mask = torch.rand(1, crop_size, crop_size, generator=random)
    encode = Program("encode", Encode(network), [{"pixels": pixels}], ("r4", "r3", "r2", "key", "value"))
    frame = dict(zip(encode.outputs, encode.run({"pixels": pixels}), strict=True))
    if network.config.memory_encoder == "light":
        inputs = {"mask": mask, **{name: frame[name] for name in ("key", "r4", "r3", "r2")}}
        module = RememberLight(network)
    else:
        inputs, module = {"mask": mask, "key": frame["key"], "pixels": pixels}, RememberFull(network)
    remember = Program("remember", module, [inputs], ("memory_key", "memory_value", "look"))
    keys, values, look = _remembered(remember, capacity)
    banks = {"bank_key": keys, "bank_value": values}
    examples = [{**frame, **banks, "used": _first(count, capacity), "look": look} for count in (3, 1, capacity)]
    module = Segment(network, crop_size, use_location_map)
    return [encode, remember, Program("segment", module, examples, ("probability", "memory_mask", "likeness"))]


def _remembered(remember: Program, capacity: int) -> tuple[Tensor, Tensor, Tensor]:
    """Banks of this many different frames, with the mask shifted a little further in each, and a look."""
    inputs = remember.examples[0]
    masks = [inputs["mask"].roll(8 * frame, dims=-1) for frame in range(capacity)]
    keys, values, looks = zip(*(remember.run({**inputs, "mask": mask}) for mask in masks), strict=True)
    return torch.stack(keys), torch.stack(values), looks[0]


def _first(count: int, capacity: int) -> Tensor:
    return (torch.arange(capacity) < count).float()


def parts(network: AMB, *names: str) -> AMB:
    """A copy of the network with only these parts: the others have their own programs."""
    copied = copy.copy(network)
    copied._modules = {name: part for name, part in network._modules.items() if name in names}
    return copied
