import pytest
import torch

from libs.dcf.projection import channel_rows, normalize_features, principal_axes, project, random_projection


def test_axes_against_singular_vectors():
    features = torch.randn(3, 6, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    features = features * torch.arange(1, 7)[:, None, None] + 5
    rows = features.permute(0, 2, 3, 1).reshape(-1, 6)
    expected = torch.linalg.svd(rows - rows.mean(0)).Vh[:2]
    axes = principal_axes(features, 2)
    torch.testing.assert_close((axes @ expected.T).abs(), torch.eye(2, dtype=torch.float64))


@pytest.mark.parametrize("features", [torch.zeros(2, 8, 3, 3), torch.ones(2, 8, 3, 3), torch.arange(8.0).expand(2, 8)])
def test_axes_of_degenerate_features_are_orthonormal(features):
    axes = principal_axes(features.reshape(2, 8, *features.shape[2:] or (1, 1)), 4)
    torch.testing.assert_close(axes @ axes.T, torch.eye(4))


def test_projection_by_hand():
    features = torch.tensor([[[[1.0, 2.0]], [[10.0, 20.0]]]])
    assert project(features, torch.tensor([[1.0, 1.0], [1.0, 0.0]])).tolist() == [[[[11, 22]], [[1, 2]]]]


def test_projected_features_are_channels_last():
    projected = project(torch.rand(2, 5, 4, 3), torch.rand(3, 5))
    assert projected.shape == (2, 3, 4, 3)
    assert channel_rows(projected).data_ptr() == projected.data_ptr()


def test_normalized_features_have_unit_mean_square():
    features = normalize_features(torch.tensor([[[[3.0]], [[4.0]]], [[[0.0]], [[0.0]]]]))
    assert features.flatten().tolist() == pytest.approx([3 / 12.5**0.5, 4 / 12.5**0.5, 0, 0])


def test_what_is_not_finite_becomes_zero():
    features = normalize_features(torch.tensor([[[[3.0]], [[float("nan")]], [[float("inf")]], [[-float("inf")]]]]))
    assert features.flatten().tolist() == pytest.approx([2, 0, 0, 0])


def test_normalized_features_are_single_precision_at_least():
    assert normalize_features(torch.ones(1, 2, 3, 3, dtype=torch.bfloat16)).dtype == torch.float32
    assert normalize_features(torch.ones(1, 2, 3, 3, dtype=torch.float64)).dtype == torch.float64


def test_random_projection_repeats_itself():
    features = torch.zeros(1, 400, 2, 2)
    projection = random_projection(features, 64)
    assert torch.equal(projection, random_projection(features, 64))
    assert projection.std().item() == pytest.approx(1 / 20, rel=0.05)
