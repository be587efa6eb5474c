"""The spatial memory bank on rendered images, with averaged colours instead of a network."""

import dataclasses
import math

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from libs.memory.spatial import Flag, SpatialMemoryBank, SpatialMemoryParams
from libs.memory.target import TargetState
from libs.utils.errors import SettingsError

BOX = (100, 100, 40, 30)
BOX_CENTRE = np.array([120.0, 115.0])


def colour_features(images):
    """(N, 3, S, S) to (N, 24, S/16, S/16): four averages per cell of each colour's positive and negative part."""
    fine = F.avg_pool2d(torch.cat([images.relu(), (-images).relu()], 1), 8)
    return F.pixel_unshuffle(fine, 2)


def small_params(**changes):
    """Fewer channels than the features have, and 10 crops of the first frame."""
    shifts = [(0.25, 0.25), (-0.25, 0.25), (0.25, -0.25), (-0.25, -0.25), (0.75, 0.75), (-0.75, -0.75)]
    settings = {"compressed_dim": 8, "augmentation": {"relativeshift": shifts, "blur": [(2, 2)], "rotate": [10, -10]}}
    return SpatialMemoryParams(**{**settings, **changes})


def bank(extract_features=colour_features, **changes):
    return SpatialMemoryBank(small_params(**changes), extract_features, "cpu")


@pytest.fixture(scope="module")
def background():
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 4), None, 30, 130, cv2.NORM_MINMAX)


def render(background, x, y, *copies):
    """The target, 40 x 30, two-coloured, with its top left corner at (x, y) and at the places of its copies."""
    image = background.copy()
    for left, top in ((x, y), *copies):
        image[top : top + 30, left : left + 40] = (220, 60, 50)
        image[top + 8 : top + 22, left + 5 : left + 19] = (40, 220, 240)
    return image


def state_at(centre=BOX_CENTRE):
    return TargetState.from_box(BOX, 4.5, 256).moved_to(centre)


@pytest.fixture
def started(background):
    memory_bank = bank()
    memory_bank.initialize(render(background, *BOX[:2]), state_at())
    return memory_bank


class TestLocate:
    def test_first_frame_is_found_where_it_was_learned(self, started, background):
        found = started.locate(render(background, 100, 100), state_at())
        assert found.centre == pytest.approx(BOX_CENTRE, abs=1)
        assert found.displacement == pytest.approx([0, 0], abs=1)
        assert 0.7 < found.score < 1.3
        assert found.flag is Flag.FOUND
        assert found.uncertainty == 0

    @pytest.mark.parametrize("offset", [(9, 0), (0, -9), (-14, 6), (0.4, 0.7)])
    def test_a_shift_is_measured_in_image_pixels(self, started, background, offset):
        """The search crop is off the target by a known offset, also by fractions of a pixel."""
        found = started.locate(render(background, 100, 100), state_at(BOX_CENTRE - offset))
        assert found.displacement == pytest.approx(offset, abs=3)
        assert found.centre == pytest.approx(BOX_CENTRE, abs=3)

    def test_score_map_is_that_of_the_crop(self, started, background):
        state = state_at(BOX_CENTRE - (9, 0))
        found = started.locate(render(background, 100, 100), state)
        assert found.score_map.shape == (256, 256)
        row, column = divmod(int(found.score_map.argmax()), 256)
        assert state.search_window(256).to_image([column, row]) == pytest.approx(found.centre)
        assert found.score_map.max().item() == pytest.approx(found.score)

    def test_upsampled_scores_mean_the_same(self, background):
        image, state = render(background, 100, 100), state_at(BOX_CENTRE - (9, 4))
        plain, fine = bank(), bank(score_upsample_factor=2)
        for memory_bank in (plain, fine):
            memory_bank.initialize(image, state_at())
        expected, found = plain.locate(image, state), fine.locate(image, state)
        assert found.score_map.shape == (512, 512)
        assert found.centre == pytest.approx(expected.centre, abs=1)
        assert found.score == pytest.approx(expected.score, abs=0.01)

    def test_odd_cells_and_odd_kernel(self, background):
        memory_bank = bank(feature_size_odd=True, kernel_size=(5, 5))
        image = render(background, 100, 100)
        memory_bank.initialize(image, TargetState.from_box(BOX, 4.5, 272))
        found = memory_bank.locate(image, TargetState.from_box(BOX, 4.5, 272).moved_to(BOX_CENTRE + (8, -4)))
        assert found.score_map.shape == (272, 272)
        assert found.centre == pytest.approx(BOX_CENTRE, abs=3)

    def test_score_at_a_point_of_the_image(self, started, background):
        """The map's own points, there and back; outside the search crop, the value at its border."""
        found = started.locate(render(background, 100, 100), state_at(BOX_CENTRE - (9, 4)))
        assert found.score_at(found.centre) == found.score
        for column, row in ((0, 0), (17, 203), (255, 96)):
            point = found.window.to_image([column, row])
            assert found.score_at(point) == found.score_map[row, column].item()
        assert found.score_at(np.array([-1e6, -1e6])) == found.score_map[0, 0].item()

    def test_scores_of_states_that_are_only_considered(self, started, background):
        """The scores are those that `locate` would find, and do not count as frames."""
        image, states = render(background, 100, 100), [state_at().rescaled(factor) for factor in (0.8, 1.0, 1.25)]
        scores = started.peak_scores(image, states)
        assert len(set(scores)) == 3
        expected = [started.locate(image, state).score for state in states]
        assert scores == pytest.approx(expected, abs=1e-4)
        # The fifth frame is the last without an uncertainty: three were seen, and three considered.
        assert [started.locate(image, state_at()).uncertainty > 0 for _ in range(3)] == [False, False, True]

    def test_order_of_frames_does_not_matter_to_learning(self, started, background):
        """The content of a frame is passed on: frame 1 is learned after frame 2 was seen, and is not frame 2."""
        first, second = (started.locate(render(background, x, 100), state_at()) for x in (103, 120))
        started.learn(first, first.centre)
        started.learn(second, second.centre)
        stored = started.memory.stored()[0][10:12]
        assert torch.equal(stored, torch.cat([first.sample, second.sample]))
        assert not torch.equal(first.sample, second.sample)

    def test_target_outside_the_image(self, started, background):
        found = started.locate(background, state_at((-400.0, 900.0)))
        assert np.isfinite(found.centre).all()


class TestTracking:
    def test_moving_target_is_followed_by_the_filter_alone(self, started, background):
        state = state_at()
        for i in range(1, 41):
            found = started.locate(render(background, 100 + 2 * i, 100 + i), state)
            started.learn(found, found.centre)
            state = state.moved_to(found.centre)
            assert found.centre == pytest.approx(BOX_CENTRE + (2 * i, i), abs=6)
            assert found.uncertainty < 2
        assert started.memory.count == 10 + 40

    def test_learning_at_the_true_centre_pulls_the_filter_there(self, started, background):
        """The mask may say that the target's centre is elsewhere: labels follow it."""
        image, wanted = render(background, 100, 100), BOX_CENTRE + (6, -4)
        for _ in range(200):
            found = started.locate(image, state_at())
            started.learn(found, wanted)
        assert np.abs(found.centre - wanted).max() < 3

    def test_filter_changes_every_tenth_frame(self, started, background):
        image, changed = render(background, 104, 100), []
        for frame in range(1, 31):
            before = started.filter
            found = started.locate(image, state_at())
            started.learn(found, found.centre)
            if not torch.equal(before, started.filter):
                changed.append(frame)
        assert changed == [10, 20, 30]

    def test_hard_negative_is_learned_at_once_and_weighs_more(self, started, background):
        found = started.locate(render(background, 104, 100), state_at())
        before = started.filter
        started.learn(dataclasses.replace(found, flag=Flag.HARD_NEGATIVE), found.centre)
        assert not torch.equal(before, started.filter)
        assert started.memory.weights[10] == pytest.approx(0.02 / (1 / 0.98 + 0.02))

    def test_a_twin_is_a_hard_negative_and_learning_lowers_it(self, started, background):
        image = render(background, 100, 100, (100, 142))
        found = started.locate(image, state_at())
        assert found.flag is Flag.HARD_NEGATIVE
        assert found.centre == pytest.approx(BOX_CENTRE, abs=3)
        assert found.rival == pytest.approx(BOX_CENTRE + (0, 42), abs=8)
        rival_before = self.score_at(found, BOX_CENTRE + (0, 42))
        for _ in range(5):
            started.learn(found, BOX_CENTRE)
            found = started.locate(image, state_at())
        assert found.centre == pytest.approx(BOX_CENTRE, abs=3)
        assert self.score_at(found, BOX_CENTRE + (0, 42)) < rival_before

    @staticmethod
    def score_at(found, point):
        column, row = np.round(state_at().search_window(256).to_crop(point)).astype(int)
        return found.score_map[row, column].item()


class TestUncertainty:
    def scale_filter(self, memory_bank, factor):
        memory_bank.filter = memory_bank.filter * factor

    def test_ratio_to_the_last_peaks(self, started, background):
        image = render(background, 100, 100)
        scores = [started.locate(image, state_at()).score for _ in range(6)]
        self.scale_filter(started, 0.25)
        found = started.locate(image, state_at())
        expected = (sum(scores) + found.score) / 7 / found.score
        assert found.uncertainty == pytest.approx(expected)
        assert found.uncertainty > 3

    def test_only_the_budget_counts(self, background):
        memory_bank, image = bank(response_budget_sz=3), render(background, 100, 100)
        memory_bank.initialize(image, state_at())
        for _ in range(6):
            memory_bank.locate(image, state_at())
        self.scale_filter(memory_bank, 0.5)
        found = [memory_bank.locate(image, state_at()).uncertainty for _ in range(3)]
        assert found == pytest.approx([5 / 3, 4 / 3, 1])

    def test_peaks_of_frames_without_the_target_are_left_out_of_the_budget(self, background):
        """By hand: five peaks of 1 (times a), then always 0.2: 5.2 / 6 / 0.2 = 4.33 at each, not decreasing."""
        memory_bank, image = bank(response_budget_sz=6, budget_uncertainty_thr=3.0), render(background, 100, 100)
        memory_bank.initialize(image, state_at())
        for _ in range(5):
            memory_bank.locate(image, state_at())
        usual = memory_bank.typical_score
        self.scale_filter(memory_bank, 0.2)
        found = [memory_bank.locate(image, state_at()).uncertainty for _ in range(3)]
        assert found == pytest.approx(3 * [5.2 / 6 / 0.2])
        assert memory_bank.typical_score == pytest.approx(usual)

    def test_zero_in_the_first_five_frames(self, started, background):
        image = render(background, 100, 100)
        found = [started.locate(image, state_at()).uncertainty for _ in range(6)]
        assert found == pytest.approx([0, 0, 0, 0, 0, 1])

    def test_no_positive_peak_is_infinitely_uncertain(self, started, background):
        """Fault 12 of the reference: its uncertainty was negative here, and counted as certain."""
        image = render(background, 100, 100)
        for _ in range(6):
            started.locate(image, state_at())
        started.filter = -torch.ones_like(started.filter)
        started.projection = torch.ones_like(started.projection)  # non-negative features: all scores negative
        found = started.locate(image, state_at())
        assert found.score <= 0
        assert found.uncertainty == math.inf
        assert found.flag is Flag.UNCERTAIN

    def test_low_peaks_never_make_the_mean_negative(self, started, background):
        image, filter_ = render(background, 100, 100), started.filter
        self.scale_filter(started, 0)
        for _ in range(30):
            assert started.locate(image, state_at()).uncertainty == math.inf
        started.filter = filter_
        assert started.locate(image, state_at()).uncertainty >= 0


class TestBank:
    def test_one_batch_to_start_and_one_crop_per_frame(self, background):
        batches = []

        def counted(images):
            batches.append(tuple(images.shape))
            return colour_features(images)

        memory_bank = SpatialMemoryBank(SpatialMemoryParams(compressed_dim=8), counted, "cpu")
        image = render(background, 100, 100)
        memory_bank.initialize(image, state_at())
        memory_bank.locate(image, state_at())
        assert batches == [(27, 3, 256, 256), (1, 3, 256, 256)]

    def test_labels_follow_the_shifts_of_the_first_frame(self, started):
        """Even kernel, cells of 16 pixels: the centre of the crop is score (8, 8), a shift of 0.25 is 2 cells."""
        labels = started.memory.stored()[1]
        peaks = [divmod(int(label.argmax()), 16) for label in labels]
        assert peaks[0] == (8, 8)
        assert peaks[1:7] == [(10, 10), (6, 10), (10, 6), (6, 6), (14, 14), (2, 2)]
        assert peaks[7:] == [(8, 8)] * 3
        assert labels.flatten(1).max(1).values.tolist() == [1] * 10

    def test_crop_and_label_keep_fractions_of_a_pixel(self, background):
        """Fault 21 of the reference: it cropped at the truncated position, but labelled the exact one."""
        crops = []

        def recorded(images):
            crops.append(images[0])
            return colour_features(images)

        memory_bank, image = bank(recorded), render(background, 100, 100)
        memory_bank.initialize(image, state_at())
        for centre in (BOX_CENTRE, BOX_CENTRE + (0.9, 0)):
            memory_bank.learn(memory_bank.locate(image, state_at(centre)), BOX_CENTRE)
        assert (crops[-1] - crops[-2]).abs().max() > 0.1
        exact, moved = memory_bank.memory.stored()[1][-2:]
        assert exact.max() == 1
        offset_cells = 0.9 / state_at().scale / 16
        assert moved[8, 8].item() == pytest.approx(math.exp(-(offset_cells**2) / (2 * 0.8889**2)), abs=1e-4)

    def test_initializing_again_forgets_and_repeats_itself(self, started, background):
        image = render(background, 100, 100)
        first = started.locate(image, state_at())
        for _ in range(20):
            found = started.locate(background, state_at())
            started.learn(dataclasses.replace(found, flag=Flag.HARD_NEGATIVE), found.centre)
        started.initialize(image, state_at())
        again = started.locate(image, state_at())
        assert started.memory.count == 10
        assert np.array_equal(first.score_map, again.score_map)
        assert again.uncertainty == 0

    def test_frozen_params_are_enough(self, background):
        memory_bank = SpatialMemoryBank(small_params().freeze(), colour_features, "cpu")
        image = render(background, 100, 100)
        memory_bank.initialize(image, state_at())
        memory_bank.learn(memory_bank.locate(image, state_at()), BOX_CENTRE)
        np.testing.assert_allclose(memory_bank.locate(image, state_at()).centre, BOX_CENTRE, atol=1)

    @pytest.mark.parametrize(
        "changes",
        [{"proj_init_method": "randn"}, {"filter_init_method": "randn"}, {"post_init_CG_iter": 3},
         {"init_GN_iter": 3, "init_CG_iter": 30}, {"response_activation": ("relu",)}, {"window_output": False},
         {"kernel_size": (3, 4)}, {"augmentation": {}}],
    )  # fmt: skip
    def test_every_setting_has_an_effect_and_still_finds_the_target(self, started, background, changes):
        image = render(background, 100, 100)
        memory_bank = bank(**changes)
        memory_bank.initialize(image, state_at())
        found = memory_bank.locate(image, state_at(BOX_CENTRE - (5, 5)))
        assert found.centre == pytest.approx(BOX_CENTRE, abs=4)
        default = started.locate(image, state_at(BOX_CENTRE - (5, 5)))
        assert not np.allclose(found.score_map, default.score_map, atol=1e-6)

    @pytest.mark.parametrize(
        "changes",
        [{"fletcher_reeves": True}, {"CG_forgetting_rate": 10}, {"CG_iter": 1}, {"learning_rate": 0.3},
         {"train_skipping": 7}],
    )  # fmt: skip
    def test_every_setting_of_the_updates_has_an_effect(self, background, changes):
        first, later = render(background, 100, 100), render(background, 110, 104)
        filters = []
        for memory_bank in (bank(), bank(**changes)):
            memory_bank.initialize(first, state_at())
            for _ in range(21):
                memory_bank.learn(memory_bank.locate(later, state_at()), BOX_CENTRE + (10, 4))
            filters.append(memory_bank.filter)
        assert not torch.allclose(*filters, rtol=1e-4, atol=1e-7)

    @pytest.mark.parametrize("features", [torch.zeros, torch.ones], ids=["zero", "constant"])
    def test_featureless_frames_stay_finite(self, background, features):
        memory_bank = bank(lambda images: features(len(images), 24, 16, 16))
        memory_bank.initialize(background, state_at())
        for _ in range(12):
            found = memory_bank.locate(background, state_at())
            memory_bank.learn(dataclasses.replace(found, flag=Flag.HARD_NEGATIVE), BOX_CENTRE)
            assert np.isfinite(found.score_map).all()
            assert np.isfinite(found.centre).all()

    def test_constant_images_stay_finite(self):
        image, memory_bank = np.full((240, 320, 3), 77, dtype=np.uint8), bank()
        memory_bank.initialize(image, state_at())
        memory_bank.learn(memory_bank.locate(image, state_at()), BOX_CENTRE)
        assert np.isfinite(memory_bank.locate(image, state_at()).score_map).all()

    def test_half_precision_features(self, background):
        memory_bank, image = bank(lambda images: colour_features(images).bfloat16()), render(background, 100, 100)
        memory_bank.initialize(image, state_at())
        assert memory_bank.filter.dtype == torch.float32
        assert memory_bank.locate(image, state_at()).centre == pytest.approx(BOX_CENTRE, abs=2)

    @pytest.mark.parametrize(("name", "value"), [("compressed_dim", 25), ("sample_memory_size", 4)])
    def test_sizes_that_do_not_fit_are_refused(self, background, name, value):
        with pytest.raises(SettingsError, match=name):
            bank(**{name: value}).initialize(background, state_at())

    def test_unsupported_parameters_are_refused_when_it_is_built(self):
        with pytest.raises(SettingsError, match="kernel_size"):
            bank(kernel_size=(17, 4))


@pytest.mark.parametrize("number", [math.nan, math.inf, 1e38])
def test_features_of_one_frame_that_are_not_finite_spoil_nothing(background, number):
    """Nor do numbers with squares that are not; the frame counts as one without features."""
    image, found = render(background, *BOX[:2]), {}
    for spoilt in (number, 0.0):
        memory_bank = bank()
        memory_bank.initialize(image, state_at())
        memory_bank.extract_features = lambda images, spoilt=spoilt: torch.full_like(colour_features(images), spoilt)
        lost = memory_bank.locate(image, state_at())
        assert (lost.score, lost.uncertainty, lost.flag) == (0, math.inf, Flag.UNCERTAIN)
        memory_bank.learn(dataclasses.replace(lost, flag=Flag.HARD_NEGATIVE), BOX_CENTRE)
        memory_bank.extract_features = colour_features
        found[spoilt] = memory_bank.locate(image, state_at())
    assert found[number].score == pytest.approx(found[0.0].score)
    assert found[number].centre == pytest.approx(BOX_CENTRE, abs=1)


@pytest.mark.cuda
def test_the_same_on_a_gpu(started, background):
    memory_bank = SpatialMemoryBank(small_params(), colour_features, "cuda")
    memory_bank.initialize(render(background, 100, 100), state_at())
    for i in range(1, 13):
        image = render(background, 100 + i, 100)
        found, expected = (each.locate(image, state_at()) for each in (memory_bank, started))
        assert found.centre == pytest.approx(expected.centre, abs=2)
        memory_bank.learn(found, expected.centre)
        started.learn(expected, expected.centre)
