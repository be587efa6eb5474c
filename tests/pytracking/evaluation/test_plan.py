import pytest
from torch.distributed import HashStore

from libs.utils.errors import SettingsError
from pytracking.evaluation.plan import follow_plan, publish_plan
from pytracking.evaluation.world import World

MANIFEST = {
    "tracker": "DMB",
    "parameters": {"memory_interval": 5},
    "checkpoint": {"file": "a.pth.tar", "sha256": "0" * 64},
    "protocol": "ope",
    "seed": 0,
    "sequences": {"bag": "1234"},
    "first_pixel": {"bag": 0},
}


def follow(folder, **changes):
    """What rank 0 tells rank 1 of two if rank 1's manifest has these changes."""
    store = HashStore()
    with (
        publish_plan(store, World(0, 2), MANIFEST, ["bag 1"], folder),
        follow_plan(store, World(1, 2), {**MANIFEST, **changes}, folder) as plan,
    ):
        return plan


def test_a_rank_that_would_run_the_same_is_told_what_is_to_be_done(tmp_path):
    assert follow(tmp_path) == (["bag 1"], tmp_path, False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"parameters": {"memory_interval": 3}}, "parameter memory_interval: 5 there, 3 now"),
        (
            {"checkpoint": {"file": "b.pth.tar", "sha256": "f" * 64}},
            r"checkpoint: a.pth.tar \(sha256 0{12}\) there, b.pth.tar \(sha256 f{12}\) now",
        ),
        ({"sequences": {"bag": "5678"}}, "ground truth of bag"),
        ({"sequences": {"bag": "1234", "ball1": "9"}}, "1 sequences that not both have, such as ball1 of rank 1"),
    ],
)
def test_a_rank_that_would_run_otherwise_is_told_what_differs(tmp_path, changes, named):
    with pytest.raises(SettingsError, match=f"rank 1 would not run what rank 0 runs.*{named}"):
        follow(tmp_path, **changes)
