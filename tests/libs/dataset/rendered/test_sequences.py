import pickle

import numpy as np
import pytest

from libs.dataset.readers.vot import load_vot
from libs.dataset.rendered.sequences import BORDER, DIFFICULTIES, MINI_SET, mini_set, render_sequence, write_vot
from libs.dataset.sequence import TAGS
from libs.utils.errors import DataError, SettingsError
from libs.utils.polygons import polygon_area, polygon_to_mask


@pytest.fixture(scope="module")
def rendered():
    """Every difficulty, 40 frames of 160 x 120."""
    return {name: render_sequence(name, frames=40, size=(160, 120)) for name in DIFFICULTIES}


def shapes(sequence):
    """Number of visible pixels in each frame."""
    return np.array([np.count_nonzero(sequence.mask(i)) for i in range(len(sequence))])


@pytest.mark.parametrize("name", DIFFICULTIES)
def test_frames_masks_and_polygons_fit(rendered, name):
    sequence = rendered[name]
    assert sequence.name == name
    assert len(sequence) == 40
    assert sequence.image_size == (160, 120)
    assert set(sequence.tags) == set(TAGS)
    for i in (0, 13, 39):
        frame, mask = sequence.frame(i), sequence.mask(i)
        assert (frame.shape, frame.dtype) == ((120, 160, 3), np.uint8)
        assert (mask.shape, mask.dtype) == ((120, 160), bool)
        assert sequence.polygons[i].shape == (4, 2)
        inside = polygon_to_mask(sequence.polygons[i], (120, 160))
        assert np.count_nonzero(mask & inside) > 0.93 * np.count_nonzero(mask)


@pytest.mark.parametrize("name", DIFFICULTIES)
def test_the_target_starts_whole_and_always_has_a_region_in_the_image(rendered, name):
    sequence = rendered[name]
    assert not sequence.tags["occlusion"][0]
    assert shapes(sequence)[0] > 150
    for polygon in sequence.polygons:
        assert polygon_area(polygon) > 0
        assert (polygon.max(axis=0) >= BORDER - 1e-9).all()
        assert (polygon.min(axis=0) <= np.array([160, 120]) - BORDER + 1e-9).all()


def test_a_seed_fixes_every_pixel_and_another_changes_them():
    first, again, other = (render_sequence("easy", 5, (96, 64), seed) for seed in (4, 4, 5))
    assert np.array_equal(first.frame(3), again.frame(3))
    assert np.array_equal(first.frame(3), first.frame(3))
    assert np.array_equal(first.regions, again.regions)
    assert not np.array_equal(first.frame(3), other.frame(3))


def test_the_target_differs_from_the_background_behind_it(rendered):
    """An invisible target would make the mask meaningless, so its colours must differ from those around it."""
    sequence = rendered["easy"]
    frame, mask = sequence.frame(0).astype(float), sequence.mask(0)
    around = polygon_to_mask(sequence.polygons[0], mask.shape) & ~mask
    assert np.linalg.norm(frame[mask].mean(axis=0) - frame[around].mean(axis=0)) > 25


def test_each_difficulty_is_what_it_says(rendered):
    easy = shapes(rendered["easy"])
    assert easy.max() < 1.6 * easy.min()
    assert not rendered["easy"].tags["occlusion"].any()
    scale = shapes(rendered["scale_change"])
    assert scale.max() > 3 * scale.min()
    assert rendered["scale_change"].tags["size_change"].any()
    hidden = rendered["occlusion"]
    assert 3 <= hidden.tags["occlusion"].sum() <= 35
    assert shapes(hidden).min() < 0.75 * shapes(hidden)[0]
    sides = np.array([polygon[1] - polygon[0] for polygon in rendered["rotation"].polygons])
    assert np.ptp(np.unwrap(np.arctan2(sides[:, 1], sides[:, 0]))) > 1.8 * np.pi
    dark = rendered["illumination"]
    assert dark.frame(20).mean() < 0.6 * dark.frame(0).mean()
    assert dark.tags["illum_change"][20]
    assert not dark.tags["illum_change"][0]
    centres = {name: np.array([p.mean(axis=0) for p in rendered[name].polygons]) for name in ("easy", "fast_motion")}
    speed = {name: np.linalg.norm(np.diff(path, axis=0), axis=1).mean() for name, path in centres.items()}
    assert speed["fast_motion"] > 3 * speed["easy"]


def test_out_of_view_leaves_and_returns(rendered):
    visible = shapes(rendered["out_of_view"])
    gone = np.flatnonzero(visible == 0)
    assert gone.size >= 3
    assert visible[-1] > 150
    assert rendered["out_of_view"].tags["occlusion"][gone].all()


def test_deformation_changes_the_outline_more_than_an_easy_one(rendered):
    def fill(name):
        areas = np.array([polygon_area(polygon) for polygon in rendered[name].polygons])
        return shapes(rendered[name]) / areas

    assert np.ptp(fill("deformation")) > np.ptp(fill("easy"))


def test_a_distractor_has_the_colours_of_the_target():
    scene = render_sequence("similar_distractor", 2, (160, 120)).frames
    texture = scene.target.shape.parts[-1].texture
    assert sum(np.array_equal(actor.shape.parts[-1].texture, texture) for actor in scene.behind) == 2


def test_the_default_mini_set():
    sequences = mini_set(frames=3, size=(96, 64))
    assert [sequence.name for sequence in sequences] == list(MINI_SET)
    assert len(set(MINI_SET)) == 4
    assert mini_set.__defaults__ == (120, (320, 240), 0)
    assert "out_of_view" not in MINI_SET


def test_sequences_travel_to_other_processes():
    sequence = render_sequence("occlusion", 3, (96, 64))
    copy = pickle.loads(pickle.dumps(sequence))
    assert np.array_equal(copy.frame(1), sequence.frame(1))
    assert np.array_equal(copy.mask(1), sequence.mask(1))


def test_a_written_set_reads_back(tmp_path):
    sequences = [render_sequence(name, 4, (96, 64)) for name in ("easy", "illumination")]
    write_vot(sequences, tmp_path / "mini")
    for written, read in zip(sequences, load_vot(tmp_path / "mini"), strict=True):
        assert read.name == written.name
        assert np.allclose(read.regions, written.regions, atol=1e-3)
        assert all(np.array_equal(read.tags[tag], written.tags[tag]) for tag in TAGS)
        assert np.array_equal(read.mask(2), written.mask(2))
        assert np.abs(read.frame(2).astype(int) - written.frame(2)).mean() < 5  # JPEG


def test_writing_over_something_is_refused(tmp_path):
    (tmp_path / "notes.txt").touch()
    sequence = render_sequence("easy", 2, (64, 64))
    with pytest.raises(DataError, match="not empty"):
        write_vot([sequence], tmp_path)
    with pytest.raises(DataError, match="same name"):
        write_vot([sequence, sequence], tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"difficulty": "eazy"}, "'eazy'.*easy, occlusion"),
        ({"difficulty": "easy", "frames": 1}, "not 1 of 320 x 240"),
        ({"difficulty": "easy", "size": (320, 32)}, "not 120 of 320 x 32"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(SettingsError, match=message):
        render_sequence(**arguments)
