"""What users of the page are told of errors: the sentence, without the server's folders."""

import logging
import re

FAULT = "that did not work, by a fault of this program; its log says more"
FOLDERS = re.compile(
    r"(?<![\w/:])(?:~|[A-Za-z]:)?(?:[/\\][^/\\\n'\";:,()]*[^/\\\n'\";:,() ])*[/\\]([^/\\\n'\";:,() ]*)"
)
"""An absolute path; its last part is kept. Folders may hold blanks, but not end with one."""


def public_message(error: BaseException) -> str:
    """The sentence of an error with names of files in place of their paths."""
    return FOLDERS.sub(r"\1", str(error))


def log_fault(error: BaseException) -> None:
    """Put an error that nobody foresaw into the server's log."""
    logging.error("%s", FAULT, exc_info=error)
