"""Each example runs on a rendered clip, as a program of its own."""

import json
import os
import pathlib
import subprocess
import sys
import types

import numpy as np
import pytest

from libs.dataset.rendered.sequences import render_sequence
from libs.media.masks import write_mask
from libs.media.sources import open_source
from libs.media.video_writer import VideoWriter

ROOT = pathlib.Path(__file__).parents[2]
BOX = "60,25,28,16"
FRAMES = 8

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A folder with `clip.mp4` and the mask of its first frame, and in `own/` two clips with masks."""
    folder = tmp_path_factory.mktemp("clips")
    sequence = render_sequence("easy", FRAMES, (160, 120), seed=1)
    write_mask(folder / "mask.png", sequence.mask(0))
    for name in ("clip", "own/a", "own/b"):
        (folder / name).parent.mkdir(exist_ok=True)
        with VideoWriter(folder / f"{name}.mp4", 10.0) as video:
            for index in range(FRAMES):
                video.write(sequence.frame(index))
    for name in ("a", "b"):
        (folder / "own" / f"{name}_masks").mkdir()
        for index in range(FRAMES):
            write_mask(folder / "own" / f"{name}_masks" / f"{index:05d}.png", sequence.mask(index))
    return folder


def run(name, folder, *arguments):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / f"{name}.py", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_stream(clips, tmp_path):
    lines = run("stream", tmp_path, clips / "clip.mp4", *BOX.split(","))
    assert len(lines) == FRAMES
    assert all(" s  " in line for line in lines)


def test_several_objects(clips, tmp_path):
    lines = run("several_objects", tmp_path, clips / "clip.mp4", "out.mp4", BOX, "10,10,30,30")
    assert [line.partition(":")[0] for line in lines] == ["object 1", "object 2"]
    with open_source(str(tmp_path / "out.mp4")) as video:
        assert len(list(video)) == FRAMES


def test_correct(clips, tmp_path):
    lines = run("correct", tmp_path, clips / "clip.mp4", BOX, "4:62,25,28,16")
    assert len(lines) == FRAMES
    assert lines[4] == "frame 4: 1.00"
    assert (tmp_path / "corrected.session").is_file()


def test_coco_out(clips, tmp_path):
    run("coco_out", tmp_path, clips / "clip.mp4", clips / "mask.png", "tracks.json")
    annotations = json.loads((tmp_path / "tracks.json").read_text())["annotations"]
    assert [each["track_id"] for each in annotations] == [1] * FRAMES
    assert all("counts" in each["segmentation"] for each in annotations)


def test_own_tracker(tmp_path):
    lines = run("own_tracker", tmp_path)
    assert lines[-1].endswith(" failures")


def test_own_memory_policy(clips, tmp_path):
    lines = run("own_memory_policy", tmp_path, clips / "clip.mp4", BOX)
    assert lines[-1].endswith(f" of {FRAMES - 1} frames were kept")


def test_finetune(clips, tmp_path):
    options = ["--epochs", "1", "--clips", "4", "--batch-size", "2", "--workers", "0"]
    lines = run("finetune", tmp_path, clips / "own", clips / "clip.mp4", BOX, *options)
    assert lines[-1].startswith(f"frame {FRAMES - 1}: ")


def test_ros2_node(clips, monkeypatch):
    """With stand-ins for the parts of ROS that the node needs: publishing and messages."""
    published = []

    class Node:
        def __init__(self, name):
            self.name = name

        def create_publisher(self, kind, topic, depth):
            return types.SimpleNamespace(publish=published.append)

        def create_subscription(self, kind, topic, callback, depth):
            pass

    def detection(header):
        centre = types.SimpleNamespace(position=types.SimpleNamespace())
        return types.SimpleNamespace(header=header, bbox=types.SimpleNamespace(center=centre), results=[])

    stand_ins = {
        "rclpy": {},
        "rclpy.node": {"Node": Node},
        "cv_bridge": {"CvBridge": lambda: types.SimpleNamespace(imgmsg_to_cv2=lambda message, code: message.image)},
        "sensor_msgs.msg": {"Image": object, "RegionOfInterest": object},
        "vision_msgs.msg": {
            "Detection2D": detection,
            "ObjectHypothesisWithPose": lambda: types.SimpleNamespace(hypothesis=types.SimpleNamespace()),
        },
    }
    for name, content in stand_ins.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import ros2_node

    node = ros2_node.TrackerNode()
    with open_source(str(clips / "clip.mp4")) as video:
        images = [types.SimpleNamespace(image=frame.image, header=frame.index) for frame in video]
    node.follow(images[0])
    assert not published
    node.start(types.SimpleNamespace(x_offset=60, y_offset=25, width=28, height=16))
    for message in images[1:4]:
        node.follow(message)
    assert [each.header for each in published] == [1, 2, 3]
    assert published[0].bbox.size_x == pytest.approx(28)
    assert all(0 <= each.results[0].hypothesis.score <= 1 for each in published)
    assert np.isfinite(published[-1].bbox.center.position.x)
