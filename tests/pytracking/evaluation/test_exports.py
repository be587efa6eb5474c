"""Results in the formats of other tools, by the commands that make results."""

import json

import numpy as np
import pytest

from libs.media.annotations.registry import read_annotations
from libs.media.masks import read_mask
from libs.utils.errors import SettingsError
from pytracking.evaluation.exports import check_formats
from pytracking.evaluation.running import run_dataset
from pytracking.evaluation.tracker import Tracker
from pytracking.run_video import main as run_video


def test_a_video_in_two_formats(clip, results, capsys):
    arguments = ["DMB", "DMB_default_params", str(clip / "vot" / "easy" / "color"), "--mask", str(clip / "mask.png")]
    assert run_video([*arguments, "--format", "coco", "--format", "csv"]) == 0
    folder = results / "DMB" / "DMB_default_params" / "video_color"
    assert f"written: {folder / 'coco.json'}" in capsys.readouterr().out
    content = json.loads((folder / "coco.json").read_text())
    assert [image["file_name"] for image in content["images"]] == [f"{index:08d}.jpg" for index in range(1, 13)]
    assert {row["track_id"] for row in content["annotations"]} == {1}
    frames = {frame.index: frame for frame in read_annotations(folder / "coco.json").frames()}
    for index in (0, 11):
        (found,) = frames[index].objects
        np.testing.assert_array_equal(found.mask, read_mask(folder / "masks" / f"{index:05d}.png") == 1)
    scores = [line.split("\t") for line in (folder / "scores_1.txt").read_text().splitlines()]
    table = (folder / "csv.csv").read_text().splitlines()[1:]
    assert [line.split(",")[-1] for line in table] == [state for _, state in scores]
    before = (folder / "coco.json").read_bytes()
    assert run_video([*arguments, "--format", "coco", "--format", "yolo"]) == 0
    out = capsys.readouterr().out
    assert f"kept: {folder / 'coco.json'}" in out
    assert f"written: {folder / 'yolo'}" in out
    assert (folder / "coco.json").read_bytes() == before
    assert len(list((folder / "yolo" / "labels").iterdir())) == 12


def test_a_part_of_a_video_in_a_format(clip, results):
    box = ["--optional_box", "60", "25", "28", "16", "--start", "2", "--end", "11", "--stride", "3", "--format", "coco"]
    for video, names in (
        (clip / "clip.mp4", ["00000.jpg", "00001.jpg", "00002.jpg"]),
        (clip / "vot" / "easy" / "color", ["00000003.jpg", "00000006.jpg", "00000009.jpg"]),
    ):
        # Both when the video is tracked, and when it is found to be finished.
        for _ in range(2):
            assert run_video(["ncc", "default", str(video), *box]) == 0
            written = results / "ncc" / "default" / f"video_{video.stem}" / "coco.json"
            images = json.loads(written.read_text())["images"]
            assert [(image["frame_index"], image["file_name"]) for image in images] == list(enumerate(names))
            assert {(image["height"], image["width"]) for image in images} == {(72, 96)}
            written.unlink()


def test_a_dataset(small_sequences, tmp_path, capsys):
    def run(**options):
        assert run_dataset(small_sequences[:1], [Tracker("ncc")], results=tmp_path, **options) == []
        return capsys.readouterr().out

    folder = tmp_path / "ncc" / "default"
    run(formats=["mot"])
    boxes = np.loadtxt(folder / "easy.txt", delimiter="\t")
    rows = np.loadtxt(folder / "mot" / "easy.txt", delimiter=",")
    np.testing.assert_array_equal(rows[:, 0], np.arange(len(boxes)) + 1)
    np.testing.assert_allclose(rows[:, 2:6] - [1, 1, 0, 0], boxes, atol=1e-4)
    # Finished results are written in a new format, and kept in an existing one.
    assert "mot" not in run(formats=["mot", "jsonl"])
    assert (folder / "jsonl" / "easy.jsonl").is_file()
    assert f"written: {folder / 'mot' / 'easy_2.txt'}" in run(formats=["mot"], force=True)


def test_formats_are_checked_before_anything_runs(clip, results, capsys):
    assert run_video([str(clip / "clip.mp4"), "--mask", str(clip / "mask.png"), "--format", "cocoa"]) == 2
    assert "there is no format 'cocoa' (did you mean coco?)" in capsys.readouterr().err
    assert not results.exists()
    with pytest.raises(SettingsError, match="--protocol ope or vos"):
        check_formats(["coco"], object())
