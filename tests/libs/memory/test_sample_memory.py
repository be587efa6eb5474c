import numpy as np
import pytest
import torch

from libs.memory.sample_memory import SampleMemory


def maps(*values):
    """(N, 1, 1, 1) samples and (N, 1, 1) labels that hold these numbers."""
    tensor = torch.tensor(values, dtype=torch.float32)
    return tensor.view(-1, 1, 1, 1), tensor.view(-1, 1, 1)


@pytest.fixture
def memory():
    memory = SampleMemory(4)
    memory.reset(*maps(1, 2))
    return memory


def add(memory, value, rate):
    sample, label = maps(value)
    return memory.add(sample[0], label[0], rate)


def test_start(memory):
    samples, labels, weights = memory.stored()
    assert samples.flatten().tolist() == labels.flatten().tolist() == [1, 2]
    assert weights.tolist() == [0.5, 0.5]


def test_weights_by_hand(memory):
    assert add(memory, 3, 0.5) == 2
    # (0.5, 0.5) / (1 - 0.5), the new one 0.5, divided by the sum 2.5
    assert memory.weights.tolist() == pytest.approx([0.4, 0.4, 0.2, 0])
    assert add(memory, 4, 0.2) == 3
    # the new one 0.2 / (1 - 0.2), divided by the sum 1.25
    assert memory.weights.tolist() == pytest.approx([0.32, 0.32, 0.16, 0.2])


def test_the_sample_of_least_weight_is_replaced(memory):
    add(memory, 3, 0.5)
    add(memory, 4, 0.2)
    assert add(memory, 5, 0.1) == 2
    assert memory.stored()[0].flatten().tolist() == [1, 2, 5, 4]
    assert memory.weights.tolist() == pytest.approx(
        (np.array([0.32, 0.32, 0.2 / 0.9, 0.2]) / (0.84 + 0.2 / 0.9)).tolist()
    )


def test_only_what_is_stored_comes_back(memory):
    for count in (3, 4, 4, 4):
        add(memory, 9, 0.1)
        assert [len(part) for part in memory.stored()] == [count] * 3
        assert memory.stored()[2].sum().item() == pytest.approx(1)


def test_reset_forgets_and_keeps_the_storage(memory):
    storage = memory.stored()[0].data_ptr()
    for value in range(3, 8):
        add(memory, value, 0.1)
    memory.reset(*maps(7))
    assert memory.stored()[0].flatten().tolist() == [7]
    assert memory.stored()[0].data_ptr() == storage
    assert add(memory, 8, 0.5) == 1
    assert memory.weights.tolist() == pytest.approx([0.8, 0.2, 0, 0])


def test_storage_follows_the_shape_of_the_samples(memory):
    memory.reset(torch.ones(2, 3, 4, 5), torch.zeros(2, 4, 5))
    assert memory.stored()[0].shape == (2, 3, 4, 5)


def test_the_samples_and_not_references_to_them_are_stored(memory):
    sample, label = maps(3)
    memory.add(sample[0], label[0], 0.1)
    sample.zero_()
    assert memory.stored()[0][2].item() == 3
