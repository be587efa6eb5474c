import numpy as np

from libs.dataset.rendered.textures import OBJECT_PALETTES, band_limited_noise, colour_texture, patterned_texture


def test_noise_is_spread_evenly_over_the_unit_interval():
    noise = band_limited_noise(np.random.default_rng(0), (90, 120), coarsest=20, octaves=3)
    assert noise.shape == (90, 120)
    assert noise.dtype == np.float32
    assert noise.min() == 0
    assert noise.max() == 1
    assert np.allclose(np.quantile(noise, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.03)


def test_noise_is_band_limited():
    noise = band_limited_noise(np.random.default_rng(0), (256, 256), coarsest=32, octaves=1)
    power = np.abs(np.fft.fft2(noise - noise.mean())) ** 2
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None, :])
    assert power[frequency > 3 / 32].sum() < 0.02 * power.sum()


def test_the_same_seed_gives_the_same_texture():
    first, again, other = (patterned_texture(np.random.default_rng(seed), OBJECT_PALETTES[0], 40) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_colours_stay_near_the_palette():
    texture = colour_texture(np.random.default_rng(0), (60, 80), [(200, 20, 20), (240, 60, 60)], coarsest=20)
    assert texture.shape == (60, 80, 3)
    assert np.allclose(texture.mean(axis=(0, 1)), (220, 40, 40), atol=5)
    assert 0 <= texture.min() <= texture.max() <= 255
