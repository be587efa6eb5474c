from libs.utils.plot_style import COLOURS, colour


def test_colours_go_round():
    assert colour(len(COLOURS)) == colour(0)
    assert len(set(COLOURS)) == len(COLOURS)
