import math

import torch

from libs.models.location_map import location_map


def test_four_pixels_by_hand():
    root2, root5, root8 = math.sqrt(2), math.sqrt(5), math.sqrt(8)
    expected = [[root2, 1, root2, root5], [1, 0, 1, 2], [root2, 1, root2, root5], [root5, 2, root5, root8]]
    torch.testing.assert_close(location_map(4, 1.0), torch.tensor(expected))


def test_scale_is_the_width_when_none():
    torch.testing.assert_close(location_map(32), location_map(32, 1.0) / 32)
    torch.testing.assert_close(location_map((16, 32)), location_map((16, 32), 1.0) / 32)
    torch.testing.assert_close(location_map(32, 384.0), location_map(32, 1.0) / 384)


def test_rows_and_columns_of_a_map_that_is_not_square():
    distance = location_map((16, 48), 1.0)
    assert distance.shape == (16, 48)
    assert (distance == 0).nonzero().tolist() == [[7, 23]]
    torch.testing.assert_close(distance[10, 27], torch.tensor(5.0))


def test_centre_is_a_point_in_edge_coordinates():
    distance = location_map(8, 1.0, centre=(3.0, 7.0))
    assert (distance == 0).nonzero().tolist() == [[6, 2]]


def test_the_crops_centre_given_is_the_default():
    """Fault 6: training, which passes the target's centre, and tracking have the zero at the same place."""
    torch.testing.assert_close(location_map(8, 1.0, centre=(4.0, 4.0)), location_map(8, 1.0))


def test_several_centres_at_once():
    centres = torch.tensor([[2.5, 6.5], [4.0, 4.0], [3.75, 1.0]])
    together = location_map(8, 2.0, centre=centres)
    assert together.shape == (3, 8, 8)
    for distance, centre in zip(together, centres, strict=True):
        torch.testing.assert_close(distance, location_map(8, 2.0, centre=centre))
