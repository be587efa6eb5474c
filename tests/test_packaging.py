"""The packages of `python -m build`, installed away from any checkout: complete, and every command runs for real."""

import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile

import numpy as np
import pytest

from libs.dataset.rendered.sequences import render_sequence
from libs.media.images import write_image
from libs.media.masks import write_mask

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[1]
PACKAGES = ("dmb", "libs", "ltr", "pytracking", "votTester", "dmb_onnx")
FILES = ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CITATION.cff", "install.sh", "train_stage2.py")
LOCAL = ("pytracking/evaluation/local.py", "ltr/admin/local.py")
LEFT_OUT = ("__pycache__", "local.py", "node_modules")
SCRIPTS = {
    "dmb-vot": "run_vot_test.py",
    "dmb-video": "run_video.py",
    "dmb-track": "run_tracker.py",
    "dmb-train": "run_training.py",
    "dmb-export": "pytracking.export",
    "dmb-web": "pytracking.web",
}


def run(command, folder, **environment):
    """Run a command in a folder, without this checkout or the user's settings in its environment."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH" and not name.startswith("DMB_")}
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**kept, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def files_below(folder, suffixes=None):
    """Paths relative to the folder, without compiled files."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.as_posix() for path in paths if suffixes is None or path.suffix in suffixes}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the checkout, because building writes into it; with somebody's own paths."""
    source = tmp_path_factory.mktemp("source")
    for name in (*PACKAGES, "tests", "docs"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in FILES:
        shutil.copy(ROOT / name, source)
    for name in LOCAL:
        (source / name).write_text("raise RuntimeError('private paths')\n")
    return source


@pytest.fixture(scope="module")
def built(source, tmp_path_factory):
    """Folder of the source distribution and the wheel, built by the installed setuptools: nothing is downloaded."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("dist")
    done = run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, source], folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def site(built, tmp_path_factory):
    """A fresh environment with the wheel; torch and the rest are those that run this test."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    (wheel,) = built.glob("*.whl")
    done = run([folder / "bin" / "python", "-m", "pip", "install", "--no-deps", "--no-index", wheel], folder)
    assert done.returncode == 0, done.stderr
    return site


@pytest.fixture
def installed(site, tmp_path):
    """Function that runs an installed command in `tmp_path`; it must write nothing beside the installed packages."""
    before = files_below(site)
    (tmp_path / "home").mkdir()

    def start(name, *arguments):
        return run([site.parents[2] / "bin" / name, *arguments], tmp_path, HOME=str(tmp_path / "home"))

    yield start
    assert files_below(site) == before


def succeed(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def videos(tmp_path):
    """YouTube-VOS layout: three rendered videos of 8 frames."""
    root = tmp_path / "videos"
    for name in ("easy", "rotation", "fast_motion"):
        sequence = render_sequence(name, 8, (96, 72), seed=1)
        for kind in ("JPEGImages", "Annotations"):
            (root / kind / name).mkdir(parents=True)
        for index in range(8):
            write_image(root / "JPEGImages" / name / f"{index:05d}.jpg", sequence.frame(index))
            write_mask(root / "Annotations" / name / f"{index:05d}.png", sequence.mask(index))
    return root


def test_the_wheel_holds_all_of_the_packages_and_nothing_private(source, built):
    (wheel,) = built.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {f"{name}/{path}" for name in PACKAGES for path in files_below(source / name)}
    assert names == wanted - set(LOCAL)
    assert {"pytracking/networks/dmb_lite2.pth.tar", "libs/dataset/data/otb_frames.csv"} <= names


def test_the_source_distribution_holds_the_checkout(source, built):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {*FILES, "docs/export.md", "tests/conftest.py", "tests/test_packaging.py"} <= names
    assert not set(LOCAL) & names


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_names_the_installed_command(installed, name):
    shown = succeed(installed(name, "--help"))
    assert shown == succeed(installed("dmb", name.removeprefix("dmb-"), "--help")).replace("dmb ", "dmb-")
    assert shown.startswith(f"usage: {name} [-h]")
    assert f"\n  {name} " in shown.partition("examples:")[2]
    assert f"python {SCRIPTS[name]}" not in shown
    assert f"/{SCRIPTS[name]}" not in shown


def test_the_packages_are_those_of_the_wheel(installed, site):
    shown = succeed(installed("python", "-c", "import libs, ltr; print(libs.__file__); print(ltr.__file__)"))
    assert shown.split() == [str(site / "libs" / "__init__.py"), str(site / "ltr" / "__init__.py")]


def test_vot_on_a_sequence_of_the_mini_set(installed, tmp_path):
    assert "EAO" in succeed(installed("dmb-vot", "--dataset", "mini", "--sequences", "rotation"))
    assert (tmp_path / "results" / "mini" / "result_0" / "report.html").is_file()


def test_a_video_a_dataset_and_where_results_go(installed, videos, tmp_path):
    mask = videos / "Annotations" / "easy" / "00000.png"
    frames = videos / "JPEGImages" / "easy"
    succeed(installed("dmb-video", "DMB", "DMB_default_params", frames, "--mask", mask, "--save_results"))
    boxes = tmp_path / "results" / "DMB" / "DMB_default_params" / "video_easy" / "boxes_1.txt"
    assert np.loadtxt(boxes, delimiter="\t").shape == (8, 4)
    succeed(installed("dmb-track", "ncc", "default", "--dataset_name", "mini", "--sequence", "rotation"))
    assert (tmp_path / "results" / "ncc" / "default" / "rotation.txt").is_file()


def test_export(installed, tmp_path):
    assert "9 programs" in succeed(installed("dmb-export", "--output", "programs"))
    assert (tmp_path / "programs" / "segment.pt2").is_file()


def test_both_stages_of_the_training_in_two_processes(installed, videos, tmp_path):
    common = f"--data-root {videos} --held-out rotation --crop 64 --clips 4 --epochs 1 --batch-size 1 --workers 0"
    small = {"validation_clips": 2, "validation_sequences": 1, "picture_every": 0, "crop_factor": 3.0}
    widths = {"backbone": "resnet18", "backbone_weights": "none", "key_dim": 8, "value_dim": 16, "decoder_dim": 8}
    folder = tmp_path / "checkpoints" / "ltr" / "DMB"

    def train(stage, *arguments, **settings):
        sets = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
        command = ["DMB", stage, *common.split(), "--device", "cpu", "--processes", "2", *sets, *arguments]
        succeed(installed("dmb-train", *command))
        return folder / stage / "AMB_latest.pth.tar"

    first = train("stage1", "--set", "sources={'youtubevos': 1}", **small, **widths)
    assert train("stage2", "--initial", str(first), **small).is_file()


def test_paths_are_set_in_the_users_own_folder(installed, tmp_path):
    missing = installed("dmb-track", "ncc", "default", "--dataset_name", "otb")
    assert missing.returncode == 2
    file = tmp_path / "home" / ".config" / "dmb" / "pytracking_local.py"
    for way in ("DMB_OTB_PATH", f"settings.otb_path in {file}", "otb=FOLDER"):
        assert way in missing.stderr
    assert str(file) in succeed(installed("python", "-m", "pytracking.evaluation.environment"))
    file.write_text(file.read_text().replace("otb_path = ''", "otb_path = '/data/my_otb'"))
    assert "/data/my_otb" in installed("dmb-track", "ncc", "default", "--dataset_name", "otb").stderr
    assert "~" in succeed(installed("python", "-m", "ltr.admin.environment")).replace(str(tmp_path / "home"), "~")
