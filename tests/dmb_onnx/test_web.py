"""The page in a headless Chromium: it tracks as the Python runtime does, on the same pixels."""

import base64
import json
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

from dmb_onnx import InputError, Tracker
from dmb_onnx.augmentation import augment
from dmb_onnx.rectangles import fit_rectangle
from dmb_onnx.tracker import _rgb
from dmb_onnx.windows import Window
from libs.dataset.rendered.sequences import mini_set
from libs.media.images import write_image
from libs.memory.spatial_params import default_augmentation
from libs.utils.metrics import region_similarity
from tests.dmb_onnx.test_parts import IMAGE, WINDOWS, blob

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[2]
WEB = ROOT / "dmb_onnx" / "web"
PATIENCE = 300000
"""Milliseconds that the page may take on a busy machine."""

PARTS = """
import fs from "node:fs";
const [{ Picture }, { Window }, { augment }, { fitRectangle }] = await Promise.all(
  ["pictures", "windows", "augmentation", "rectangles"].map((name) => import(`./js/dmb/${name}.js`)));
const given = JSON.parse(fs.readFileSync(0));
const image = new Picture(given.width, given.height, 3, Uint8Array.from(given.image));
const mask = new Picture(given.width, given.height, 1, Uint8Array.from(given.mask));
const [crops, moved] = augment(image, new Window(10.5, 20.25, 50, 64), given.augmentation, 2);
console.log(JSON.stringify({
  windows: given.windows.map(([x, y, side, size]) => {
    const window = new Window(x, y, side, size), part = window.extractMask(mask);
    const pasted = window.pasteMask(part, given.width, given.height);
    return [window.extract(image), part, pasted].map(({ data }) => [...data]);
  }),
  crops: crops.map(({ data }) => [...data]),
  moved,
  rectangles: given.blobs.map((blob) => [[true, true], [false, false], [false, true]].map(([upright, optimize]) =>
    fitRectangle(new Picture(96, 96, 1, Uint8Array.from(blob)), upright, optimize))),
}));
"""

FOLLOW = """
async ({ box, count }) => {
  const { framesOf } = await import("./js/page/frames.js");
  const { RemoteTracker } = await import("./js/page/remote_tracker.js");
  const tracker = new RemoteTracker(), found = [], chosen = [...document.getElementById("file").files];
  const clip = async () => new File([await (await fetch("clip.mp4")).blob()], "clip.mp4", { type: "video/mp4" });
  const text = (bytes) => bytes.reduce((all, byte) => all + String.fromCharCode(byte), "");
  await tracker.open("programs", "wasm");
  for await (const image of framesOf(chosen.length ? chosen : [await clip()])) {
    const { mask, ...rest } = found.length ? await tracker.track(image) : await tracker.initialize(image, box);
    const { width, height } = image;
    found.push({ ...rest, width, height, pixels: btoa(text(image.data)), mask: btoa(text(mask.data)) });
    if (found.length === count) break;
  }
  tracker.close();
  return found;
}
"""


@pytest.fixture(scope="module")
def site(exported, tmp_path_factory):
    """Address of the built page, served."""
    if shutil.which("npm") is None:
        pytest.skip("npm is absent (apt-get install npm)")
    if not (WEB / "node_modules").is_dir():
        pytest.skip("the page's packages are absent: npm ci --ignore-scripts --prefix dmb_onnx/web")
    folder = tmp_path_factory.mktemp("web") / "site"
    subprocess.run(["node", "build.mjs", "--programs", exported, "--output", folder], cwd=WEB, check=True)
    command = ["node", "serve.mjs", folder, "--port", "0"]
    with subprocess.Popen(command, cwd=WEB, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture
def page(browser, site):
    """The page, with its clip; no script may fail, and no other host may be contacted."""
    problems, hosts = [], set()
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(site)
    page.wait_for_function("document.getElementById('status').textContent.startsWith('Drag a box')")
    yield page
    context.close()
    assert problems == []
    assert hosts - {""} == {site.split("/")[2]}


def pixels(frame, name, channels):
    """(H, W, channels) of what the page sent."""
    data = np.frombuffer(base64.b64decode(frame[name]), np.uint8)
    return data.reshape(frame["height"], frame["width"], channels)


def assert_alike(found, exported, box):
    """Mask IoU with the Python runtime's over 0.99 in 99 % of the frames, on the page's own pixels."""
    tracker = Tracker(str(exported))
    ious, states = [], []
    for index, frame in enumerate(found):
        image = pixels(frame, "pixels", 4)
        out = tracker.track(image) if index else tracker.initialize(image, {"init_bbox": box})
        masks = pixels(frame, "mask", 1)[..., 0] > 0, out["segmentation"]
        ious.append(region_similarity(*masks) if masks[1].any() else not masks[0].any())
        states.append(out["state"])
        assert np.abs(np.subtract(frame["box"], out["target_bbox"])).max() < 0.5
    assert np.mean(np.array(ious, float) > 0.99) >= 0.99, ious
    assert [frame["state"] for frame in found] == states


def test_images(page, exported, tmp_path):
    sequence = next(sequence for sequence in mini_set() if sequence.name == "rotation")
    frames = [sequence.frame(index) for index in range(15)]
    for index, frame in enumerate(frames):
        # In natural order, 9 comes before 10.
        write_image(tmp_path / f"{index}.png", frame)
    polygon = sequence.polygons[0]
    box = [*polygon.min(axis=0).tolist(), *np.ptp(polygon, axis=0).tolist()]
    page.locator("#file").set_input_files([str(path) for path in tmp_path.iterdir()])
    found = page.evaluate(FOLLOW, {"box": box, "count": len(frames)})
    assert np.array_equal([pixels(frame, "pixels", 4)[..., :3] for frame in found], frames)
    assert_alike(found, exported, box)


def test_clip(page, exported):
    box = [120, 130, 145, 148]
    assert_alike(page.evaluate(FOLLOW, {"box": box, "count": 8}), exported, box)


def test_what_a_visitor_does(page, tmp_path):
    area = page.locator("#canvas").bounding_box()
    page.mouse.move(area["x"] + area["width"] * 0.2, area["y"] + area["height"] * 0.4)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.4, area["y"] + area["height"] * 0.8)
    page.mouse.up()
    box = [float(page.locator(f"#{name}").input_value()) for name in "xywh"]
    assert np.allclose(box, [128, 144, 128, 144], atol=2)
    page.get_by_role("button", name="Track").click()
    page.wait_for_function("/^Frame ([5-9]|..+), tracked/.test(document.getElementById('status').textContent)")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function("/ a second in the tracker/.test(document.getElementById('status').textContent)")
    # Several threads, because the server isolates the page.
    assert page.evaluate("crossOriginIsolated")
    assert "(WebAssembly, " in page.locator("#status").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save boxes").click()
    download.value.save_as(tmp_path / "boxes.txt")
    boxes = np.loadtxt(tmp_path / "boxes.txt")
    assert len(boxes) >= 5
    assert np.array_equal(boxes[0], box)


def test_a_file_that_is_no_video(page, tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    page.locator("#file").set_input_files(tmp_path / "notes.mp4")
    page.wait_for_function("document.getElementById('status').className === 'error'")
    told = page.locator("#status").inner_text()
    assert told == "error: video notes.mp4 cannot be read: it is damaged or cut short, or no video"


def test_bad_folders_are_told_in_the_same_sentence(page, exported, tmp_path, monkeypatch):
    facts = json.loads((exported / "tracker.json").read_text())
    for change in ("version", "missing", "nothing"):
        shutil.copytree(exported, tmp_path / change / "programs")
        monkeypatch.chdir(tmp_path / change)
        if change == "version":
            pathlib.Path("programs/tracker.json").write_text(json.dumps({**facts, "format": 7}))
            page.route("**/tracker.json", lambda route: route.fulfill(json={**facts, "format": 7}))
        else:
            name = "segment.onnx" if change == "missing" else "tracker.json"
            pathlib.Path("programs", name).unlink()
            page.route(f"**/{name}", lambda route: route.fulfill(status=404))
        with pytest.raises(InputError) as expected:
            Tracker("programs")
        page.get_by_role("button", name="Track").click()
        page.wait_for_function("document.getElementById('status').className === 'error'")
        assert page.locator("#status").inner_text() == f"error: {expected.value}"
        page.unroute_all()


@pytest.mark.parametrize("box", [[900, 2, 3, 4], [5, 2, 0, 4]])
def test_bad_boxes_are_told_in_the_same_sentence(box, page, exported):
    with pytest.raises(InputError) as expected:
        Tracker(str(exported)).initialize(np.zeros((360, 640, 3), np.uint8), {"init_bbox": box})
    for name, number in zip("xywh", box, strict=True):
        page.locator(f"#{name}").fill(str(number))
    page.get_by_role("button", name="Track").click()
    page.wait_for_function("document.getElementById('status').className === 'error'")
    assert page.locator("#status").inner_text() == f"error: {expected.value}"


def test_images_of_other_channels_are_told_in_the_same_sentence(page):
    with pytest.raises(InputError) as expected:
        _rgb(np.zeros((9, 9, 2), np.uint8))
    image = "{ width: 9, height: 9, channels: 2, data: new Uint8Array(162) }"
    code = f'import("./js/dmb/regions.js").then(({{ checkedImage }}) => checkedImage({image}))'
    assert page.evaluate(f"{code}.catch((error) => error.message)") == str(expected.value)


def assert_rounded_alike(ours, theirs):
    """OpenCV averages and turns pictures in float32: one number in a thousand is rounded the other way."""
    differences = np.abs(np.subtract(ours, theirs, dtype=float))
    assert differences.max() <= 1
    assert np.mean(differences > 0) < 0.001


def test_parts():
    """Crops, augmentation and rectangles, in node."""
    if shutil.which("node") is None:
        pytest.skip("node is absent (apt-get install npm)")
    mask, blobs = IMAGE[..., 0] > 128, [blob(angle) for angle in (0.0, 0.5, 1.2, 2.0)]
    given = {
        "width": IMAGE.shape[1],
        "height": IMAGE.shape[0],
        "image": IMAGE.ravel().tolist(),
        "mask": mask.ravel().tolist(),
        "windows": WINDOWS,
        "augmentation": default_augmentation(),
        "blobs": [mask.ravel().tolist() for mask in blobs],
    }
    command = ["node", "--input-type=module", "--eval", PARTS]
    done = subprocess.run(command, cwd=WEB, input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for numbers, (crop, part, pasted) in zip(WINDOWS, found["windows"], strict=True):
        window = Window(*numbers)
        expected = window.extract_mask(mask)
        assert_rounded_alike(crop, window.extract(IMAGE).ravel())
        assert np.allclose(part, expected.ravel(), atol=1e-6)
        assert np.allclose(pasted, window.paste_mask(expected, mask.shape).ravel(), atol=1e-6)
    crops, moved = augment(IMAGE, Window(10.5, 20.25, 50.0, 64), default_augmentation(), 2.0)
    assert_rounded_alike(found["crops"], [crop.ravel() for crop in crops])
    assert np.array_equal(found["moved"], moved)
    for mask, rectangles in zip(blobs, found["rectangles"], strict=True):
        for (upright, optimize), corners in zip([(True, True), (False, False), (False, True)], rectangles, strict=True):
            expected = fit_rectangle(mask, upright, optimize)
            # Starting from any corner.
            assert min(np.abs(np.roll(corners, turn, axis=0) - expected).max() for turn in range(4)) < 1e-3
