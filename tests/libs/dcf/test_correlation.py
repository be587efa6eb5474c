import pytest
import torch
import torch.nn.functional as F

from libs.dcf.correlation import Correlation


def reference(samples, filter_):
    """Zero padding of half a kernel; the last row and column of an even kernel dropped."""
    kh, kw = filter_.shape[1:]
    return F.conv2d(samples, filter_[None], padding=(kh // 2, kw // 2))[:, 0, : samples.shape[2], : samples.shape[3]]


@pytest.mark.parametrize("kernel", [(4, 4), (3, 3), (1, 1), (2, 5), (4, 3)])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_against_convolution_and_its_gradient(kernel, memory_format):
    generator = torch.Generator().manual_seed(0)
    samples = torch.randn(3, 5, 6, 7, dtype=torch.float64, generator=generator).to(memory_format=memory_format)
    filter_ = torch.randn(5, *kernel, dtype=torch.float64, generator=generator)
    responses = torch.randn(3, 6, 7, dtype=torch.float64, generator=generator)
    correlation = Correlation(samples, kernel)
    expected, pull_back = torch.func.vjp(lambda f: reference(samples, f), filter_)
    torch.testing.assert_close(correlation(filter_), expected)
    torch.testing.assert_close(correlation.transpose(responses), pull_back(responses)[0])


def test_by_hand():
    """One channel, a 2 x 2 filter: response (i, j) sees cells i-1..i, j-1..j."""
    samples = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    filter_ = torch.tensor([[[1.0, 10.0], [100.0, 1000.0]]])
    assert Correlation(samples, (2, 2))(filter_).tolist() == [[[1000, 2100], [3010, 4321]]]


def test_a_prefix_of_a_channels_last_memory_is_not_copied():
    memory = torch.zeros(10, 8, 4, 4).to(memory_format=torch.channels_last)
    assert Correlation(memory[:6], (4, 4)).rows.data_ptr() == memory.data_ptr()
