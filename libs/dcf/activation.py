"""The activation of the filter's response, and its derivative, which the explicit Jacobian products need."""

import dataclasses
import math

import torch
from torch import Tensor

from libs.utils.errors import SettingsError


@dataclasses.dataclass(frozen=True)
class ResponseActivation:
    """Applied to the response before it is compared with the label: large negative responses cost little.

    Attributes:
        kind: 'mlu' (Danelljan et al., "ATOM", CVPR 2019, section 3.2): x for x >= 0, knee * (exp(x / knee) - 1) below;
            'relu', its limit for a vanishing knee; 'none', the identity.
        knee: > 0; minus the value that 'mlu' approaches. Unused by the other kinds.

    Raises:
        SettingsError: the kind is unknown or the knee is not positive.
    """

    kind: str = "mlu"
    knee: float = 0.05

    def __post_init__(self) -> None:
        if self.kind not in ("mlu", "relu", "none"):
            raise SettingsError(f"response_activation '{self.kind}' is unknown; use 'mlu', 'relu' or 'none'")
        if isinstance(self.knee, bool) or not isinstance(self.knee, int | float) or not 0 < self.knee < math.inf:
            raise SettingsError(f"response_activation: the knee of 'mlu' must be positive, not {self.knee}")

    def __call__(self, response: Tensor) -> Tensor:
        """The activated response, of the same shape."""
        if self.kind == "none":
            return response
        positive = response.clamp(min=0)
        if self.kind == "relu":
            return positive
        return positive + self.knee * torch.expm1(response.clamp(max=0) / self.knee)

    def derivative(self, response: Tensor) -> Tensor:
        """d activation / d response at every element, in 0..1; 1 at zero, or a filter of zeros would never learn."""
        if self.kind == "none":
            return torch.ones_like(response)
        if self.kind == "relu":
            return (response >= 0).to(response.dtype)
        return torch.exp(response.clamp(max=0) / self.knee)
