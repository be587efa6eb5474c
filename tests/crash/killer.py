"""Starts a scenario's command, kills it at random moments, and starts it again."""

import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[2]
PATIENCE = 600
"""Seconds that a run may take."""
LATEST = 0.7
"""Share of the time of a whole run, after which none is killed: most runs that go on with another are shorter."""


class Killer:
    """Kills the runs of one scenario.

    Args:
        scenario: see `tests.crash.scenarios`.
        folder: for the outputs of the runs.
        rng: random.Random of the moments.

    Attributes:
        kills: how many there were.
    """

    def __init__(self, scenario, folder, rng):
        self._scenario, self._folder, self._rng = scenario, pathlib.Path(folder), rng
        self.kills = 0
        self._expected, self._duration = self._run_undisturbed()

    def kill(self, count):
        """Kill `count` runs; the last one is gone on with to its end too. Returns how many runs came to their end.

        Raises:
            AssertionError, DMBError: a file is not whole, a run cannot be gone on with, or ends with other numbers.
        """
        ended, killed = 0, 0
        while killed < count:
            output = self._folder / f"run_{ended}"
            while killed < count and self._kill_once(output):
                killed += 1
            self._finish(output)
            ended += 1
        return ended

    def _run_undisturbed(self):
        output = self._folder / "undisturbed"
        process = self._start(output)
        self._wait_for_work(process, output)
        start = time.monotonic()
        assert process.wait(PATIENCE) == 0, process.args
        return self._scenario.numbers(output), time.monotonic() - start

    def _kill_once(self, output):
        """Run until a random moment. Returns False where the run ended before it."""
        process = self._start(output)
        self._wait_for_work(process, output)
        try:
            process.wait(self._rng.uniform(0, LATEST * self._duration))
        except subprocess.TimeoutExpired:
            process.kill()
        if process.wait() == 0:
            return False
        assert process.returncode == -9, f"{process.args} ended with {process.returncode}"
        self.kills += 1
        self._scenario.check(output)
        return True

    def _finish(self, output):
        process = self._start(output)
        assert process.wait(PATIENCE) == 0, f"cannot be gone on with: {process.args}"
        self._scenario.check(output)
        assert self._scenario.numbers(output) == self._expected, f"other numbers in {output}"
        left = [path.name for path in output.rglob(".*")]
        assert not left, f"left in {output}: {left}"

    def _start(self, output):
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, *self._scenario.command(output)]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env=environment, cwd=ROOT, **silent)

    def _wait_for_work(self, process, output):
        """Wait until the run has written something: a moment drawn before would mostly hit the imports."""
        seen = set(output.rglob("*"))
        while process.poll() is None and set(output.rglob("*")) == seen:
            time.sleep(0.02)
