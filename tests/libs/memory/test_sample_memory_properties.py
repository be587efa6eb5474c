import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from libs.memory.sample_memory import SampleMemory

rates = st.lists(st.floats(1e-4, 0.5), max_size=30)


def run(capacity, initial, learning_rates):
    """A memory after updates, with the numbers 0, 1 and so on as samples; and the entry that each update overwrote."""
    memory = SampleMemory(capacity)
    numbers = torch.arange(initial + len(learning_rates), dtype=torch.float32)
    memory.reset(numbers[:initial].view(-1, 1, 1, 1), numbers[:initial].view(-1, 1, 1))
    written = []
    for number, rate in zip(numbers[initial:], learning_rates, strict=True):
        written.append(memory.add(number.view(1, 1, 1), number.view(1, 1), rate))
    return memory, written


@st.composite
def histories(draw):
    initial = draw(st.integers(1, 6))
    return initial + draw(st.integers(0, 6)), initial, draw(rates)


@given(histories())
def test_weights_are_those_of_exponential_forgetting(history):
    """Independently: every update multiplies the existing weights; the result is proportional to the rest of each."""
    capacity, initial, learning_rates = history
    memory, written = run(*history)
    expected = np.zeros(capacity)
    expected[:initial] = 1 / initial
    last = None
    for index, rate in zip(written, learning_rates, strict=True):
        # The first: all others grow by 1 / (1 - rate) beside it.
        expected[index] = rate * (1 - rate) if last is None else expected[last] / (1 - rate)
        expected /= expected.sum()
        last = index
    np.testing.assert_allclose(memory.weights, expected, rtol=1e-9, atol=1e-15)


@given(histories())
def test_weights_sum_to_one_and_empty_entries_have_none(history):
    memory, written = run(*history)
    assert abs(memory.weights.sum() - 1) < 1e-9
    assert (memory.weights[: memory.count] > 0).all()
    assert (memory.weights[memory.count :] == 0).all()
    assert memory.count == min(history[0], max([history[1], *(index + 1 for index in written)]))


@given(histories())
def test_a_new_sample_takes_an_empty_entry_or_that_of_least_weight(history):
    capacity, initial, learning_rates = history
    memory, written = run(*history)
    samples, labels, weights = memory.stored()
    assert samples.flatten().tolist() == labels.flatten().tolist()
    assert len(weights) == len(samples) == memory.count
    # Each entry holds the last sample that was written to it.
    expected = dict(enumerate(range(initial))) | {
        index: initial + number for number, index in enumerate(written[: len(learning_rates)])
    }
    assert samples.flatten().tolist() == [expected[index] for index in range(memory.count)]
    if len(learning_rates) >= 1 and capacity > initial:
        assert written[0] == initial


@given(st.integers(1, 5), st.floats(1e-3, 0.2), st.integers(2, 20))
def test_newer_samples_weigh_more(initial, rate, updates):
    memory, written = run(initial + updates, initial, [rate] * updates)
    assert (np.diff(memory.weights[written]) > 0).all()
