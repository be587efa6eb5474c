"""The actor: batching does not change results; what is remembered follows the settings."""

import dataclasses

import numpy as np
import pytest
import torch

from libs.models.aggregation import target_probability
from libs.models.amb import AMB
from libs.models.location_map import location_map
from libs.utils.crops import normalize_crops
from libs.utils.losses import bootstrapped_cross_entropy
from ltr.actors.clip_actor import ClipActor
from ltr.data.clip import Clip, collate_clips


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
    """The network, noting what it memorises, whose logits are what `answer` says."""

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
    clip, network = make_clip(0), Recorder(dataclasses.replace(architecture, memory_mask="plain"))
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


def test_all_but_the_first_and_the_last_of_five_frames_are_remembered(architecture):
    """16 tokens a frame; frames 2 to 5 read what 1 to 4 left behind."""
    network = Recorder(architecture)
    network.answer = torch.zeros(1, 64, 64)
    result = ClipActor(network).eval()(collate_clips([make_clip(0, frames=5)]))
    assert result.iou.shape == (1, 4)
    assert len(network.remembered) == 4
    assert network.memory_sizes == [16, 32, 48, 64]


def test_a_full_memory_encoder_needs_no_other_features_of_the_first_frame(architecture):
    network = Recorder(architecture)
    network.answer, encoded = torch.zeros(1, 64, 64), []
    network.query_encoder.register_forward_hook(lambda module, inputs, output: encoded.append(len(inputs[0])))
    ClipActor(network).eval()(collate_clips([make_clip(0)]))
    assert encoded == [2]


def test_a_light_network_gives_what_it_gives_step_by_step(architecture):
    torch.manual_seed(0)
    network = AMB(dataclasses.replace(architecture, memory_encoder="light", trunk="frozen", memory_mask="plain"))
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
    assert all(p.grad is None for p in network.query_encoder.parameters())
    assert all(p.grad is not None for p in network.decoder.parameters())


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
    network = Recorder(dataclasses.replace(architecture, memory_mask="plain"))
    predicted = torch.cat([clip.masks[:, 1].float() for clip in clips])
    network.answer = 1000 * predicted - 500
    for training in (False, True):
        torch.manual_seed(3)
        network.remembered = []
        ClipActor(network, spoilt_memory=1.0).train(training)(collate_clips(clips))
        first, second = network.remembered
        assert torch.equal(first, torch.cat([clip.first_masks for clip in clips]))
        assert (second != predicted).flatten(1).any(dim=1).tolist() == [training] * 2
