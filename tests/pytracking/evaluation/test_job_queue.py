import json

import pytest
from torch.distributed import HashStore

from libs.utils.errors import FullDiskError
from pytracking.evaluation import job_queue
from pytracking.evaluation.gathering import CHUNK, receive_files, send_files
from pytracking.evaluation.job_queue import JobQueue, Worker, new_number


@pytest.fixture
def make_worker():
    """Makes workers for three jobs, each with its own view of one store; none sends a heartbeat."""
    store = HashStore()

    def make():
        return Worker(JobQueue(store, 3), new_number(store))

    return make


@pytest.fixture
def clock(monkeypatch):
    """A clock for `job_queue`; sleeping advances it."""
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    monkeypatch.setattr(job_queue.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(job_queue.time, "sleep", sleep)
    return now


def test_each_job_goes_to_one_worker(make_worker):
    one, two = make_worker(), make_worker()
    assert [one.take(), two.take(), one.take()] == [0, 1, 2]
    for job in range(3):
        one.finish(job, None)
    assert one.take() is two.take() is None


def test_the_job_of_a_silent_worker_goes_to_another(make_worker, clock):
    silent, other = make_worker(), make_worker()
    assert silent.take() == 0
    for job in (1, 2):
        assert other.take() == job
        other.finish(job, None)
    assert other.take() == 0
    assert job_queue.LEASE < clock[0] < job_queue.LEASE + 1


def test_one_that_beats_keeps_its_job(make_worker, clock):
    slow, other = make_worker(), make_worker()
    assert [slow.take(), other.take(), other.take()] == [0, 1, 2]
    other.finish(1, None)
    other.finish(2, None)

    def idle():
        slow.queue.store.add(f"beat/{slow.number}", 1)
        if clock[0] > 3 * job_queue.LEASE:
            slow.finish(0, None)

    assert other.take(idle) is None


def test_a_job_that_was_counted_but_never_claimed_is_not_lost(make_worker, clock):
    """Its worker died between the two."""
    killed, other = make_worker(), make_worker()
    killed.queue.store.add("next", 1)
    assert [other.take(), other.take()] == [1, 2]
    other.finish(1, None)
    other.finish(2, None)
    assert other.take() == 0


def test_one_that_is_known_to_have_ended_is_not_waited_for(make_worker, clock):
    one, two = make_worker(), make_worker()
    assert [one.take(), two.take(), two.take()] == [0, 1, 2]
    two.queue.bury(one.number, "its process ended with exit code -9")
    assert two.take() == 0
    assert clock[0] == 0


def test_a_job_that_costs_two_workers_has_failed(make_worker, clock):
    workers = [make_worker() for _ in range(3)]
    assert [workers[0].take(), workers[2].take(), workers[2].take()] == [0, 1, 2]
    for job in (1, 2):
        workers[2].finish(job, None)
    workers[0].queue.bury(workers[0].number, "its process ended with exit code 3")
    assert workers[1].take() == 0
    workers[1].queue.bury(workers[1].number, "its process ended with exit code 3")
    assert workers[2].take() is None
    assert workers[2].queue.outcome(0)["failure"] == ["its process ended with exit code 3", ""]


def test_a_failure_counts_from_the_holder_only_and_the_first_word_stands(make_worker, clock):
    late, holder = make_worker(), make_worker()
    late.take()
    holder.queue.bury(late.number, "silent")
    assert [holder.take(), holder.take(), holder.take()] == [1, 2, 0]
    late.finish(0, ("the file is there already", ""))
    assert holder.queue.outcome(0) is None
    holder.finish(0, None)
    late.finish(0, None)
    assert holder.queue.outcome(0)["worker"] == holder.number


def test_what_ends_the_run_ends_it_for_all(make_worker):
    one, two = make_worker(), make_worker()
    one.queue.end("full", "a.txt cannot be written")
    with pytest.raises(FullDiskError, match=r"a\.txt"):
        two.take()


def test_outcomes_are_text(make_worker):
    worker = make_worker()
    worker.finish(worker.take(), ("reason", "trace"), sent=[(0, 2)])
    assert json.loads(worker.queue.store.get("outcome/0"))["sent"] == [[0, 2]]


def test_files_travel_whole_and_leave_nothing(tmp_path):
    store = HashStore()
    there = [tmp_path / "there" / name for name in ("boxes.txt", "empty.txt", "never.txt")]
    there[0].parent.mkdir()
    content = bytes(range(256)) * (CHUNK // 128) + b"end"
    there[0].write_bytes(content)
    there[1].touch()
    sent = send_files(store, "1/0", there)
    assert sent == [(0, 3), (1, 1)]
    assert not list(there[0].parent.iterdir())
    here = [tmp_path / "here" / path.name for path in there]
    receive_files(store, "1/0", sent, here)
    assert here[0].read_bytes() == content
    assert here[1].read_bytes() == b""
    assert not here[2].exists()
    assert not store.check(["file/1/0/0/0"])
