"""The command: `python -m pytracking.web --help`."""

import argparse

from libs.utils.command_line import command_parser, run_command
from libs.utils.errors import SettingsError
from pytracking.evaluation.command_line import add_tracker_options, tracker_of
from pytracking.web.limits import Limits

SCRIPT = "python -m pytracking.web"
EXAMPLES = """examples:
  python -m pytracking.web                                     on this machine only: http://127.0.0.1:7878
  python -m pytracking.web --root /data/videos                 videos and folders of images below it can be opened
  python -m pytracking.web --host 0.0.0.0 --token SECRET       for others too, who open http://MACHINE:7878/?token=SECRET
  python -m pytracking.web --device cuda --checkpoint mine.pth.tar --set memory_interval=3

Nothing is sent anywhere, and what is uploaded is deleted at the end. For use by others put a server that speaks HTTPS
in front of it: docs/web.md says how.
"""
LIMITS = (
    ("upload", "--max-upload", "MB", "size of all uploads of one session"),
    ("frames", "--max-frames", "N", "frames of a video"),
    ("side", "--max-side", "PIXELS", "longer side of the frames of a video"),
    ("sessions", "--max-sessions", "N", "sessions at a time"),
    ("runs", "--max-runs", "N", "runs that take turns; further ones wait in a queue"),
    ("objects", "--max_objects", "N", "objects that a session follows at a time"),
    ("idle", "--idle", "MINUTES", "time without activity after which a session ends"),
    ("grace", "--grace", "SECONDS", "time for which a run continues after its page is closed"),
)
"""Field of `Limits`, its option, its unit, and what it limits."""
MISSING = "the page needs packages that are not installed: pip install 'dmb-tracker[web]', or bash install.sh --web"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns 0; 2 on bad input; 130 on Ctrl-C, 143 on SIGTERM, 129 on SIGHUP."""
    return run_command(_run, _parser().parse_args(arguments))


def _run(options: argparse.Namespace) -> int:
    # Imported late, because these take seconds, and --help must be quick.
    try:
        from pytracking.web.server import serve
    except ModuleNotFoundError as error:
        if error.name in ("starlette", "uvicorn", "anyio"):
            raise SettingsError(MISSING) from error
        raise
    names = Limits.__dataclass_fields__
    limits = Limits(**{name: getattr(options, name) for name in names})
    tracker = tracker_of(options)
    return serve(tracker, options.host, options.port, options.token, options.root, options.keep, limits)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(SCRIPT, "A page to try the tracker on: prompt, follow, correct, take away.", EXAMPLES)
    add = parser.add_argument
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on; any other than this machine's own needs a token (%(default)s)",
    )
    add("--port", type=int, default=7878, help="0 picks a free one (%(default)s)")
    add(
        "--token",
        default="",
        help="what users need to get in (default: none on this machine, else generated)",
    )
    add("--root", metavar="FOLDER", help="folder whose videos may be opened (default: none, only uploads)")
    add("--keep", metavar="FOLDER", help="where uploads stay (default: they are deleted with their session)")
    add_tracker_options(parser)
    limits = parser.add_argument_group("limits")
    for name, option, unit, what in LIMITS:
        kind = type(getattr(Limits(), name))
        limits.add_argument(
            option, dest=name, type=kind, default=getattr(Limits(), name), metavar=unit, help=f"{what} (%(default)s)"
        )
    return parser
