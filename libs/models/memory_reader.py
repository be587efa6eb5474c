"""The space-time memory read (Oh et al., "Video Object Segmentation using Space-Time Memory Networks", ICCV 2019)."""

import math

import torch
import torch.nn.functional as F


def read_memory(query_key, memory_key, memory_value):
    """Attend from every query token to all memory tokens: softmax(q k^T / sqrt(Ck)) v.

    Args:
        query_key: (N, HW, Ck).
        memory_key: (N, M, Ck), M = remembered frames times HW.
        memory_value: (N, M, Cv).

    Returns:
        (N, HW, Cv).
    """
    if query_key.device.type == "cpu":
        return read_memory_written_out(query_key, memory_key, memory_value)
    return F.scaled_dot_product_attention(query_key, memory_key, memory_value)


def read_memory_written_out(query_key, memory_key, memory_value):
    """The read of `read_memory` as two matrix products and a softmax."""
    scores = (query_key / math.sqrt(query_key.shape[-1])) @ memory_key.transpose(1, 2)
    return torch.softmax(scores, dim=-1) @ memory_value
