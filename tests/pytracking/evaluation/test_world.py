"""Several processes on two machines, as torchrun's environment describes them; one does not see the others' folder."""

import csv
import os
import pathlib
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from libs.dataset.rendered.sequences import render_sequence, write_vot
from libs.utils.errors import SettingsError
from pytracking.evaluation import world
from pytracking.evaluation.world import Address, join_world

LISTENING = pathlib.Path("/proc/net/tcp")
NAMES = ("easy", "rotation", "illumination", "scale_change", "deformation", "occlusion")
# The tracker waits until the last of four has begun, and is random enough to reveal its seed.
CODE = """
    import os, pathlib, sys, time
    import numpy as np
    from pytracking.evaluation import job_queue
    from pytracking.tracker.base.basetracker import BaseTracker

    class Slow(BaseTracker):
        def initialize(self, image, info):
            self.region = np.array(info["init_bbox"], dtype=float)
            pathlib.Path(f"took_{os.environ.get('RANK', 'serial')}").touch()

        def track(self, image, info=None):
            while pathlib.Path("hold").exists() and not pathlib.Path("took_3").exists():
                time.sleep(0.02)
            return {"polygon": self.region + np.random.rand()}

    if __name__ == "__main__":
        job_queue.LEASE = 2.0
        from votTester.cli import main
        sys.exit(main(["--dataset", "data", "--tracker", "slow:Slow", *sys.argv[1:]]))
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_vot([render_sequence(name, 10, (96, 72)) for name in NAMES], tmp_path / "data")
    (tmp_path / "slow.py").write_text(textwrap.dedent(CODE))
    return tmp_path


@pytest.fixture
def start(place):
    """Starts one rank of four: `start(rank, *arguments)`; ends those still running at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []

    def start_rank(rank, *arguments):
        names = {"RANK": rank, "WORLD_SIZE": 4, "LOCAL_RANK": rank % 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        environment = {**os.environ, **{name: str(value) for name, value in names.items()}}
        command = [sys.executable, "slow.py", *arguments]
        processes.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        return processes[-1]

    yield start_rank
    for process in processes:
        process.kill()
        process.communicate()


def wait_for(path):
    end = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} never came"
        time.sleep(0.02)


def numbers(results):
    """Outputs that must be equal: raw results, and the report except for speeds."""
    with (results / "data" / "result_0" / "report.csv").open() as stream:
        rows = [{name: value for name, value in row.items() if name != "fps"} for row in csv.DictReader(stream)]
    raw = sorted((results / "data" / "result_0" / "baseline").glob("*/*.txt"))
    return rows, [(path.name, path.read_text()) for path in raw]


@pytest.mark.slow
def test_four_processes_of_two_machines_one_killed_one_late_give_the_serial_numbers(place, start):
    serial = [sys.executable, "slow.py", "--results", "serial"]
    subprocess.run(serial, check=True, capture_output=True)
    (place / "hold").touch()
    first, second, third = start(0, "--results", "a"), start(1, "--results", "a"), start(2, "--results", "b")
    wait_for(place / "took_1")
    second.send_signal(signal.SIGKILL)
    fourth = start(3, "--results", "b")
    shown = first.communicate(timeout=240)[0].decode()
    assert first.returncode == 0, shown
    assert [each.wait(timeout=60) for each in (third, fourth)] == [0, 0]
    assert (place / "took_2").exists()
    assert numbers(place / "a") == numbers(place / "serial")
    assert len(numbers(place / "a")[1]) == len(NAMES)
    # The other machine keeps nothing, and the run's own files are gone.
    assert not (place / "b").exists()
    assert not list((place / "a").rglob(".*"))
    manifest, record = (place / "a" / "data" / "result_0" / name for name in ("manifest.json", "finished.jsonl"))
    assert manifest.is_file()
    assert len(record.read_text().splitlines()) == len(NAMES)


@pytest.mark.slow
def test_a_rank_that_would_run_otherwise_ends_before_its_first_frame(place, start):
    first = start(0, "--results", "a")
    other = start(1, "--results", "a", "--seed", "3", "--sequences", "easy")
    shown = other.communicate(timeout=240)[0].decode()
    assert other.returncode == 2
    assert "rank 1 would not run what rank 0 runs" in shown
    assert "seed: 0 there, 3 now; 5 sequences that not both have" in shown
    assert not (place / "took_1").exists()
    assert first.wait(timeout=240) == 0


def test_a_store_that_is_not_there_is_named_with_the_way_out(monkeypatch):
    monkeypatch.setattr(world, "PATIENCE", 0.0)
    monkeypatch.setattr(world, "RETRY", 0.01)
    with pytest.raises(SettingsError, match=r"store of the run at 127\.0\.0\.1:1 .* cannot be reached: .*start rank 0"):
        Address("127.0.0.1", 1, "").connect()


def test_what_the_environment_lacks_is_named(monkeypatch):
    join_world.cache_clear()
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(SettingsError, match="WORLD_SIZE is 2, so that RANK must be a number, not ''"):
        join_world()
    join_world.cache_clear()


def test_alone_without_an_environment(monkeypatch):
    join_world.cache_clear()
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    alone = join_world()
    join_world.cache_clear()
    assert (alone.rank, alone.size, alone.leads) == (0, 1, True)


def test_a_port_that_is_taken_is_named(monkeypatch):
    join_world.cache_clear()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for name, value in {"RANK": 0, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}.items():
            monkeypatch.setenv(name, str(value))
        with pytest.raises(SettingsError, match=f"rank 0 cannot open the store at 127.0.0.1:{port}"):
            join_world()
    join_world.cache_clear()


def test_a_local_store_answers_this_machine_alone():
    alone = world.World()
    store, address = alone.open_run(processes=True)
    assert address.host == "127.0.0.1"
    store.set("a", "b")
    assert address.connect().get("a") == b"b"
    if LISTENING.exists():
        lines = [line.split() for line in LISTENING.read_text().splitlines()[1:]]
        # 127.0.0.1, in the kernel's hexadecimal; 0A is a socket that listens.
        assert [line[1] for line in lines if line[1].endswith(f":{address.port:04X}") and line[3] == "0A"] == [
            f"0100007F:{address.port:04X}"
        ]
