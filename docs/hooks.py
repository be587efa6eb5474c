"""For mkdocs: the start page is README.md, and links to files of the repository lead there or are shown as paths."""

import pathlib
import re
from typing import Any

ROOT = pathlib.Path(__file__).parents[1]
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./([^)#]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, config: Any, **given: Any) -> str:
    """The text of a page as mkdocs is to render it."""
    if page.file.src_uri == "index.md":
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        # One level up: what is beside README is above docs/, and what is in docs/ is here.
        markdown = re.sub(r"\]\((?!https?:|#)(?!docs/)", "](../", readme).replace("](docs/", "](")
    return OUTSIDE.sub(lambda found: _in_repository(found[1], found[2], config.repo_url), markdown)


def _in_repository(text: str, path: str, repository: str | None) -> str:
    if repository:
        return f"[{text}]({repository.rstrip('/')}/blob/main/{path})"
    return text if path in text else f"{text} (`{path}`)"
