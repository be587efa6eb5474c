"""Who may import whom: the layers of the project, and the libraries that only one place may import."""

import ast
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PACKAGES = ("dmb", "libs", "ltr", "pytracking", "votTester", "dmb_onnx")
FORBIDDEN = {
    # It finds commands by their names.
    "dmb": {"ltr", "pytracking", "votTester", "dmb_onnx"},
    "libs": {"dmb", "ltr", "pytracking", "votTester", "dmb_onnx"},
    "ltr": {"dmb", "pytracking", "votTester", "dmb_onnx"},
    "pytracking": {"dmb", "ltr", "votTester", "dmb_onnx"},
    "votTester": {"dmb", "ltr", "dmb_onnx"},
    "dmb_onnx": {"dmb", "libs", "ltr", "pytracking", "votTester", "torch", "torchvision", "timm"},
}
GUI_CALLS = {"imshow", "waitKey", "waitKeyEx", "namedWindow", "resizeWindow", "selectROI", "destroyAllWindows"}
GUI_CALLS |= {"setMouseCallback"}


def sources(package):
    return sorted((ROOT / package).rglob("*.py"))


def imported_modules(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module


def importers(module):
    """Files of the project, except tests, that import `module` or something inside it."""
    files = [path for package in PACKAGES for path in sources(package)] + list(ROOT.glob("*.py"))
    return {
        str(path.relative_to(ROOT))
        for path in files
        if any(name == module or name.startswith(module + ".") for name in imported_modules(path))
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_layers(package):
    assert sources(package)
    for path in sources(package):
        wrong = {name.split(".")[0] for name in imported_modules(path)} & FORBIDDEN[package]
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_the_onnx_runtime_needs_three_libraries_only():
    names = {name.split(".")[0] for path in sources("dmb_onnx") for name in imported_modules(path)}
    assert names - set(sys.stdlib_module_names) == {"dmb_onnx", "numpy", "cv2", "onnxruntime"}


def test_vot_toolkit_is_imported_in_one_package():
    assert importers("vot")
    assert all(path.startswith("votTester/toolkit/") for path in importers("vot"))


def test_trax_is_imported_by_the_client_only():
    assert importers("trax") <= {"pytracking/run_vot.py"}


def test_tensorboard_is_imported_by_the_training_only():
    assert all(path.startswith("ltr/") for path in importers("torch.utils.tensorboard") | importers("tensorboard"))


def test_windows_are_opened_by_the_viewer_only():
    for package in PACKAGES:
        for path in sources(package):
            called = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
            assert not called & GUI_CALLS or path == ROOT / "pytracking/evaluation/viewer.py", path


def test_the_design_page_names_every_package_of_libs_and_pytracking():
    house = (ROOT / "docs" / "design.md").read_text().partition("## The house")[2].partition("## One frame")[0]
    for package in ("libs", "pytracking"):
        folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
        missing = {name for name in folders if f"  {name}/ " not in house}
        assert not missing, f"docs/design.md does not say what {package}/{', '.join(missing)} is"
    listed = dict(line.strip("|").split("|") for line in house.splitlines() if line.startswith("| `"))
    for packages, imported in listed.items():
        for package in packages.replace("`", "").replace(",", " ").split():
            assert not FORBIDDEN[package] & set(imported.replace("`", "").replace(",", " ").replace(";", " ").split())
