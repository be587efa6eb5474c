import pytest

from libs.media.palette import LEAST_LIGHT, LUMA, bright_colour, davis_palette


@pytest.mark.parametrize("number", range(1, 60))
def test_colours_that_are_drawn_can_be_seen_on_dark_pictures(number):
    colour, palette = bright_colour(number), davis_palette()[number]
    light = max(LEAST_LIGHT, float(palette @ LUMA))
    assert float(colour @ LUMA) == pytest.approx(light, abs=1)
    # Of the same hue: the highest channel stays the highest.
    assert colour[palette.argmax()] == max(colour)
