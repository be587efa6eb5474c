import numpy as np
import pytest
import torch

from libs.memory.appearance import AppearanceMemoryParams
from libs.memory.policy import Decision, Evidence, PaperPolicy
from libs.memory.propagation import propagate
from libs.memory.segmenter import Segmenter
from libs.models.memory_reader import read_memory
from libs.utils.boxes import box_to_polygon
from libs.utils.crops import CropWindow
from libs.utils.errors import DataError
from libs.utils.masks import box_to_mask, mask_to_box
from libs.utils.metrics import region_similarity


def disc_frame(centre, radius=24, size=(180, 240)):
    """A textured orange disc on a blue-green gradient, and its exact mask."""
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    mask = np.hypot(columns - centre[0], rows - centre[1]) < radius
    background = np.stack([rows * 0.2, 90 + columns * 0.2, 120 + rows * 0.3], axis=-1)
    stripes = 20 * np.sin(columns * 0.8)[..., None]
    target = np.array([230.0, 130, 40]) + stripes
    return np.where(mask[..., None], target, background).clip(0, 255).astype(np.uint8), mask


CENTRES = [(80 + 4 * t, 90 + 2 * t) for t in range(8)]


def test_propagation_follows_a_disc_from_its_mask_and_from_its_box(bundled_network):
    frames, masks = zip(*map(disc_frame, CENTRES), strict=True)
    for start in ({"first_mask": masks[0]}, {"first_box": mask_to_box(masks[0])}):
        found = list(propagate(bundled_network, frames, **start))
        assert len(found) == len(frames)
        overlaps = [region_similarity(p > 0.5, mask) for p, mask in zip(found, masks, strict=True)]
        assert min(overlaps) > 0.7


def test_box_to_segmentation_is_closer_to_the_target_than_the_box(bundled_network):
    image, mask = disc_frame((120, 90))
    region = box_to_mask(mask_to_box(mask), mask.shape)
    segmenter = Segmenter(bundled_network, AppearanceMemoryParams())
    window = CropWindow.segmentation(mask_to_box(mask), bundled_network.config.crop_factor, segmenter.crop_size)
    refined = segmenter.refine_region(segmenter.encode(image, window), window, region)
    assert region_similarity(refined, mask) > region_similarity(region, mask)


def test_nothing_found_in_the_region_leaves_the_region(bundled_network, monkeypatch):
    image, mask = disc_frame((120, 90))
    segmenter = Segmenter(bundled_network, AppearanceMemoryParams())
    window = CropWindow.segmentation(mask_to_box(mask), 2.5, segmenter.crop_size)
    monkeypatch.setattr(segmenter, "read", lambda frame, centre=None: torch.zeros(256, 256))
    assert (segmenter.refine_region(segmenter.encode(image, window), window, mask) == mask).all()


def test_the_location_map_matters_and_can_be_left_out(bundled_network):
    image, mask = disc_frame((120, 90))
    window = CropWindow.segmentation(mask_to_box(mask), 2.5, 256)
    results = []
    for use in (True, False):
        segmenter = Segmenter(bundled_network, AppearanceMemoryParams(), use_location_map=use)
        with torch.inference_mode():
            segmenter.initialize(segmenter.encode(image, window), window, mask)
            results.append(segmenter.read(segmenter.encode(image, window)))
    assert (results[0] - results[1]).abs().max() > 1e-3


def test_the_memory_encoder_runs_only_for_frames_that_are_stored(bundled_network, monkeypatch):
    image, mask = disc_frame((120, 90))
    window = CropWindow.segmentation(mask_to_box(mask), 2.5, 256)
    segmenter = Segmenter(bundled_network, AppearanceMemoryParams(remember_last=False, memory_interval=2))
    segmenter.initialize(segmenter.encode(image, window), window, mask)
    calls = []
    original = bundled_network.memorize
    monkeypatch.setattr(bundled_network, "memorize", lambda *args: calls.append(1) or original(*args))
    frame, mask = segmenter.encode(image, window), torch.ones(256, 256)
    decisions = [segmenter.offer(frame, mask, Evidence(number)) for number in range(1, 5)]
    assert decisions == [Decision.FORGET, Decision.KEEP] * 2
    assert len(calls) == 2
    assert segmenter.bank.frames == [0, 2, 4]


class Novel(PaperPolicy):
    """Keeps frames that resemble nothing remembered, and notes what it was offered."""

    def __init__(self, interval, remember_last):
        self.offers = []

    def decide(self, offer):
        self.offers.append(offer)
        return Decision.FORGET if max(offer.similarity.values()) > 0.9999 else Decision.KEEP


def test_a_policy_is_offered_key_value_and_similarity(bundled_network, monkeypatch):
    image, mask = disc_frame((120, 90))
    window = CropWindow.segmentation(mask_to_box(mask), 2.5, 256)
    segmenter = Segmenter(bundled_network, AppearanceMemoryParams(memory_policy=f"{__name__}:Novel"))
    same, other = (segmenter.encode(picture, window) for picture in (image, 255 - image))
    segmenter.initialize(same, window, mask)
    calls, original = [], bundled_network.memorize
    monkeypatch.setattr(bundled_network, "memorize", lambda *args: calls.append(1) or original(*args))
    crop = torch.from_numpy(window.extract_mask(mask.astype(np.float32)))
    frames = enumerate((same, other, other), start=1)
    decisions = [segmenter.offer(frame, crop, Evidence(number)) for number, frame in frames]
    assert decisions == [Decision.FORGET, Decision.KEEP, Decision.FORGET]
    # Once for each: the memory stores the very tensors that the policy looked at.
    assert (len(calls), segmenter.bank.frames) == (3, [0, 2])
    first, second, third = segmenter.bank.policy.offers
    assert first.similarity == pytest.approx({0: 1}, abs=1e-5)
    assert third.similarity == pytest.approx({0: second.similarity[0], 2: 1}, abs=1e-5)
    assert second.similarity[0] < 0.9999
    assert first.key.equal(segmenter.bank.tokens[0][:, :256])
    assert second.value.equal(segmenter.bank.tokens[1][:, 256:])


def test_attention_is_that_of_the_read(bundled_network):
    """Values that encode a token's frame are read as that frame's share."""
    image, mask = disc_frame((120, 90))
    window = CropWindow.segmentation(mask_to_box(mask), 2.5, 256)
    segmenter = Segmenter(bundled_network, AppearanceMemoryParams(memory_interval=1))
    segmenter.initialize(segmenter.encode(image, window), window, mask)
    frame = segmenter.encode(image, window)
    assert segmenter.attention(frame) == {0: pytest.approx(1)}
    mirrored = segmenter.encode(np.ascontiguousarray(image[:, ::-1]), window)
    segmenter.offer(mirrored, segmenter.read(mirrored), Evidence(1))
    with torch.inference_mode():
        which = torch.eye(2).repeat_interleave(256, dim=0)[None]
        expected = read_memory(frame.key, segmenter.bank.tokens[0], which)[0].mean(dim=0).tolist()
    assert segmenter.attention(frame) == pytest.approx(dict(enumerate(expected)), abs=1e-5)
    assert 0.01 < expected[0] < 0.99


def test_what_was_segmented_is_remembered_in_any_order(bundled_network):
    """The content of a frame is passed on: frame 4 may be remembered after frame 5 was seen, and each only once."""
    image, mask = disc_frame((120, 90))
    window = CropWindow.segmentation(mask_to_box(mask), 2.5, 256)
    segmenter = Segmenter(bundled_network, AppearanceMemoryParams(memory_interval=1))
    segmenter.initialize(segmenter.encode(image, window), window, mask)
    masks = [torch.full((256, 256), value) for value in (0.25, 0.75)]
    seen = [segmenter.encode(np.roll(image, shift, axis=1), window) for shift in (8, 16)]
    for number, frame, given in zip((4, 5), seen, masks, strict=True):
        segmenter.offer(frame, given, Evidence(number))
    assert segmenter.bank.frames == [0, 4, 5]
    with torch.inference_mode():
        expected = [bundled_network.memorize(frame, given[None])[1] for frame, given in zip(seen, masks, strict=True)]
    torch.testing.assert_close(segmenter.bank.tokens[1][:, 256:], torch.cat(expected, dim=1))


def test_the_expected_place_can_be_given(bundled_network):
    """The map around the crop's centre is the default one."""
    image, mask = disc_frame((120, 90))
    window = CropWindow.segmentation(mask_to_box(mask), 2.5, 256)
    segmenter = Segmenter(bundled_network, AppearanceMemoryParams())
    segmenter.initialize(segmenter.encode(image, window), window, mask)
    frame = segmenter.encode(image, window)
    default = segmenter.read(frame)
    assert (segmenter.read(frame, np.array([128.0, 128.0])) == default).all()
    assert (segmenter.read(frame, np.array([60.0, 60.0])) - default).abs().max() > 1e-3


def test_propagation_needs_a_start(bundled_network):
    image, mask = disc_frame((120, 90))
    with pytest.raises(DataError, match="first_mask or first_box"):
        next(propagate(bundled_network, [image]))
    with pytest.raises(DataError, match="empty"):
        next(propagate(bundled_network, [image], first_mask=np.zeros_like(mask)))


def test_propagation_keeps_its_place_while_the_mask_is_empty(bundled_network, monkeypatch):
    image, mask = disc_frame((120, 90))
    monkeypatch.setattr(Segmenter, "read", lambda self, frame: torch.zeros(self.crop_size, self.crop_size))
    assert [p.any() for p in propagate(bundled_network, [image] * 3, first_mask=mask)] == [True, False, False]


def test_masks_are_cropped_as_images_are(bundled_network):
    """A square target: its cropped mask is where its cropped pixels are."""
    box = np.array([100.0, 60, 32, 32])
    mask = box_to_mask(box, (180, 240))
    window = CropWindow.segmentation(box, bundled_network.config.crop_factor, 256)
    crop = window.extract((mask[..., None] * np.uint8(255)).repeat(3, axis=2))[..., 0] > 127
    corners = window.to_crop(box_to_polygon(box))
    assert mask_to_box(crop) == pytest.approx([*corners[0], *(corners[2] - corners[0])], abs=1.5)
    assert (window.extract_mask(mask) > 0.5).sum() == pytest.approx(crop.sum(), rel=0.03)
