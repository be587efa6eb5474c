"""How much the content of a mask looks like the target: keys averaged over the mask, compared by angle."""

import torch
import torch.nn.functional as F
from torch import Tensor


class Likeness:
    """The look of one target in the frames that a person annotated; the tracker's own masks may be of another object.

    Attributes:
        looks: number of each annotated frame -> its mean key (Ck,).
    """

    def initialize(self, key: Tensor, mask: Tensor) -> None:
        """Forget the previous target.

        Args:
            key: (1, h*w, Ck) of the first crop. mask: (S, S) in 0..1, of the target in it.
        """
        self.looks: dict[int, Tensor] = {}
        self.learn(0, key, mask)

    def learn(self, number: int, key: Tensor, mask: Tensor) -> None:
        """Add an annotated frame of the target, or replace what was known from it.

        Args:
            number: of the frame. key, mask: as for `initialize`.
        """
        self.looks[number] = mean_key(key, mask)

    def of(self, key: Tensor, mask: Tensor) -> Tensor:
        """Cosine between a mask's mean key and the nearest one of an annotated frame: () in -1..1.

        Args:
            key, mask: as for `initialize`.
        """
        return likeness(key, mask, torch.stack([*self.looks.values()]))


def likeness(key: Tensor, mask: Tensor, looks: Tensor) -> Tensor:
    """`Likeness.of`, given the mean keys (n, Ck) of the annotated frames."""
    return F.cosine_similarity(mean_key(key, mask)[None], looks).amax(dim=0)


def mean_key(key: Tensor, mask: Tensor) -> Tensor:
    """(Ck,) mean of the keys (1, h*w, Ck), weighted by a mask; zeros where the mask is empty."""
    side = round(key.shape[1] ** 0.5)
    weights = F.adaptive_avg_pool2d(mask[None, None], side).flatten()
    return weights.to(key.dtype) @ key[0] / weights.sum().clamp(min=1e-3)
