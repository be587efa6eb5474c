"""Serves the page until it is stopped."""

import logging
import pathlib
import socket

import uvicorn

from libs.utils.errors import SettingsError
from pytracking.evaluation.tracker import Tracker
from pytracking.web.app import make_app
from pytracking.web.limits import Limits
from pytracking.web.places import Place
from pytracking.web.security import is_loopback, make_token


def serve(
    tracker: Tracker, host: str, port: int, token: str, root: str | None, keep: str | None, limits: Limits
) -> int:
    """Serve the page until Ctrl-C or a signal. Returns the exit status.

    Args:
        tracker: shared by all sessions.
        host, port: to listen on; port 0 picks a free one.
        token: required from users; empty for none on a loopback address, else for one that is generated and printed.
        root: folder whose files may be opened, or None.
        keep: folder where uploads stay, or None.
        limits: on what users may take.

    Raises:
        SettingsError: the address cannot be used, or a folder does not exist. Errors of building the tracker.
    """
    if root is not None and not pathlib.Path(root).expanduser().is_dir():
        raise SettingsError(f"--root {root} is no folder")
    kept = None if keep is None else pathlib.Path(keep).expanduser().resolve()
    listening = _listen(host, port)
    token = token or ("" if is_loopback(host) else make_token())
    app = make_app(tracker.create_tracker(), None if root is None else Place(root), limits, token, kept)
    shown = f"[{host}]" if ":" in host else host
    print(f"DMB: http://{shown}:{listening.getsockname()[1]}/{f'?token={token}' if token else ''}", flush=True)
    if not is_loopback(host):
        logging.warning("who is between you and the page can read along: for use by others put HTTPS in front of it")
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2, ws="none")
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises SettingsError if the address is taken, or is not this machine's."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"{host}, port {port}, cannot be listened on ({error}); give another --host or --port"
        ) from error
    return listening
