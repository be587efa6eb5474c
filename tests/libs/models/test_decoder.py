import torch
from torch import nn

from libs.models.decoder import Decoder, Refinement, ResidualBlock


def _set(conv, centre, bias):
    """Make a 3x3 convolution multiply every pixel by a (C_out, C_in) matrix and add a bias."""
    nn.init.zeros_(conv.weight)
    with torch.no_grad():
        conv.weight[:, :, 1, 1] = torch.tensor(centre)
        conv.bias[:] = torch.tensor(bias)


def test_residual_block_by_hand():
    block = ResidualBlock(1)
    _set(block.conv1, [[2.0]], [-1.0])
    _set(block.conv2, [[3.0]], [0.5])
    x = torch.tensor([-1.0, 0.25, 2.0]).view(1, 1, 1, 3)
    # relu: 0, 0.25, 2; conv1: -1, -0.5, 3; relu: 0, 0, 3; conv2: 0.5, 0.5, 9.5; plus x.
    torch.testing.assert_close(block(x).flatten(), torch.tensor([-0.5, 0.75, 11.5]))


def test_residual_block_convolves_over_three_by_three():
    block = ResidualBlock(1)
    nn.init.ones_(block.conv1.weight)
    nn.init.zeros_(block.conv1.bias)
    _set(block.conv2, [[1.0]], [0.0])
    result = block(torch.ones(1, 1, 3, 3))
    assert result[0, 0].tolist() == [[5, 7, 5], [7, 10, 7], [5, 7, 5]]


def test_refinement_adds_the_enlarged_input_to_the_skip():
    refinement = Refinement(skip_channels=1, channels=1)
    for conv in (refinement.skip_block.conv2, refinement.block.conv2):
        _set(conv, [[0.0]], [0.0])
    _set(refinement.skip_conv, [[2.0]], [1.0])
    result = refinement(torch.full((1, 1, 2, 4), 3.0), torch.tensor([0.0, 4.0]).view(1, 1, 1, 2))
    # Enlarged with half-pixel centres: 0, 1, 3, 4; the skip gives 2 * 3 + 1.
    torch.testing.assert_close(result[0, 0], torch.tensor([7.0, 8.0, 10.0, 11.0]).expand(2, 4))


def test_location_is_sampled_at_every_sixteenth_pixel_and_added_to_all_channels():
    decoder = Decoder(value_dim=2, skip_channels=(2, 3), channels=4)
    inputs = []
    decoder.refine8.register_forward_pre_hook(lambda module, arguments: inputs.append(arguments[1]))
    location = torch.arange(32.0 * 64).view(32, 64)
    read, r3, r2 = torch.randn(1, 4, 2, 4), torch.randn(1, 3, 4, 8), torch.randn(1, 2, 8, 16)
    assert decoder(read, r3, r2, location).shape == (1, 2, 8, 16)
    decoder(read, r3, r2, torch.zeros(32, 64))
    expected = torch.tensor([[0.0, 16.0, 32.0, 48.0], [1024.0, 1040.0, 1056.0, 1072.0]])
    torch.testing.assert_close(inputs[0] - inputs[1], expected.expand(1, 4, 2, 4), atol=1e-3, rtol=1e-5)


def test_one_location_map_per_image():
    torch.manual_seed(0)
    decoder = Decoder(value_dim=2, skip_channels=(2, 3), channels=4)
    read, r3, r2 = torch.randn(2, 4, 2, 2), torch.randn(2, 3, 4, 4), torch.randn(2, 2, 8, 8)
    locations = torch.rand(2, 32, 32)
    together = decoder(read, r3, r2, locations)
    alone = decoder(read[1:], r3[1:], r2[1:], locations[1])
    torch.testing.assert_close(together[1:], alone, atol=1e-5, rtol=1e-5)
