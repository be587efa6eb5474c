"""Both token stores hold the same; one of them never overwrites its input."""

import pytest
import torch

from libs.memory.appearance import AppearanceMemoryBank, AppearanceMemoryParams
from libs.memory.policy import Evidence
from libs.memory.token_store import BufferedTokens, DifferentiableTokens


def entry(seed, rows=1, tokens=3):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(rows, tokens, channels, generator=generator) for channels in (2, 4))


def test_both_stores_hold_the_same():
    banks = [
        AppearanceMemoryBank(AppearanceMemoryParams(memory_interval=2, memory_capacity=4), store)
        for store in (BufferedTokens(), DifferentiableTokens())
    ]
    for start in range(2):
        for bank in banks:
            bank.initialize(*entry(100 + start))
        for number in range(1, 12):
            for bank in banks:
                bank.remember(number, bank.judge(Evidence(number)), *entry(number))
            for ours, theirs in zip(banks[0].tokens, banks[1].tokens, strict=True):
                assert ours.equal(theirs)


@pytest.mark.parametrize("store", [BufferedTokens, DifferentiableTokens])
def test_the_first_frame_is_replaced_in_some_rows(store):
    rows = torch.tensor([True]) if store is BufferedTokens else torch.tensor([False, True])
    bank = AppearanceMemoryBank(AppearanceMemoryParams(), store())
    first, second = entry(0, len(rows)), entry(1, len(rows))
    bank.initialize(*first)
    bank.replace_first(rows, *second)
    for read, old, new in zip(bank.tokens, first, second, strict=True):
        for row, is_replaced in enumerate(rows.tolist()):
            assert read[row].equal((new if is_replaced else old)[row])


def test_gradients_reach_what_is_remembered_and_not_what_was_forgotten():
    bank = AppearanceMemoryBank(AppearanceMemoryParams(), DifferentiableTokens())
    entries = [[tensor.requires_grad_() for tensor in entry(number, rows=2)] for number in range(3)]
    bank.initialize(*entries[0])
    read = []
    for number in (1, 2):
        bank.remember(number, bank.judge(Evidence(number)), *entries[number])
        # A value read before frame 2 replaced frame 1 still has its gradients.
        read.append(bank.tokens[0].square().sum())
        if number == 1:
            read[0].backward(retain_graph=True)
    assert bank.frames == [0, 2]
    read[1].backward()
    first, second, third = (key for key, _ in entries)
    torch.testing.assert_close(first.grad, 4 * first)
    torch.testing.assert_close(second.grad, 2 * second)
    torch.testing.assert_close(third.grad, 2 * third)
