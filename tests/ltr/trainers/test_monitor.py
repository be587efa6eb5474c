"""Means, rates and pictures."""

import errno
import math

import pytest
import torch

from libs.utils.errors import DataError
from ltr.actors.clip_actor import ClipResult
from ltr.data.clip import ClipBatch
from ltr.trainers.monitor import Monitor, RunningMeans, Stopwatch, clip_picture


def test_means_weigh_by_count(alone):
    means = RunningMeans("loss", "iou")
    means.add("loss", 6.0, 3)
    means.add("loss", 10.0, 1)
    values = means.reduced(alone).means()
    assert values["loss"] == 4.0
    assert math.isnan(values["iou"])


def test_they_go_on_where_they_were():
    means, again = RunningMeans("loss"), RunningMeans("loss")
    means.add("loss", 6.0, 3)
    again.load_state_dict(means.state_dict())
    again.add("loss", 2.0, 1)
    assert again.means() == {"loss": 2.0}
    assert means.means() == {"loss": 2.0}
    assert means.state_dict() == {"loss": [6.0, 3.0]}


def test_the_data_wait_is_the_share_of_time_before_steps(monkeypatch):
    times = iter([0.0, 1.0, 4.0, 5.0, 8.0, 8.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    watch = Stopwatch()
    for _ in range(2):
        watch.step_begins()
        watch.step_ends()
    assert watch.rates(16) == {"clips_per_second": 2.0, "data_wait": pytest.approx(0.25)}


def test_a_picture_shows_both_rows_of_the_first_clip():
    masks = torch.zeros(2, 3, 32, 32, dtype=torch.bool)
    masks[0, :, 8:16, 8:16] = True
    batch = ClipBatch(
        images=torch.zeros(2, 3, 3, 32, 32, dtype=torch.uint8),
        masks=masks,
        first_masks=masks[:, 0].float(),
        centres=torch.zeros(2, 3, 2),
        clip_of_object=torch.tensor([0, 1]),
        box_start=torch.tensor([False, False]),
        objects=[1, 1],
        names=["a", "b"],
        skipped=[],
    )
    picture = clip_picture(batch, ClipResult(torch.zeros(2), torch.zeros(2, 2), torch.zeros(2, 2, 32, 32)))
    assert picture.shape == (3, 2 * 34 + 2, 3 * 34 + 2)
    lit = picture.sum(dim=0) > 0
    cells = [
        [lit[34 * row + 2 : 34 * row + 34, 34 * col + 2 : 34 * col + 34].sum() for col in range(3)] for row in (0, 1)
    ]
    assert [[int(count) for count in row] for row in cells] == [[64, 64, 64], [64, 0, 0]]


def test_a_folder_that_cannot_be_written_is_named(alone, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file/tensorboard cannot be written"):
        Monitor(tmp_path / "file" / "tensorboard", alone)


def test_a_full_disk_is_told(alone, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monitor = Monitor(tmp_path, alone)
    monkeypatch.setattr("torch.utils.tensorboard.SummaryWriter.add_scalar", full)
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\)"):
        monitor.numbers("train", {"loss": 1.0}, 1)
    monitor.close()
