"""Everything that README and docs name exists: files, headings, and options of commands."""

import functools
import importlib
import pathlib
import re
import shlex
import sys

import pytest

from dmb.__main__ import COMMANDS

ROOT = pathlib.Path(__file__).parents[1]
FOLDERS = (".", "docs", "examples", "pytracking/networks")
PAGES = [page for folder in FOLDERS for page in sorted((ROOT / folder).glob("*.md"))]
SCRIPTS = {
    "run_vot_test.py": "votTester.cli",
    "train_stage2.py": "ltr.run_training",
    "ltr/run_training.py": "ltr.run_training",
    "ltr/run_validation.py": "ltr.run_validation",
    "pytracking/run_tracker.py": "pytracking.run_tracker",
    "pytracking/run_video.py": "pytracking.run_video",
    "pytracking/run_webcam.py": "pytracking.run_webcam",
    "pytracking/run_experiment.py": "pytracking.run_experiment",
    "pytracking/run_vot.py": "pytracking.run_vot",
}
MODULES = {
    "pytracking.export": "pytracking.export",
    "pytracking.convert": "pytracking.convert",
    "pytracking.web": "pytracking.web.cli",
    "pytracking.analysis": "pytracking.analysis.__main__",
}
SUBCOMMANDS = {"pytracking.analysis.__main__": ("ope", "vos", "score", "playback", "pack")}
STARTS = re.compile(r"^(?:\S*torchrun .*?|\S*python3? |)(?:(-m) )?(\S+)(.*)$")


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}"
        if heading and target.suffix == ".md":
            assert heading in anchors(target), f"{page.name} links to {link}"


def command_texts(page):
    """Each command in code spans and blocks of a page, as written there."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```bash\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"^    (\S.*)$", text, flags=re.MULTILINE)
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for line in lines:
        for part in re.split(r" && |  #|; ", line):
            if any(command(part.strip())):
                yield part.strip()


def commands(page):
    """(module with `main`, its options) of each command of a page."""
    for text in command_texts(page):
        yield from command(text)


def command(text):
    if text.startswith("dmb "):
        _, name, *rest = text.split(" ")
        if name in COMMANDS:
            yield COMMANDS[name][0], options(" ".join(rest))
        return
    found = STARTS.match(text)
    if found and found[2].removeprefix("./") in SCRIPTS:
        yield SCRIPTS[found[2]], options(found[3])
    elif found and found[1] and found[2] in MODULES:
        yield MODULES[found[2]], options(found[3])


def options(text):
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return {word.partition("=")[0] for word in words if word.startswith("--") and word != "--"}


@functools.cache
def known_options(module):
    with pytest.MonkeyPatch.context() as patch:
        shown = []
        patch.setattr(sys, "argv", ["dmb"])
        patch.setattr("argparse.ArgumentParser._print_message", lambda parser, text, file=None: shown.append(text))
        for words in SUBCOMMANDS.get(module, ("",)):
            with pytest.raises(SystemExit):
                importlib.import_module(module).main([*words.split(), "--help"])
    parts = [text.partition("examples:")[0] for text in shown]
    return set(re.findall(r"--[\w-]+", "".join(parts)))


def test_options_of_commands_exist():
    found = [(page, *each) for page in PAGES for each in commands(page)]
    assert len(found) > 60
    for page, module, given in found:
        unknown = given - known_options(module)
        assert not unknown, f"{page.name}: {module} has no {', '.join(sorted(unknown))}"
