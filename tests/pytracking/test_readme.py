import pathlib
import re

from libs.media.sources import open_source

README = pathlib.Path(__file__).parents[2] / "README.md"


def test_the_program_that_reads_a_video_and_writes_one_runs_as_it_stands(clip, tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    (program,) = [block for block in blocks if "OverlayVideo" in block]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").write_bytes((clip / "clip.mp4").read_bytes())
    exec(program, {})
    with open_source("out.mp4") as written:
        assert len(list(written)) == 12
