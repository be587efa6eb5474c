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


def test_replaced_samples_and_weights_recorded_from_the_released_tracker():
    """40 samples after 27 initial ones in a memory of 50; five of them with the rate of hard negatives."""
    memory = SampleMemory(50)
    memory.reset(*maps(*range(27)))
    replaced = [add(memory, 0, 0.02 if step in (6, 13, 20, 21, 33) else 0.0075) for step in range(40)]
    assert replaced == [*range(27, 50), *range(27, 44)]
    expected = [0.030289216, 0.030289216, 0.007614815, 0.007096326, 0.007557704]
    assert memory.weights[[0, 26, 27, 44, 49]].tolist() == pytest.approx(expected, abs=1e-8)


def test_a_full_memory_forgets_the_first_frame():
    """Fault 20, kept: with the default rate and sizes, sample 438 after the start replaces the first initial one."""
    memory = SampleMemory(250)
    memory.reset(*maps(*range(27)))
    replaced = [add(memory, 0, 0.0075) for _ in range(464)]
    assert replaced == [*range(27, 250), *range(27, 241), *range(27)]


def correct(memory, value, share, number):
    sample, label = maps(value)
    memory.add_correction(sample[0], label[0], share, number)


def test_a_correction_has_its_share_and_the_next_sample_is_compared_with_the_one_before(memory):
    add(memory, 3, 0.5)
    correct(memory, 4, 0.25, number=2)
    assert memory.weights.tolist() == pytest.approx([0.3, 0.3, 0.15, 0.25])
    sample, label = maps(5)
    # The smallest is that of 3: 0.15 / (1 - 0.5); the sum is 1.15.
    assert memory.add(sample[0], label[0], 0.5, number=3) == 2
    assert memory.weights.tolist() == pytest.approx([0.3 / 1.15, 0.3 / 1.15, 0.3 / 1.15, 0.25 / 1.15])
    assert memory.numbers.tolist() == [0, 0, 3, 2]


def test_what_followed_a_frame_is_forgotten_but_not_the_first(memory):
    for number, value in enumerate((3, 4), start=1):
        sample, label = maps(value)
        memory.add(sample[0], label[0], 0.5, number)
    memory.forget_since(2)
    assert memory.weights.tolist() == pytest.approx([0.4, 0.4, 0.2, 0])
    memory.forget_since(0)
    assert memory.weights.tolist() == pytest.approx([0.5, 0.5, 0, 0])
    # Like the first one after a start.
    assert add(memory, 5, 0.5) == 2
    assert memory.weights.tolist() == pytest.approx([0.4, 0.4, 0.2, 0])


def test_a_saved_memory_goes_on_as_the_one_that_stayed(memory):
    add(memory, 3, 0.5)
    correct(memory, 4, 0.25, number=2)
    other = SampleMemory(4)
    other.load_state_dict(memory.state_dict())
    assert add(memory, 5, 0.1) == add(other, 5, 0.1)
    for mine, theirs in zip(memory.stored(), other.stored(), strict=True):
        assert torch.equal(mine, theirs)
