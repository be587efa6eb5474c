"""Kills runs with SIGKILL at random moments, and checks that what they leave is whole and can be continued.

    python -m tests.crash                              50 kills, divided between the scenarios
    python -m tests.crash --scenarios vot --kills 10    only the VOT test

For each scenario, an undisturbed run gives the numbers. Then runs are killed and restarted in the same folder until
they finish, over and over. After every kill each file must be whole; at every finish the numbers must be the same and
no draft must be left.
"""

import argparse
import pathlib
import random
import sys
import tempfile

from libs.utils.errors import DMBError
from tests.crash.killer import Killer
from tests.crash.scenarios import SCENARIOS


def main(arguments=None):
    """Run the command line. Returns 0, or 1 if a run did not survive."""
    parser = argparse.ArgumentParser(
        "python -m tests.crash", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=list(SCENARIOS), help="default: all")
    parser.add_argument("--kills", type=int, default=50, help="in all (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (%(default)s)")
    options = parser.parse_args(arguments)
    if options.kills < 1:
        parser.error(f"--kills {options.kills}: give 1 or more")
    names = options.scenarios
    rng = random.Random(options.seed)
    for number, name in enumerate(names):
        kills = options.kills // len(names) + (number < options.kills % len(names))
        with tempfile.TemporaryDirectory(prefix="crash_") as folder:
            killer = Killer(SCENARIOS[name](pathlib.Path(folder) / "input"), pathlib.Path(folder), rng)
            try:
                ended = killer.kill(kills)
            except (AssertionError, DMBError) as error:
                print(f"{name}: after {killer.kills} kills: {error}", file=sys.stderr)
                return 1
        print(f"{name}: {kills} kills, {ended} runs gone on with to the end: every file whole, the numbers the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
