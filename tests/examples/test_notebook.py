"""The notebook runs from its first cell to its last, on fewer frames of its own clip."""

import json
import os
import pathlib

import pytest

from libs.media.sources import open_source

ROOT = pathlib.Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "video.ipynb"
FRAMES = 4

pytestmark = pytest.mark.slow


def test_from_a_video_to_its_export(tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient and ipykernel: pip install '.[notebook]'")
    pytest.importorskip("ipykernel", reason="needs nbclient and ipykernel: pip install '.[notebook]'")
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    settings = notebook.cells[1]
    assert "FRAMES = 60, 30" in settings.source
    settings.source = settings.source.replace("FRAMES = 60, 30", f"FRAMES = 60, {FRAMES}")
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": os.fspath(tmp_path)}}).execute()
    written = tmp_path / "notebook_results"
    tracks = json.loads((written / "tracks.json").read_text())["annotations"]
    assert [each["track_id"] for each in tracks].count(1) == FRAMES
    assert (written / "clip.session").is_file()
    with open_source(written / "tracked.mp4") as video:
        assert len(list(video)) == FRAMES
