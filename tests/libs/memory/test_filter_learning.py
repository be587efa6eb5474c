"""The start of the filter if the features are on a device that does not compute in float64."""

import torch

from libs.memory import filter_learning
from libs.memory.filter_learning import start_filter
from libs.memory.spatial_params import SpatialMemoryParams


class AppleTensor(torch.Tensor):
    """Pretends to be on a device that has no float64: it cannot become double before it is moved to the CPU."""

    @property
    def device(self):
        return torch.device("mps")

    def double(self):
        raise TypeError("Cannot convert a MPS Tensor to float64")

    def to(self, *target):
        return self.as_subclass(torch.Tensor) if target == (torch.device("cpu"),) else self


def test_without_float64_on_the_device_it_is_computed_on_the_host(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    params = SpatialMemoryParams(compressed_dim=4, kernel_size=(2, 2), init_CG_iter=4, init_GN_iter=2)
    shapes = (3, 6, 8, 8), (3, 8, 8), (4, 2, 2), (4, 6)
    parts = [torch.rand(shape, generator=generator) for shape in shapes]
    expected = start_filter(params, *parts, steps=2)
    moved = []
    float_to = torch.Tensor.to

    def to(self, *target):
        moved.append(target)
        return self if target == (torch.device("mps"),) else float_to(self, *target)

    monkeypatch.setattr(torch.Tensor, "to", to)
    found = start_filter(params, *(part.as_subclass(AppleTensor) for part in parts), steps=2)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)
    assert moved[-2:] == [(torch.device("mps"),)] * 2
    assert filter_learning.has_float64(torch.device("cpu"))
