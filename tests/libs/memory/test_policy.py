"""Memory policies on handmade sequences of evidence."""

import pytest
import torch

from libs.memory.policy import Decision, Evidence, EvidencePolicy, Offer, PaperPolicy, memory_policy
from libs.utils.errors import SettingsError

KEEP, LAST, FORGET = Decision.KEEP, Decision.LAST, Decision.FORGET


def decisions(policy, *evidence):
    return [policy.decide(each) for each in evidence]


def test_the_paper_keeps_every_so_many_frames_that_are_confident():
    frames = [Evidence(number, confident=number != 6) for number in range(1, 10)]
    assert decisions(PaperPolicy(3), *frames) == [LAST, LAST, KEEP, LAST, LAST, LAST, LAST, LAST, KEEP]
    assert decisions(PaperPolicy(3, False), *frames) == [FORGET, FORGET, KEEP, *[FORGET] * 5, KEEP]


def test_what_is_not_believed_is_forgotten():
    doubted = [Evidence(number, believed=False) for number in (1, 2, 3)]
    assert decisions(PaperPolicy(1), *doubted) == [FORGET] * 3
    assert decisions(EvidencePolicy(1), *doubted) == [FORGET] * 3


def test_the_paper_does_not_look_at_the_mask():
    assert PaperPolicy(1).decide(Evidence(1, mask_score=0.0, area_ratio=0.0, uncertainty=9.0)) is KEEP


@pytest.mark.parametrize(
    ("mask_score", "area_ratio", "kept"),
    [(0.85, 0.6, True), (0.84, 1.0, False), (1.0, 0.59, False), (0.9, 3.0, True), (0.0, 0.0, False)],
)
def test_by_evidence_only_sharp_masks_of_the_expected_size_are_kept(mask_score, area_ratio, kept):
    evidence = Evidence(4, mask_score=mask_score, area_ratio=area_ratio)
    assert EvidencePolicy(2).decide(evidence) is (KEEP if kept else LAST)
    assert EvidencePolicy(2, False).decide(evidence) is (KEEP if kept else FORGET)


def test_by_evidence_too_frames_come_at_intervals_and_are_confident():
    frames = Evidence(1), Evidence(2), Evidence(4, confident=False)
    assert decisions(EvidencePolicy(2), *frames) == [LAST, KEEP, LAST]


@pytest.mark.parametrize("policy", [PaperPolicy, EvidencePolicy])
def test_the_oldest_kept_frame_goes(policy):
    assert policy(5).evict([5, 15, 20]) == 5


@pytest.mark.parametrize("name", ["os:getpid", "libs.memory.policy:Evidence"])
def test_what_is_no_policy_is_refused_before_it_is_called(name):
    with pytest.raises(SettingsError, match=f"{name} is no memory policy: write a class with decide"):
        memory_policy(name, 5, True)


def test_policies_by_name():
    assert type(memory_policy("paper", 5, True)) is PaperPolicy
    policy = memory_policy("evidence", 4, False)
    assert (type(policy), policy.interval, policy.remember_last) == (EvidencePolicy, 4, False)
    with pytest.raises(SettingsError, match=r"no memory policy 'evidnce'.*did you mean 'evidence'"):
        memory_policy("evidnce", 5, True)


class Asked:
    """An offer's key and value, which count how often they are computed."""

    def __init__(self):
        self.memorized, self.compared = 0, 0

    def memorize(self):
        self.memorized += 1
        return torch.full((1, 2, 3), 1.0), torch.full((1, 2, 4), 2.0)

    def compare(self, key):
        self.compared += 1
        return {0: float(key.mean())}

    def offer(self, **evidence):
        return Offer(1, **evidence, memorize=self.memorize, compare=self.compare)


def test_an_offer_computes_what_is_asked_for_once():
    asked = Asked()
    offer = asked.offer(mask_score=0.5)
    assert (PaperPolicy(1).decide(offer), EvidencePolicy(1).decide(offer)) == (KEEP, LAST)
    assert (asked.memorized, asked.compared) == (0, 0)
    assert offer.similarity == offer.similarity == {0: 1.0}
    assert (offer.key.shape, offer.value.shape) == ((1, 2, 3), (1, 2, 4))
    assert (asked.memorized, asked.compared) == (1, 1)


def test_a_key_at_hand_needs_no_value():
    asked = Asked()
    offer = Offer(1, memorize=asked.memorize, compare=asked.compare, key_at_hand=torch.zeros(1, 2, 3))
    assert offer.similarity == {0: 0.0}
    assert asked.memorized == 0
    assert offer.value.mean() == 2
