"""The actor: batching does not change results, and the settings decide what is remembered."""

import dataclasses

import numpy as np
import pytest
import torch

from libs.memory.appearance import AppearanceMemoryParams
from libs.memory.policy import Decision, PaperPolicy
from libs.models.aggregation import target_probability
from libs.models.amb import AMB
from libs.models.config import AMBConfig
from libs.models.location_map import location_map
from libs.utils.crops import normalize_crops
from libs.utils.losses import bootstrapped_cross_entropy
from ltr.actors.clip_actor import ClipActor
from ltr.data.clip import Clip, collate_clips
from tests.waits import count_readings


def make_clip(seed, objects=1, frames=3, box_start=False):
    """Noise with boxes as masks."""
    rng = np.random.default_rng(seed)
    masks = torch.zeros(objects, frames, 64, 64, dtype=torch.bool)
    for number in range(objects):
        masks[number, :, 20 * number : 20 * number + 16, 24:44] = True
    images = torch.from_numpy(rng.integers(0, 256, (frames, 3, 64, 64)).astype(np.uint8))
    centres = torch.from_numpy(rng.uniform(20, 44, (objects, frames, 2))).float()
    return Clip(images, masks, masks[:, 0].float(), centres, box_start, f"clip{seed}")


@pytest.fixture
def clips():
    return [make_clip(0), make_clip(1, objects=3), make_clip(2, box_start=True), make_clip(3, objects=2)]


@pytest.mark.parametrize("memory", ["recurrent", "mask", "threshold"])
def test_a_batch_gives_what_its_clips_give_one_by_one(network, clips, memory):
    actor = ClipActor(network, "both", memory).eval()
    with torch.no_grad():
        together = actor(collate_clips(clips))
        single = [actor(collate_clips([clip])) for clip in clips]
    assert together.loss.shape == (4,)
    assert together.iou.shape == (7, 2)
    assert together.probability.shape == (7, 2, 64, 64)
    for field in ("loss", "iou", "probability"):
        expected = torch.cat([getattr(result, field) for result in single])
        torch.testing.assert_close(getattr(together, field), expected, rtol=1e-4, atol=1e-5)


def test_it_computes_what_the_network_gives_step_by_step(network):
    """One clip of one object, written out with the network's own methods."""
    clip = make_clip(4)
    actor = ClipActor(network, "bootstrapped", "recurrent").eval()
    images = normalize_crops(clip.images.permute(0, 2, 3, 1).numpy(), "cpu")
    with torch.no_grad():
        result = actor(collate_clips([clip]))
        frame1, frame2, frame3 = (network.encode(image) for image in images.split(1))
        key1, value1 = network.memorize(frame1, clip.first_masks)
        logits2 = network.segment(frame2, key1, value1, location_map(64, None, clip.centres[:, 1]))
        p2 = torch.softmax(logits2, dim=1)[:, 1]
        key2, value2 = network.memorize(frame2, p2**2 / (p2**2 + (1 - p2) ** 2))
        memory = torch.cat([key1, key2], 1), torch.cat([value1, value2], 1)
        logits3 = network.segment(frame3, *memory, location_map(64, None, clip.centres[:, 2]))
        loss = [bootstrapped_cross_entropy(x, clip.masks[:, t]) for t, x in ((1, logits2), (2, logits3))]
    torch.testing.assert_close(result.probability[:, 0], p2, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(result.probability[:, 1], torch.softmax(logits3, dim=1)[:, 1], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(result.loss, (loss[0] + loss[1]) / 2, rtol=1e-4, atol=1e-5)


class Recorder(AMB):
    """A network that notes what it memorises, with the logits that `answer` returns."""

    def memorize(self, frame, masks):
        self.remembered = [*getattr(self, "remembered", []), masks.detach()]
        return super().memorize(frame, masks)

    def segment(self, frame, memory_key, memory_value, location):
        self.memory_sizes = [*getattr(self, "memory_sizes", []), memory_key.shape[1]]
        logits = super().segment(frame, memory_key, memory_value, location)
        return logits * 0 + torch.stack([-self.answer, self.answer], dim=1)


@pytest.mark.parametrize(
    ("memory", "is_right", "expected"),
    [
        ("recurrent", True, "predicted"),
        ("recurrent", False, "predicted"),
        ("mask", False, "annotated"),
        ("threshold", True, "predicted"),
        ("threshold", False, "annotated"),
    ],
)
def test_what_is_remembered_of_frame_2(architecture, memory, is_right, expected):
    clip, network = make_clip(0), Recorder(architecture.replace(memory_mask="plain"))
    annotated = clip.masks[:, 1].float()
    predicted = annotated if is_right else annotated.flip(1)
    network.answer = 4 * predicted - 2
    ClipActor(network, memory=memory).eval()(collate_clips([clip]))
    assert len(network.remembered) == 2
    kept = annotated if expected == "annotated" else torch.sigmoid(2 * network.answer)
    torch.testing.assert_close(network.remembered[1], kept)


def test_all_objects_of_all_clips_go_through_the_network_together(architecture, clips):
    """Fault 25 of the reference: it runs the clips of a batch one by one."""
    network = Recorder(architecture)
    network.answer = torch.zeros(7, 64, 64)
    ClipActor(network).eval()(collate_clips(clips))
    assert [len(masks) for masks in network.remembered] == [7, 7]
    assert len(network.memory_sizes) == 2


def test_two_means_one_memory_and_one_query(architecture):
    network = Recorder(architecture)
    clip = make_clip(0, frames=2)
    network.answer = torch.zeros(1, 64, 64)
    result = ClipActor(network, memory="two").eval()(collate_clips([clip]))
    assert result.iou.shape == (1, 1)
    assert len(network.remembered) == 1
    assert network.memory_sizes == [16]


class EverySecond(PaperPolicy):
    """Keeps frames 2, 4, 6, ..., and remembers no other."""

    def decide(self, evidence):
        return Decision.FORGET if evidence.number % 2 else Decision.KEEP


@pytest.mark.parametrize(
    ("params", "frames_read", "memorized"),
    [
        # Like the tracker: the first frame, those kept, and the last one, which the next one replaces.
        ({}, [1, 2, 2, 2, 2, 2, 3], 7),
        ({"memory_interval": 1}, [1, 2, 3, 4, 5, 6, 7], 7),
        ({"memory_interval": 1, "memory_capacity": 3}, [1, 2, 3, 3, 3, 3, 3], 7),
        ({"memory_interval": 2, "remember_last": False}, [1, 1, 2, 2, 3, 3, 4], 5),
        ({"memory_policy": f"{__name__}:EverySecond"}, [1, 1, 2, 2, 3, 3, 4], 5),
    ],
    ids=["paper", "every frame", "three at most", "without the last", "own policy"],
)
def test_a_policy_says_which_frames_of_a_clip_are_remembered(architecture, params, frames_read, memorized):
    """16 tokens a frame; the last seven of eight frames are segmented. Frame 1 is memorised whatever a policy says."""
    network = Recorder(architecture)
    network.answer = torch.zeros(1, 64, 64)
    actor = ClipActor(network, memory_params=AppearanceMemoryParams(**params)).eval()
    result = actor(collate_clips([make_clip(0, frames=8)]))
    assert result.iou.shape == (1, 7)
    assert [size // 16 for size in network.memory_sizes] == frames_read
    assert len(network.remembered) == memorized


class Looking(PaperPolicy):
    """The paper's policy, but it looks at key, value and similarity first, without gradients."""

    def decide(self, offer):
        with torch.no_grad():
            assert (len(offer.key), len(offer.value)) == (2, 2)
            assert all(-1 <= similarity <= 1.001 for similarity in offer.similarity.values())
        return super().decide(offer)


@pytest.mark.parametrize("memory_encoder", ["full", "light"])
def test_a_policy_that_looks_at_keys_changes_no_gradient(architecture, memory_encoder):
    norms = []
    for policy in ("paper", f"{__name__}:Looking"):
        torch.manual_seed(0)
        network = AMB(architecture.replace(memory_encoder=memory_encoder))
        actor = ClipActor(network, memory_params=AppearanceMemoryParams(memory_policy=policy)).eval()
        actor(collate_clips([make_clip(seed, frames=4) for seed in (0, 1)])).loss.sum().backward()
        norms.append([parameter.grad.norm().item() for parameter in network.parameters() if parameter.grad is not None])
    assert norms[0] == pytest.approx(norms[1], rel=1e-4)


def test_a_box_is_forgotten_whatever_the_policy(network):
    """Frames 2 and 3 are not remembered here; the mask that the box turned into is."""
    params = AppearanceMemoryParams(memory_policy=f"{__name__}:EverySecond")
    actor = ClipActor(network, memory="mask", memory_params=params).eval()
    clip = make_clip(5, box_start=True)
    wider = dataclasses.replace(clip, first_masks=torch.ones_like(clip.first_masks))
    with torch.no_grad():
        box, other = (actor(collate_clips([c])).probability for c in (clip, wider))
    assert not torch.allclose(box[:, 0], other[:, 0], atol=1e-6)
    assert box[:, 1].equal(other[:, 1])


RECORDED = {
    ("full", "recurrent"): ((2.0667727, 2.05314732, 2.07779646, 2.05010939), 338.066864),
    ("full", "mask"): ((2.06172848, 2.04810691, 2.06903386, 2.05156946), 332.894653),
    ("light", "recurrent"): ((3.51375961, 2.91024399, 3.46461368, 2.89808989), 324.885284),
    ("light", "mask"): ((3.47467184, 2.9090414, 3.46817279, 2.89808989), 322.209991),
}
"""Loss of each of the four clips, and norm of the gradient, of the loop that had no memory bank."""


@pytest.mark.parametrize(("memory_encoder", "memory"), RECORDED)
def test_clips_of_three_frames_give_the_losses_of_the_loop_without_a_bank(clips, rule_weights, memory_encoder, memory):
    trunk, memory_mask = ("trained", "aggregated") if memory_encoder == "full" else ("frozen", "plain")
    sizes = {"key_dim": 8, "value_dim": 16, "decoder_dim": 8, "crop_size": 64, "crop_factor": 3.0}
    network = AMB(
        AMBConfig(backbone="resnet18", **sizes, memory_encoder=memory_encoder, trunk=trunk, memory_mask=memory_mask)
    )
    network.load_state_dict(rule_weights({name: tuple(value.shape) for name, value in network.state_dict().items()}))
    # So that probabilities are not all 0 or 1.
    network.decoder.predict.weight.data *= 0.02
    loss = ClipActor(network, "both", memory).train()(collate_clips(clips)).loss
    loss.mean().backward()
    gradient = torch.stack([each.grad.norm() for each in network.parameters() if each.grad is not None]).norm()
    losses, gradient_norm = RECORDED[memory_encoder, memory]
    assert loss.tolist() == pytest.approx(losses, rel=2e-6)
    assert gradient.item() == pytest.approx(gradient_norm, rel=2e-5)


def test_a_full_memory_encoder_needs_no_other_features_of_the_first_frame(architecture):
    network = Recorder(architecture)
    network.answer, encoded = torch.zeros(1, 64, 64), []
    network.query_encoder.register_forward_hook(lambda module, inputs, output: encoded.append(len(inputs[0])))
    ClipActor(network).eval()(collate_clips([make_clip(0)]))
    assert encoded == [2]


def test_a_light_network_gives_what_it_gives_step_by_step(architecture):
    torch.manual_seed(0)
    network = AMB(architecture.replace(memory_encoder="light", trunk="frozen", memory_mask="plain"))
    clip = make_clip(4)
    with torch.no_grad():
        result = ClipActor(network, "bootstrapped", "recurrent").eval()(collate_clips([clip]))
        frames = [
            network.encode(image) for image in normalize_crops(clip.images.permute(0, 2, 3, 1).numpy(), "cpu").split(1)
        ]
        memory = [network.memorize(frames[0], clip.first_masks)]
        for number in (1, 2):
            location = location_map(64, None, clip.centres[:, number])
            keys, values = (torch.cat(tokens, dim=1) for tokens in zip(*memory, strict=True))
            probability = target_probability(network.segment(frames[number], keys, values, location))
            torch.testing.assert_close(result.probability[:, number - 1], probability, rtol=1e-4, atol=1e-5)
            memory.append(network.memorize(frames[number], probability))


def test_the_objects_of_a_clip_share_its_pixels(architecture):
    network = Recorder(architecture)
    clip = make_clip(0, objects=2)
    network.answer = torch.full((2, 64, 64), 1.0)
    ClipActor(network).eval()(collate_clips([clip]))
    assert (network.remembered[1].sum(dim=0) <= 1).all()


def test_a_box_is_forgotten_once_its_mask_is_known(network):
    """Changing the first memory of a box clip changes frame 2, but with 'mask' memory not frame 3."""
    actor = ClipActor(network, memory="mask").eval()
    clip = make_clip(5, box_start=True)
    wider = dataclasses.replace(clip, first_masks=torch.ones_like(clip.first_masks))
    with torch.no_grad():
        box, other = (actor(collate_clips([c])).probability for c in (clip, wider))
        plain = actor(collate_clips([dataclasses.replace(wider, box_start=False)])).probability
    assert not torch.allclose(box[:, 0], other[:, 0], atol=1e-6)
    torch.testing.assert_close(box[:, 1], other[:, 1])
    assert not torch.allclose(box[:, 1], plain[:, 1], atol=1e-6)


def test_gradients_reach_every_weight_but_stop_at_remembered_masks(network, clips):
    actor = ClipActor(network).train()
    result = actor(collate_clips(clips))
    result.loss.mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert not result.probability.requires_grad


def test_frozen_encoders_and_batch_norm(network, clips):
    actor = ClipActor(network, freeze_encoders=True)
    actor.learn_batch_norm = True
    before = network.query_encoder.net.bn1.running_mean.clone()
    actor.train()(collate_clips(clips)).loss.mean().backward()
    assert torch.equal(network.query_encoder.net.bn1.running_mean, before)
    assert all(
        p.grad is None for encoder in (network.query_encoder, network.memory_encoder) for p in encoder.parameters()
    )
    assert all(p.grad is not None for p in network.decoder.parameters())


def test_a_light_memory_encoder_is_never_frozen(architecture):
    """It is not pretrained, and makes the values."""
    network = AMB(architecture.replace(memory_encoder="light"))
    ClipActor(network, freeze_encoders=True)
    assert all(parameter.requires_grad for parameter in network.memory_encoder.parameters())
    assert not any(parameter.requires_grad for parameter in network.query_encoder.parameters())
    assert all(parameter.requires_grad for parameter in network.query_key_value.parameters())


def test_batch_norm_learns_only_while_it_should(network, clips):
    actor = ClipActor(network)
    for learns in (False, True):
        actor.learn_batch_norm = learns
        before = network.query_encoder.net.bn1.running_mean.clone()
        actor.train()(collate_clips(clips))
        assert torch.equal(network.query_encoder.net.bn1.running_mean, before) != learns


def test_masks_are_spoilt_in_training_only(architecture):
    """Two clips of perfect predictions: what differs from them can only have been spoilt."""
    clips = [make_clip(0), make_clip(1)]
    network = Recorder(architecture.replace(memory_mask="plain"))
    predicted = torch.cat([clip.masks[:, 1].float() for clip in clips])
    network.answer = 1000 * predicted - 500
    for training in (False, True):
        torch.manual_seed(3)
        network.remembered = []
        ClipActor(network, spoilt_memory=1.0).train(training)(collate_clips(clips))
        first, second = network.remembered
        assert torch.equal(first, torch.cat([clip.first_masks for clip in clips]))
        assert (second != predicted).flatten(1).any(dim=1).tolist() == [training] * 2


def test_the_device_is_not_waited_for(network, clips, monkeypatch):
    actor, batch = ClipActor(network, "both", "threshold"), collate_clips(clips)
    read = count_readings(monkeypatch)
    actor(batch).loss.mean().backward()
    assert read == []
