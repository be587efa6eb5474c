"""Feeds damaged files to a target in a separate process, which may crash, hang or grow without harm to this one."""

import collections
import contextlib
import dataclasses
import functools
import json
import multiprocessing
import os
import pathlib
import random
import resource
import tempfile
import time
import traceback
import warnings

import torch

from libs.utils.errors import DMBError
from tests.fuzz.targets import TARGETS

MEMORY_GROWTH = 2**30
"""Bytes of resident memory that the process may use beyond what the valid files need."""
ADDRESS_SPACE = 2**33
"""Bytes of address space that it may reserve beyond this, so that the machine survives the faults."""
LONGEST = 30.0
"""Seconds that one input may take."""
KEPT = 3
"""Inputs to keep for each group of similar faults."""
NEXT, ACCEPTED, REFUSED = range(3)
PROJECT = ("/libs/", "/ltr/", "/pytracking/", "/votTester/")


@dataclasses.dataclass
class Outcome:
    """The outcome of a target's inputs.

    Attributes:
        accepted, refused: number of inputs that were read, and number that ended in a documented error.
        faults: description of anything else that happened -> number of times.
        seconds: total time.
    """

    accepted: int = 0
    refused: int = 0
    faults: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    seconds: float = 0.0


def run_target(name, count, seed, keep_in, progress):
    """Run inputs 0 to `count` of a target.

    Args:
        name: the target's name.
        count: number of inputs.
        seed: seed of the damage.
        keep_in: folder for inputs that found a fault, each in `<target>-<index>`.
        progress: called with the number of newly finished inputs.

    Returns:
        Outcome.
    """
    outcome, start, first = Outcome(), time.monotonic(), 0
    while first < count:
        first = _run_process(name, range(first, count), seed, keep_in, outcome, progress)
    outcome.seconds = time.monotonic() - start
    return outcome


def replay(folder):
    """Read a kept input in this process; its errors are passed on."""
    about = json.loads((folder / "about.json").read_text())
    with _valid_files(about["target"]) as place:
        (place / about["path"]).write_bytes((folder / "input").read_bytes())
        TARGETS[about["target"]].read(place)


def damaged_file(name, seed, index):
    """Path and bytes of the file that is input `index` of a target; the same seed gives the same file."""
    target, files = TARGETS[name], _seed_corpus(name)
    chooser = random.Random(f"{seed} {name} {index}")
    path = chooser.choice(target.damaged or sorted(files))
    return path, target.mutate(files[path], chooser)


@functools.cache
def _seed_corpus(name):
    return TARGETS[name].files()


def _run_process(name, indices, seed, keep_in, outcome, progress):
    """Run inputs in a new process until none are left or it ends. Returns the index to continue with."""
    # Forked, so that not every process spends seconds on imports.
    context = multiprocessing.get_context("fork")
    state = context.Array("q", [indices.start - 1, 0, 0], lock=False)
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(name, indices, seed, state, writer), daemon=True)
    process.start()
    writer.close()
    keep = functools.partial(_keep, name, seed, keep_in, outcome)
    reason = _watch(process, reader, state, indices.start, progress, keep)
    outcome.accepted += state[ACCEPTED]
    outcome.refused += state[REFUSED]
    if state[NEXT] == indices.stop:
        return indices.stop
    if state[NEXT] < indices.start:
        raise RuntimeError(f"target {name}: its valid files cannot be read")
    keep({"index": state[NEXT], "what": reason, "trace": reason})
    progress(1)
    return state[NEXT] + 1


def _watch(process, reader, state, first, progress, on_fault):
    """Wait for a process to end; its first input has the index `first`. Returns how it ended."""
    seen, moved = state[NEXT], time.monotonic()
    # The first input waits for the valid files.
    patience = 2 * LONGEST
    while True:
        with contextlib.suppress(EOFError):
            if reader.poll(0.2):
                on_fault(reader.recv())
        if state[NEXT] != seen:
            progress(state[NEXT] - max(seen, first))
            seen, moved, patience = state[NEXT], time.monotonic(), LONGEST
        if not process.is_alive() and not reader.poll():
            break
        if not process.is_alive():
            with contextlib.suppress(EOFError):
                on_fault(reader.recv())
                continue
            break
        if time.monotonic() - moved > patience:
            process.kill()
            process.join()
            return f"hang: no end within {patience:.0f} seconds"
    process.join()
    progress(state[NEXT] - max(seen, first))
    return f"crash: the interpreter ended with {process.exitcode}"


def _work(name, indices, seed, state, writer):
    """Run in the process: read one input after the other, and report each fault."""
    warnings.simplefilter("ignore")
    target = TARGETS[name]
    torch.set_num_threads(1)
    with open(os.devnull, "w") as silence, contextlib.redirect_stdout(silence), _valid_files(name) as place:
        files = _seed_corpus(name)
        target.read(place)
        resource.setrlimit(resource.RLIMIT_AS, (_reserved() + ADDRESS_SPACE,) * 2)
        largest = _resident() + MEMORY_GROWTH
        for index in indices:
            state[NEXT] = index
            path, content = damaged_file(name, seed, index)
            (place / path).write_bytes(content)
            try:
                target.read(place)
                state[ACCEPTED] += 1
            except DMBError:
                state[REFUSED] += 1
            except Exception as error:
                writer.send({"index": index, "what": _describe(error), "trace": traceback.format_exc()})
            if _resident() > largest:
                largest = _resident() + MEMORY_GROWTH
                writer.send({"index": index, "what": f"growth beyond {MEMORY_GROWTH >> 20} MB", "trace": ""})
            (place / path).write_bytes(files[path])
    state[NEXT] = indices.stop


@contextlib.contextmanager
def _valid_files(name):
    """A folder with a target's files and its own cache, in memory if the system allows this."""
    memory = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="fuzz_", dir=memory if memory.is_dir() else None) as folder:
        place = pathlib.Path(folder) / "files"
        os.environ["DMB_CACHE"] = str(pathlib.Path(folder) / "cache")
        for path, content in _seed_corpus(name).items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(content)
        yield place


def _describe(error):
    """An error's type, and the last line of the project that it went through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if any(part in f.filename for part in PROJECT)]
    where = f"{pathlib.Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "outside the project"
    return f"{type(error).__name__} at {where}"


def _keep(name, seed, keep_in, outcome, fault):
    outcome.faults[fault["what"]] += 1
    if outcome.faults[fault["what"]] > KEPT:
        return
    path, content = damaged_file(name, seed, fault["index"])
    folder = keep_in / f"{name}-{fault['index']}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "input").write_bytes(content)
    (folder / "about.json").write_text(json.dumps({"target": name, "path": path, "seed": seed, **fault}, indent=1))


def _resident():
    """Peak resident memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _reserved():
    """Bytes of address space of this process."""
    status = pathlib.Path("/proc/self/statm")
    return int(status.read_text().split()[0]) * resource.getpagesize() if status.is_file() else 2**36
