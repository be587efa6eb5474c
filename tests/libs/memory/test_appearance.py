import pytest
import torch

from libs.memory.appearance import AppearanceMemoryBank, AppearanceMemoryParams
from libs.memory.policy import Decision, Evidence
from libs.utils.errors import SettingsError


def bank(**params):
    return AppearanceMemoryBank(AppearanceMemoryParams(**params))


def entry(frame, tokens=3, key_dim=2, value_dim=4):
    """Key and value filled with the frame's number, so that a read shows which frame is where."""
    return torch.full((1, tokens, key_dim), float(frame)), torch.full((1, tokens, value_dim), float(frame))


def remembered(memory):
    """The frames in the buffers themselves, checked against the bank's own list."""
    keys, values = memory.tokens
    assert keys[0, ::3, 0].tolist() == values[0, ::3, 0].tolist() == [float(frame) for frame in memory.frames]
    return sorted(memory.frames)


def offer(memory, frame, confident=True):
    """Offer a frame as the segmenter does; returns what was decided."""
    decision = memory.judge(Evidence(frame, confident))
    memory.remember(frame, decision, *entry(frame))
    return decision


def run(memory, last, confident=lambda frame: True):
    memory.initialize(*entry(0))
    for frame in range(1, last + 1):
        offer(memory, frame, confident(frame))
    return remembered(memory)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (0, [0]),
        (1, [0, 1]),
        (4, [0, 4]),
        (5, [0, 5]),
        (6, [0, 5, 6]),
        (10, [0, 5, 10]),
        (16, [0, 5, 10, 15, 16]),
    ],
)
def test_first_kept_and_last(last, expected):
    assert run(bank(), last) == expected


def test_the_oldest_kept_frame_is_evicted():
    assert run(bank(memory_capacity=4), 21) == [0, 15, 20, 21]
    assert run(bank(memory_capacity=4), 26) == [0, 20, 25, 26]


def test_uncertain_frames_are_not_kept():
    assert run(bank(), 17, confident=lambda frame: frame != 10) == [0, 5, 15, 17]


def test_frames_that_were_not_segmented_leave_the_last_one():
    memory = bank()
    memory.initialize(*entry(0))
    offer(memory, 4)
    offer(memory, 7)
    assert remembered(memory) == [0, 7]


def test_smallest_capacity_holds_first_and_last():
    assert run(bank(memory_capacity=2, memory_interval=1), 50) == [0, 50]


def test_five_thousand_writes_keep_size_buffers_and_first_frame():
    memory = bank()
    memory.initialize(*entry(0))
    buffer = memory.tokens[0].data_ptr()
    for frame in range(1, 5001):
        offer(memory, frame)
        assert len(memory) <= 20
        assert memory.frames[0] == 0
    assert remembered(memory) == [0, *range(4910, 5001, 5)]  # 5000 is the last and a kept one: not there twice
    assert memory.tokens[0].data_ptr() == buffer
    offer(memory, 5001)
    assert remembered(memory) == [0, *range(4915, 5001, 5), 5001]
    assert memory.tokens[0].shape == (1, 60, 2)


def test_without_the_last_frame_only_kept_ones_are_wanted():
    memory = bank(remember_last=False, memory_capacity=4)
    assert run(memory, 17, confident=lambda frame: frame != 10) == [0, 5, 15]
    assert run(memory, 41) == [0, 30, 35, 40]
    assert offer(memory, 5) is Decision.KEEP
    assert offer(memory, 5, confident=False) is Decision.FORGET
    assert offer(memory, 6) is Decision.FORGET


class Newest:
    """A user's policy: keeps even frames, and evicts the newest."""

    def __init__(self, interval, remember_last):
        pass

    def decide(self, offer):
        return Decision.KEEP if offer.number % 2 == 0 else Decision.LAST

    def evict(self, kept):
        return kept[-1]


class Twice(Newest):
    """A policy with a state: keeps the first two frames that it is offered."""

    def __init__(self, interval, remember_last):
        self.left = 2

    def decide(self, offer):
        self.left -= 1
        return Decision.KEEP if self.left >= 0 else Decision.FORGET


class Unkept(Newest):
    """Evicts the first frame, which is not kept."""

    def evict(self, kept):
        return 0


def test_a_policy_of_ones_own_decides_what_stays():
    memory = bank(memory_capacity=4, memory_policy=f"{__name__}:Newest")
    assert run(memory, 6) == [0, 2, 4, 6]
    offer(memory, 7)
    assert remembered(memory) == [0, 2, 4, 7]
    offer(memory, 8)
    assert remembered(memory) == [0, 2, 4, 8]


def test_a_policy_that_evicts_what_is_not_kept_is_named():
    memory = bank(memory_capacity=3, memory_policy=f"{__name__}:Unkept")
    with pytest.raises(SettingsError, match=r"memory policy Unkept evicts frame 0, which is not kept.*here \[2, 4\]"):
        run(memory, 6)


def test_a_policy_with_a_state_starts_anew_with_each_target():
    memory = bank(memory_policy=f"{__name__}:Twice")
    assert run(memory, 5) == [0, 1, 2]
    assert run(memory, 5) == [0, 1, 2]


class Counted(Twice):
    """A policy whose state can be saved."""

    def state_dict(self):
        return {"left": self.left}

    def load_state_dict(self, state):
        self.left = state["left"]


@pytest.mark.parametrize(("policy", "frames"), [("Counted", [0, 1, 3]), ("Twice", [0, 1, 3, 4])])
def test_a_policy_that_can_be_saved_goes_on_and_another_begins_anew(policy, frames):
    memory = bank(memory_policy=f"{__name__}:{policy}")
    run(memory, 1)
    other = bank(memory_policy=f"{__name__}:{policy}")
    other.load_state_dict(memory.state_dict())
    for number in (3, 4, 5):
        offer(other, number)
    assert remembered(other) == frames


def test_similarity_to_each_remembered_frame():
    """Keys of two tokens: the largest cosine for each, wherever the token is, and the mean of the two."""
    memory = bank(memory_interval=1)
    east, north, west = (1.0, 0.0), (0.0, 2.0), (-3.0, 0.0)
    value = torch.zeros(1, 2, 1)
    memory.initialize(torch.tensor([[east, north]]), value)
    memory.remember(1, Decision.KEEP, torch.tensor([[north, north]]), value)
    memory.remember(2, Decision.KEEP, torch.tensor([[west, west]]), value)
    similarity = memory.similarity(torch.tensor([[north, east]]))
    assert similarity == pytest.approx({0: 1.0, 1: (1 + 0) / 2, 2: (0 - 1) / 2})


def test_reads_are_views():
    memory = bank()
    memory.initialize(*entry(0))
    offer(memory, 1, confident=False)
    memory.tokens[0][0, 0, 0] = 9
    assert memory.tokens[0][0, 0, 0] == 9


def test_initialize_forgets_and_adapts_to_new_shapes():
    memory = bank()
    run(memory, 30)
    memory.initialize(*entry(0, tokens=5))
    assert len(memory) == 1
    assert memory.tokens[0].shape == (1, 5, 2)


@pytest.mark.parametrize("wrong", [{"memory_interval": 0}, {"memory_capacity": 1}])
def test_values_out_of_range(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        bank(**wrong)


def test_an_unknown_policy_names_the_nearest():
    with pytest.raises(SettingsError, match=r"no memory policy 'papre'.*did you mean 'paper'"):
        bank(memory_policy="papre")


def test_what_is_not_finite_is_remembered_as_zero():
    memory = bank()
    memory.initialize(torch.full((1, 3, 2), float("nan")), torch.tensor([[[1.0, float("inf")]] * 3]))
    assert memory.tokens[0].tolist() == [[[0, 0]] * 3]
    assert memory.tokens[1].tolist() == [[[1, 0]] * 3]


def test_a_pinned_frame_takes_the_place_of_what_was_remembered_of_it_and_stays():
    memory = bank(memory_capacity=6)
    run(memory, 12)
    memory.pin(12, *entry(12))
    assert remembered(memory) == [0, 5, 10, 12]
    for frame in range(13, 60):
        offer(memory, frame)
    assert remembered(memory) == [0, 12, 45, 50, 55, 59]


def test_pinned_frames_take_half_of_the_bank_at_most():
    memory = bank(memory_capacity=6)
    memory.initialize(*entry(0))
    for frame in range(1, 41):
        offer(memory, frame)
        if frame in (3, 7, 11):
            memory.pin(frame, *entry(frame))
    assert remembered(memory) == [0, 7, 11, 30, 35, 40]


@pytest.mark.parametrize("capacity", [2, 3, 4])
def test_a_small_bank_can_be_corrected_in_every_frame(capacity):
    memory = bank(memory_capacity=capacity)
    memory.initialize(*entry(0))
    for frame in range(1, 30):
        offer(memory, frame, confident=frame % 3 == 0)
        memory.pin(frame, *entry(frame))
        assert {0, frame} <= set(remembered(memory))
        assert len(memory) <= capacity


def test_what_followed_a_frame_is_forgotten_but_not_what_is_pinned():
    memory = bank()
    run(memory, 23)
    memory.pin(17, *entry(17))
    memory.forget_since(10)
    assert remembered(memory) == [0, 5, 17]
    offer(memory, 24)
    offer(memory, 25)
    assert remembered(memory) == [0, 5, 17, 25]


def test_a_saved_bank_goes_on_as_the_one_that_stayed():
    memory, other = bank(memory_capacity=4), bank(memory_capacity=4)
    run(memory, 12)
    memory.pin(12, *entry(12))
    other.load_state_dict(memory.state_dict())
    for frame in range(13, 31):
        assert offer(memory, frame) == offer(other, frame)
        assert memory.frames == other.frames
        assert all(torch.equal(*pair) for pair in zip(memory.tokens, other.tokens, strict=True))
