import pathlib
import re

import pytest

from libs.media.sources import open_source
from libs.utils.errors import DataError

README = pathlib.Path(__file__).parents[2] / "README.md"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """README's program that reads a video and writes one, in the current folder."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    (found,) = [block for block in blocks if "OverlayVideo" in block]
    monkeypatch.chdir(tmp_path)
    return found


def test_readmes_program_reads_a_video_and_writes_one(program, clip, tmp_path):
    (tmp_path / "clip.mp4").write_bytes((clip / "clip.mp4").read_bytes())
    exec(program, {})
    with open_source("out.mp4") as written:
        assert len(list(written)) == 12


def test_readmes_program_stops_where_a_video_is_damaged_and_keeps_what_it_wrote(program, clip, tmp_path):
    whole = (clip / "clip.mp4").read_bytes()
    (tmp_path / "clip.mp4").write_bytes(whole[: len(whole) * 4 // 5])
    with pytest.raises(DataError, match="damaged or cut short"):
        exec(program, {})
    with open_source("out.mp4") as written:
        assert 0 < len(list(written)) < 12
