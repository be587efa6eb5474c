"""Files from strangers: no code in them runs, no name in them leads elsewhere, and nothing is downloaded for them."""

import ast
import pathlib
import socket
import types

import numpy as np
import pytest

from libs.dataset.object_sequences import Video
from libs.dataset.sequence import Sequence
from libs.utils.errors import DataError
from pytracking.evaluation.one_pass import video_job
from pytracking.evaluation.running import run_dataset
from pytracking.evaluation.tracker import Tracker
from tests.fuzz.targets import TARGETS
from votTester.annotations import annotate
from votTester.datasets import VotDataset
from votTester.reference_trackers import OracleTracker
from votTester.vot import VOTTester

ROOT = pathlib.Path(__file__).parents[1]
SOURCES = [
    path for name in ("dmb", "libs", "ltr", "pytracking", "votTester") for path in sorted((ROOT / name).rglob("*.py"))
]
SOURCES += sorted(ROOT.glob("*.py"))
RUN_CODE = {"eval", "exec", "compile", "system", "popen", "unsafe_load", "full_load", "Unpickler"}
OBJECT_FILES = {"pickle", "shelve", "marshal", "yaml", "dill", "joblib", "np", "numpy"}
UNPACK = {"extractall", "unpack_archive"}
FETCH = {"urlopen", "urlretrieve", "load_state_dict_from_url", "download_url_to_file", "create_connection"}

# Target of the fuzzer -> list file.
LISTED = {
    "vot": "list.txt",
    "got10k": "val/list.txt",
    "lasot": "testing_set.txt",
    "nfs_published": "list.txt",
    "nfs_converted": "list.txt",
    "otb": "list.txt",
    "tlp": "list.txt",
    "trackingnet": "TEST/list.txt",
    "uav123": "list.txt",
    "davis": "ImageSets/2017/val.txt",
    "youtube_splits": "split.txt",
}


def calls():
    """(file, name of the function, call) of every call in the project."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                yield str(path.relative_to(ROOT)), name, node


def modules_called(node):
    return node.func.value.id if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) else ""


def test_tensors_are_read_in_one_place_that_runs_no_code():
    loads = [(path, node) for path, name, node in calls() if name == "load" and modules_called(node) == "torch"]
    assert [path for path, _ in loads] == ["libs/models/tensor_file.py"]
    keywords = {keyword.arg: keyword.value for keyword in loads[0][1].keywords}
    assert keywords["weights_only"].value is True


def test_nothing_else_runs_code_from_files_or_unpacks_archives():
    assert [(path, name) for path, name, node in calls() if runs_code(name, node) or name in UNPACK] == []


def runs_code(name, node):
    """Whether a call can run what a file holds; `network.eval()` has no argument, `re.compile` has a module, and
    `platform.system()` names the operating system."""
    module = modules_called(node)
    harmless = (name == "eval" and not node.args) or (name == "compile" and module) or module == "platform"
    unsafe = name in RUN_CODE and not harmless
    reads_objects = module in OBJECT_FILES and name in ("load", "loads")
    return unsafe or reads_objects or any(keyword.arg == "shell" for keyword in node.keywords)


def test_only_the_backbone_can_download():
    """Only through timm's `pretrained`; no other call contacts another machine, except for a shared run's store."""
    asked = {path for path, _, node in calls() if any(keyword.arg == "pretrained" for keyword in node.keywords)}
    assert asked == {"libs/models/timm_backbones.py"}
    assert {path for path, name, _ in calls() if name in FETCH} == {"pytracking/evaluation/world.py"}


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError(f"the network was asked for {arguments}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_test_and_a_run_ask_nothing_of_the_network(no_network, tmp_path):
    images = [np.full((40, 50, 3), 60, dtype=np.uint8)] * 4
    sequence = Sequence("seq", images, [(10, 10, 12, 12)] * 4)
    assert run_dataset([sequence], [Tracker("ncc", "default")], results=tmp_path) == []
    tester = VOTTester(
        OracleTracker([sequence]), "mine", [VotDataset("tiny", [annotate(sequence)], [sequence])], results=tmp_path
    )
    assert tester.test() == []


def write(target, folder):
    for path, content in TARGETS[target].files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.mark.parametrize("name", ["../seq", "/tmp/seq", "../../etc", "a/../../b", "..", "seq/../../x", "C:\\seq"])
@pytest.mark.parametrize("target", LISTED)
def test_a_list_cannot_name_what_is_elsewhere(target, name, tmp_path, monkeypatch):
    monkeypatch.setenv("DMB_CACHE", str(tmp_path / "cache"))
    write(target, tmp_path / "data")
    (tmp_path / "data" / LISTED[target]).write_text(f"{name}\n")
    with pytest.raises(DataError, match=r"is not the name of a sequence|no ground truth|has no sequence"):
        TARGETS[target].read(tmp_path / "data")


@pytest.mark.parametrize("name", ["../../x", "/tmp/x", "a/b", "", "a\\b", "x\n"])
def test_a_sequence_cannot_be_called_by_a_way_out(name, tmp_path):
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    with pytest.raises(DataError, match="not the name of a sequence"):
        Sequence(name, [image], [(1, 1, 3, 3)])
    # Nor one of another class that results are written for.
    with pytest.raises(DataError, match="not the name of a sequence"):
        video_job(Video("plain", ["00000"], {1: (types.SimpleNamespace(name=name, masks=None), 0)}), tmp_path, 0)
    with pytest.raises(DataError, match="not the name of a sequence"):
        video_job(Video(name, ["00000"], {}), tmp_path, 0)
