"""Starts a scenario's command, kills it at random moments, and starts it again."""

import multiprocessing
import os
import pathlib
import signal
import sys
import time

PATIENCE = 600
"""Seconds that a run may take."""
SCENARIOS_MODULE = "tests.crash.scenarios"
LATEST = 0.7
"""Share of a whole run's time after which none is killed: most runs that continue another are shorter."""


class Killer:
    """Kills the runs of one scenario.

    Args:
        scenario: see `tests.crash.scenarios`.
        folder: folder for the runs' outputs.
        rng: random.Random that draws the moments.

    Attributes:
        kills: number of kills so far.
    """

    def __init__(self, scenario, folder, rng):
        self._scenario, self._folder, self._rng = scenario, pathlib.Path(folder), rng
        self.kills = 0
        # Forked from a process that has only imported these modules; importing them would take longer than the run.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([SCENARIOS_MODULE, *scenario.imports])
        self._expected, self._duration = self._run_undisturbed()

    def kill(self, count):
        """Kill `count` runs; the last one is continued to its end, too. Returns how many runs finished.

        Raises:
            AssertionError, DMBError: a file is not whole, or a run cannot be continued or ends with other numbers.
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
        assert _exit_code(process) == 0, "fails without being killed"
        return self._scenario.numbers(output), time.monotonic() - start

    def _kill_once(self, output):
        """Run until a random moment. Returns False if the run ended before it."""
        process = self._start(output)
        self._wait_for_work(process, output)
        process.join(self._rng.uniform(0, LATEST * self._duration))
        process.kill()
        code = _exit_code(process)
        if code == 0:
            return False
        assert code == -signal.SIGKILL, f"ended with {code} before it was killed"
        self.kills += 1
        self._scenario.check(output)
        return True

    def _finish(self, output):
        assert _exit_code(self._start(output)) == 0, f"cannot be gone on with: {output}"
        self._scenario.check(output)
        assert self._scenario.numbers(output) == self._expected, f"other numbers in {output}"
        left = [path.name for path in output.rglob(".*")]
        assert not left, f"left in {output}: {left}"

    def _start(self, output):
        process = self._context.Process(target=_run, args=self._scenario.command(output))
        process.start()
        return process

    def _wait_for_work(self, process, output):
        """Wait until the run has written something, because too many moments would fall before that."""
        seen = set(output.rglob("*"))
        while process.is_alive() and set(output.rglob("*")) == seen:
            time.sleep(0.01)


def _run(main, arguments):
    """Run a command silently, as a process of its own."""
    with open(os.devnull, "w") as sys.stdout, open(os.devnull, "w") as sys.stderr:
        sys.exit(main(arguments))


def _exit_code(process):
    process.join(PATIENCE)
    return process.exitcode
