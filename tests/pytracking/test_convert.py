"""The command that converts annotations from one format to another."""

import json

import numpy as np

from libs.media.masks import read_mask
from pytracking.convert import main


def test_from_a_mask_to_boxes_and_back_to_another_tool(clip, tmp_path, capsys):
    target = tmp_path / "boxes.jsonl"
    assert main([str(clip / "mask.png"), str(target)]) == 0
    assert "1 frames, 1 objects" in capsys.readouterr().out
    (row,) = map(json.loads, target.read_text().splitlines())
    mask = read_mask(clip / "mask.png") > 0
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    assert row["box"] == [columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1]
    assert main([str(target), str(tmp_path / "masks"), "--to", "png"]) == 0
    np.testing.assert_array_equal(read_mask(tmp_path / "masks" / "00000.png") > 0, mask)


def test_the_video_tells_the_size(clip, tmp_path):
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("frame,id,x,y,w,h\n3,2,10,12,24,18\n")
    assert main([str(boxes), str(tmp_path / "labels"), "--to", "yolo", "--video", str(clip / "clip.mp4")]) == 0
    text = (tmp_path / "labels" / "labels" / "00003.txt").read_text().split()
    np.testing.assert_allclose(list(map(float, text)), [1, 22 / 96, 21 / 72, 24 / 96, 18 / 72], atol=1e-7)


def test_bad_input_is_one_sentence(clip, tmp_path, capsys):
    mask = str(clip / "mask.png")
    for arguments, message in (
        ([mask], "give FROM and TO"),
        ([mask, "masks"], "does not say the format; give --to"),
        ([mask, "masks", "--to", "pngs"], "there is no format 'pngs' (did you mean png?)"),
        ([str(tmp_path / "gone"), "a.csv"], "does not exist"),
        ([mask, str(tmp_path), "--to", "csv"], "is there already"),
    ):
        assert main(arguments) == 2
        captured = capsys.readouterr().err
        assert message in captured
        assert captured.count("\n") == 1


def test_the_formats_are_listed(capsys):
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 13
