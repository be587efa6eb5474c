"""Error messages for users of the page: one sentence, without the server's folders."""

import logging
import re

FAULT = "that did not work, by a fault of this program; its log says more"
FOLDERS = re.compile(
    r"(?<![\w/:])(?:~|[A-Za-z]:)?(?:[/\\][^/\\\n'\";:,()]*[^/\\\n'\";:,() ])*[/\\]([^/\\\n'\";:,() ]*)"
)
"""An absolute path; its last part is kept. Names of folders may contain blanks, but not end with one."""


def public_message(error: BaseException) -> str:
    """The message of an error, with file names instead of paths."""
    return FOLDERS.sub(r"\1", str(error))


def log_fault(error: BaseException) -> None:
    """Write an unexpected error to the server's log."""
    logging.error("%s", FAULT, exc_info=error)
