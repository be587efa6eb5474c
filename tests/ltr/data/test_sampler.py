"""Keys of clips: shared out without overlap, resumable, with a growing frame gap."""

from ltr.admin.settings import TrainSettings
from ltr.data.sampler import ClipSampler

SETTINGS = TrainSettings(
    clips_per_epoch=12, batch_size=2, frame_gap=2, frame_gap_step=3, frame_gap_every=2, frame_gap_max=7
)


def test_processes_share_the_clips_of_every_step():
    keys = [list(ClipSampler(SETTINGS, rank, 3)) for rank in range(3)]
    assert [len(part) for part in keys] == [4, 4, 4]
    for step in range(2):
        taken = sorted(key.index for part in keys for key in part[2 * step : 2 * step + 2])
        assert taken == list(range(6 * step, 6 * step + 6))


def test_it_goes_on_in_the_middle_of_an_epoch():
    sampler = ClipSampler(SETTINGS, 1, 2)
    everything = list(sampler)
    sampler.next_epoch()
    sampler.advance(2)
    again = ClipSampler(SETTINGS, 1, 2)
    again.load_state_dict(sampler.state_dict(), sampler.frame_gap)
    rest = list(again)
    assert [key.index for key in rest] == [key.index for key in everything[4:]]
    assert len(again) == len(rest) == 2
    assert {key.epoch for key in rest} == {2}


def test_the_frame_gap_grows_to_its_limit():
    sampler, gaps = ClipSampler(SETTINGS), []
    for _ in range(7):
        gaps.append(sampler.frame_gap)
        assert {key.frame_gap for key in sampler} == {gaps[-1]}
        sampler.next_epoch()
    assert gaps == [2, 2, 5, 5, 7, 7, 7]
