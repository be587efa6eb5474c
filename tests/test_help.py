"""Help is quick: no command imports torch before it has something to do."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]
SCRIPTS = [
    path.relative_to(ROOT).as_posix()
    for folder in (".", "ltr", "pytracking")
    for path in sorted((ROOT / folder).glob("*.py"))
    if '__name__ == "__main__"' in path.read_text()
]
MODULES = ["pytracking.analysis", "pytracking.web", "tests.bench"]
ASK_ALL = """
import contextlib, io, runpy, sys
for command in sys.argv[1:]:
    run = runpy.run_path if command.endswith(".py") else runpy.run_module
    sys.argv = [command, "--help"]
    try:
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            run(command, run_name="__main__")
    except SystemExit as end:
        print(command, end.code, shown.getvalue()[:6], "torch" in sys.modules)
"""


def test_help_of_every_command_imports_no_torch():
    assert len(SCRIPTS) >= 10
    command = [sys.executable, "-c", ASK_ALL, *SCRIPTS, *MODULES]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert asked.stdout.splitlines() == [f"{command} 0 usage: False" for command in [*SCRIPTS, *MODULES]], asked.stderr
