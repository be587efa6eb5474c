"""The filter compared with numbers recorded from the reference tracker, within the tolerances stated beside them."""

import math

import numpy as np
import pytest
import torch

from libs.dcf.activation import ResponseActivation
from libs.dcf.conjugate_gradient import conjugate_gradient
from libs.dcf.correlation import Correlation
from libs.dcf.filter_problems import DataTerm, FilterProblem, JointProblem, effective_filter, learn_jointly
from libs.dcf.fourier import ScoreSampler, hann_window
from libs.dcf.labels import gaussian_labels, label_sigma, score_index
from libs.dcf.localization import Flag, Thresholds, judge_peaks, peak_numbers, read_peaks
from libs.dcf.projection import principal_axes, project
from libs.memory.sample_memory import SampleMemory

CROP, STRIDE, KERNEL, CELLS = 256, 16, (4, 4), (16, 16)
ACTIVATION = ResponseActivation("mlu", 0.05)
FILTER_REG, PROJECTION_REG = 0.1, 1e-4
FLAGS = [Flag.FOUND, Flag.NOT_FOUND, Flag.HARD_NEGATIVE, Flag.UNCERTAIN]


@pytest.fixture(scope="module")
def record(parity):
    with np.load(parity / "dcf.npz", allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def responses(samples, projection, filter_):
    return Correlation(project(samples, projection), KERNEL)(filter_)


def joint_problem(record, dtype):
    samples, labels = record["x"].to(dtype), record["y_init"].to(dtype)
    data = DataTerm(samples, labels, labels.new_full((27,), 1 / 27), KERNEL, ACTIVATION)
    return JointProblem(data, FILTER_REG, PROJECTION_REG)


def start(record, dtype, iterations):
    """Loss terms after each of 6 Gauss-Newton steps, and the filter and projection after the last one."""
    problem = joint_problem(record, dtype)
    filter_, projection = torch.zeros(32, *KERNEL, dtype=dtype), principal_axes(record["x"].to(dtype), 32)
    terms = [problem.loss_terms(filter_, projection)]
    for _ in range(6):
        filter_, projection = learn_jointly(problem, filter_, projection, 1, iterations)
        terms.append(problem.loss_terms(filter_, projection))
    return torch.stack(terms).double(), filter_, projection


def sum_of_squares(recorded):
    """(7, 3) the recorded terms before the first and after every step."""
    return torch.cat([recorded[:1, 0], recorded[:, 1]])


def run_updates(record, dtype):
    """The 40 updates from the recorded start: scores, effective filters, loss terms, weights, replaced indices."""
    projection, filter_ = record["joint_projection"].to(dtype), record["joint_filter"].to(dtype)
    memory = SampleMemory(50)
    memory.reset(project(record["x"].to(dtype), projection), record["y_init"].to(dtype))
    samples = project(record["upd_x"].to(dtype), projection)
    test_samples = record["test_x"].to(dtype)
    out = {"scores": [responses(test_samples, projection, filter_)], "filters": [], "terms": [], "weights": []}
    out["replaced"] = []
    for i in range(40):
        index = memory.add(samples[i], record["upd_y"][i].to(dtype), float(record["learning_rates"][i]))
        out["replaced"].append(index)
        out["weights"].append(memory.weights.copy())
        if i % 10 == 9:
            problem = FilterProblem(DataTerm(*memory.stored(), KERNEL, ACTIVATION), FILTER_REG)
            change, _ = conjugate_gradient(problem.linearize(filter_), 5, fletcher_reeves=False)
            before, filter_ = problem.loss_terms(filter_), filter_ + change.view_as(filter_)
            out["terms"].append(torch.stack([before, problem.loss_terms(filter_)]))
            out["filters"].append(effective_filter(filter_, projection))
            out["scores"].append(responses(test_samples, projection, filter_))
    return out


@pytest.fixture(scope="module")
def updates64(record):
    return run_updates(record, torch.float64)


def assert_close(actual, expected, tolerance):
    torch.testing.assert_close(actual.double(), expected.double(), rtol=0, atol=tolerance)


def test_label_width(record):
    sigma = label_sigma(record["geo_base_target_sz"].tolist(), STRIDE, 1 / 4)
    assert sigma == pytest.approx(record["geo_sigma"][0].item(), abs=1e-6)


def test_first_frame_labels(record):
    # The reference crops at the rounded position: the target's centre is off the crop's by the remainder.
    offset = (record["geo_pos"].double() - record["geo_pos"].double().round()) / record["geo_target_scale"]
    centres = (CROP / 2 + offset + record["geo_shifts"]).flip(1)
    labels = gaussian_labels(score_index(centres, STRIDE, KERNEL), CELLS, record["geo_sigma"][0].item())
    assert_close(labels, record["y_init"], 1e-6)


def test_update_labels(record):
    target, sample, scale = record["upd_pos"][:, :2], record["upd_pos"][:, 2:4], record["upd_pos"][:, 4:]
    centres = (CROP / 2 + (target - sample) / scale).flip(1)
    labels = gaussian_labels(score_index(centres, STRIDE, KERNEL), CELLS, record["geo_sigma"][0].item())
    assert_close(labels, record["upd_y"], 1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_principal_subspace(record, dtype):
    axes = principal_axes(record["x"].to(dtype), 32)
    assert_close(axes.T @ axes, record["pca_PtP"], 1e-5)


def test_start_of_5_iterations_in_float64(record):
    terms, filter_, projection = start(record, torch.float64, 5)
    assert_close(terms, sum_of_squares(record["gn5_f64_terms"]), 1e-8)
    assert_close(effective_filter(filter_, projection), record["gn5_f64_eff_filter"], 1e-8)
    assert_close(responses(record["test_x"].double(), projection, filter_), record["gn5_f64_scores"], 1e-8)


@pytest.mark.parametrize(
    ("dtype", "terms_name", "scores_name"),
    [(torch.float32, "gn_terms", "scores"), (torch.float64, "f64_gn_terms", "f64_scores")],
)
def test_full_start(record, dtype, terms_name, scores_name):
    terms, filter_, projection = start(record, dtype, 10)
    loss, recorded_loss = terms.sum(1), sum_of_squares(record[terms_name]).sum(1)
    torch.testing.assert_close(loss, recorded_loss, rtol=0.05, atol=0)
    scores, recorded = responses(record["test_x"].to(dtype), projection, filter_), record[scores_name][0]
    assert_close(scores, recorded, 0.04)
    assert torch.equal(scores.flatten(1).argmax(1), recorded.flatten(1).argmax(1))


def test_updates_in_float64(record, updates64):
    assert_close(torch.stack(updates64["scores"]), record["f64_online_scores"], 1e-7)
    assert_close(torch.stack(updates64["terms"]), record["f64_online_cg_terms"], 1e-7)
    assert_close(updates64["filters"][0], record["f64_online_eff_filter_1"], 1e-7)
    assert_close(updates64["filters"][3], record["f64_online_eff_filter_4"], 1e-7)


def test_updates_in_float32(record):
    updates = run_updates(record, torch.float32)
    assert_close(torch.stack(updates["scores"][1:]), record["scores"][1:], 2e-3)


def test_weights_and_replaced_samples_over_40_updates(record, updates64):
    assert updates64["replaced"] == record["replaced_index"].tolist()
    assert_close(torch.tensor(np.array(updates64["weights"])), record["weights"], 1e-7)


def test_weights_and_replaced_samples_over_300_updates(record):
    memory = SampleMemory(250)
    sample, label = torch.zeros(1, 2, 2), torch.zeros(2, 2)
    memory.reset(sample.expand(27, -1, -1, -1), label.expand(27, -1, -1))
    replaced, weights = [], []
    for rate in record["w300_learning_rates"].tolist():
        replaced.append(memory.add(sample, label, rate))
        weights.append(memory.weights.copy())
    assert replaced == record["w300_replaced_index"].tolist()
    assert replaced[-18:] == list(range(18))  # fault 20, kept: the first frame's samples are replaced like any other
    assert_close(torch.tensor(np.array(weights))[record["w300_weights_steps"]], record["w300_weights"], 1e-7)


def sample_scores(scores, windowed=True):
    return ScoreSampler(CELLS, STRIDE, KERNEL, 1, windowed, like=scores)(scores)


def highest_points(windowed, record):
    neighbourhood = 2.2 * record["geo_base_target_sz"].double().numpy()
    return read_peaks(peak_numbers(windowed, neighbourhood).tolist(), windowed.shape[1])


@pytest.mark.parametrize(("case", "sample"), [(0, 1), (1, 3)])
class TestLocalization:
    def test_upsampled_scores(self, record, case, sample):
        centred = sample_scores(record["scores"][4, sample], windowed=False)
        upsampled = torch.fft.ifftshift(centred)  # the record has zero displacement at index (0, 0)
        assert_close(upsampled, record[f"loc{case}_upsampled"], 1e-3)
        assert list(divmod(int(upsampled.argmax()), CROP)) == record[f"loc{case}_upsampled_peak"].tolist()
        assert upsampled.max().item() == pytest.approx(record[f"loc{case}_upsampled_max"].item(), abs=1e-5)

    def test_peak_and_flag(self, record, case, sample):
        windowed = sample_scores(record["scores"][4, sample])
        assert_close(windowed, record[f"loc{case}_windowed_centred"], 1e-3)
        first, second = highest_points(windowed, record)
        assert [first.row, first.column] == record[f"loc{case}_peak"].tolist()
        assert first.score == pytest.approx(record[f"loc{case}_peak_value"].item(), abs=1e-5)
        translation = (np.array([first.row, first.column]) - CROP / 2) * record["geo_target_scale"].item()
        assert translation == pytest.approx(record[f"loc{case}_translation"].numpy(), abs=1e-4)
        flag, _ = judge_peaks(first, second, windowed.shape, Thresholds(-1, 100, 0.3, 0.7))
        assert (flag is Flag.HARD_NEGATIVE) == record[f"loc{case}_hard_negative"].item()


def test_spectrum(record):
    """The recorded frequencies, evaluated as the README says, are the interpolation: Nyquist counted twice."""
    half = torch.view_as_complex(record["loc0_spectrum"].double())
    k = torch.arange(-8, 9, dtype=torch.float64)
    spectrum = half * torch.exp(1j * math.pi * (k[:, None] + k[8:]))
    points = torch.arange(CROP, dtype=torch.float64) / CROP
    along_rows = torch.exp(2j * math.pi * points[:, None] * k) @ spectrum
    waves = torch.exp(2j * math.pi * points[:, None] * k[8:])
    twice = torch.where(k[8:] == 0, 1.0, 2.0)  # a real map: columns -8..-1 are the conjugates of 1..8
    direct = (along_rows @ (twice * waves).T.to(along_rows.dtype)).real
    ours = torch.fft.ifftshift(sample_scores(record["scores"][4, 1].double(), windowed=False))
    assert_close(ours, direct, 1e-5)


def test_window(record):
    window = torch.fft.ifftshift(hann_window(CROP, torch.zeros(())))
    assert_close(window, record["hann_row"], 1e-6)


@pytest.mark.parametrize("setting", range(3))
@pytest.mark.parametrize("case", range(6))
def test_flags(record, setting, case):
    windowed = sample_scores(record["flag_raw"][case])
    first, second = highest_points(windowed, record)
    assert [first.row, first.column] == record["flag_peak"][setting, case].tolist()
    assert first.score == pytest.approx(record["flag_peak_value"][setting, case].item(), abs=1e-5)
    thresholds = Thresholds(*record["flag_thresholds"][setting].tolist(), 0.7)
    flag, chosen = judge_peaks(first, second, windowed.shape, thresholds)
    assert flag is FLAGS[record["flag_code"][setting, case]]
    translation = (np.array([chosen.row, chosen.column]) - CROP / 2) * record["geo_target_scale"].item()
    assert translation == pytest.approx(record["flag_translation"][setting, case].numpy(), abs=1e-3)
