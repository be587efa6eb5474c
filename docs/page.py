"""Takes the pictures of docs/web.md and measures what it says: `python docs/page.py FOLDER`.

Needs the packages of `.[web,browser]` and a Chromium. Figures are printed; pictures go to the folder.
"""

import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import time
import urllib.request
from typing import Any

from playwright.sync_api import Page, sync_playwright

from pytracking.web.work_routes import CLIP

BUNNY = (85, 30, 225, 290)
STONE = (45, 135, 90, 130)
"""x, y, w, h in the bundled clip's frame 60."""
START, END = 60, 131
SIZE = (640, 360)
SESSIONS = 10


def main(folder: str) -> None:
    """Take pictures and measure."""
    server = subprocess.Popen(
        [sys.executable, "-m", "pytracking.web", "--port", "0", "--max-sessions", "20"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        print(f"memory without a session: {memory(server):.0f} MB")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.set_default_timeout(300_000)
            use_page(page, server, address, pathlib.Path(folder))
            browser.close()
        # The page was closed; its session stays for 20 s.
        time.sleep(25)
        print(f"memory after it: {memory(server):.0f} MB")
        measure_sessions(server, address)
    finally:
        server.terminate()
        server.wait()
    measure_command()


def use_page(page: Page, server: subprocess.Popen, address: str, folder: pathlib.Path) -> None:
    """Two objects of the bundled clip, followed both ways, with pictures."""
    page.goto(address)
    page.get_by_role("button", name="Bundled clip").click()
    page.locator("#empty").wait_for(state="hidden")
    page.locator("#frame").fill(str(START))
    page.locator("#frame").press("Enter")
    page.wait_for_timeout(1500)
    begin = time.perf_counter()
    drag(page, BUNNY)
    page.locator("#notice", has_text="object 1 is shown").wait_for()
    print(f"from the end of the drag to the first mask: {time.perf_counter() - begin:.2f} s")
    begin, used = time.perf_counter(), processor(server)
    page.get_by_role("button", name="Follow ⟶").click()
    page.get_by_text(f"done: {END - START}").wait_for()
    frames = END - START
    print(f"on the page, one object: {frames / (time.perf_counter() - begin):.2f} frames a second")
    print(f"processor time on the page: {(processor(server) - used) / frames:.3f} s a frame")
    page.locator("#frame").fill(str(START))
    page.locator("#frame").press("Enter")
    page.wait_for_timeout(1500)
    drag(page, STONE)
    page.locator("#notice", has_text="object 2 is shown").wait_for()
    for number, name in ((1, "bunny"), (2, "stone")):
        page.get_by_label(f"Name of object {number}").fill(name)
        page.get_by_label(f"Name of object {number}").press("Tab")
    page.get_by_role("button", name="Memories").click()
    page.locator("#watch").check()
    page.locator("#memories-dialog .close").click()
    page.get_by_role("button", name="Both").click()
    page.locator("#progress-text", has_text="a second").wait_for()
    page.wait_for_timeout(6000)
    page.screenshot(path=folder / "page_running.jpg", type="jpeg", quality=75)
    page.get_by_text("done: ").wait_for()
    page.locator("#frame").fill("100")
    page.locator("#frame").press("Enter")
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / "page.jpg", type="jpeg", quality=75)
    page.get_by_role("button", name="Memories").click()
    page.locator("#memories-picture").wait_for()
    page.screenshot(path=folder / "page_memories.jpg", type="jpeg", quality=75)
    page.locator("#memories-dialog .close").click()
    page.set_viewport_size({"width": 800, "height": 1000})
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(1000)
    page.screenshot(path=folder / "page_tablet.jpg", type="jpeg", quality=75)


def drag(page: Page, box: tuple[int, int, int, int]) -> None:
    """Drag a box, in pixels of the video."""
    area = page.locator("#canvas").bounding_box()
    assert area is not None
    scale = min(area["width"] / SIZE[0], area["height"] / SIZE[1])
    left, top = area["x"] + (area["width"] - scale * SIZE[0]) / 2, area["y"] + (area["height"] - scale * SIZE[1]) / 2
    x, y, w, h = box
    page.mouse.move(left + scale * x, top + scale * y)
    page.mouse.down()
    page.mouse.move(left + scale * (x + w), top + scale * (y + h), steps=4)
    page.mouse.up()


def measure_sessions(server: subprocess.Popen, address: str) -> None:
    """Memory with one session and with several, in each of which an object was followed through 20 frames."""
    visits: list[str] = []
    for _ in range(SESSIONS):
        visits.append(f"{address}api/visits/{ask(f'{address}api/visits', {})['id']}")
        ask(f"{visits[-1]}/video", {"kind": "clip"})
        ask(f"{visits[-1]}/drawings", {"frame": 110, "number": None, "drawing": {"box": list(BUNNY)}})
        ask(f"{visits[-1]}/run", {"frame": 110, "direction": "forwards"})
        while ask(visits[-1])["visit"]["run"]["phase"] in ("waiting", "running"):
            time.sleep(0.5)
        if len(visits) in (1, SESSIONS):
            print(f"memory with {len(visits)} sessions: {memory(server):.0f} MB")
    for visit in visits:
        ask(visit, method="DELETE")
    print(f"memory after them: {memory(server):.0f} MB")


def measure_command() -> None:
    """What a frame costs run_video.py, its start left out: of the same frames, and of the first ten of them."""
    used = []
    for frames in (10, END - START + 1):
        command = [sys.executable, "pytracking/run_video.py", "DMB", "DMB_default_params", next(CLIP.glob("*.mp4"))]
        options = ["--optional_box", *map(str, BUNNY), "--start", str(START), "--end", str(START + frames)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(f"run_video.py: {done.stdout.splitlines()[-1]}")
    print(f"processor time of run_video.py: {(used[1] - used[0]) / (END - START - 9):.3f} s a frame")


def memory(server: subprocess.Popen) -> float:
    """Resident megabytes of the server (Linux)."""
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def processor(server: subprocess.Popen) -> float:
    """Seconds of processor time that the server has used (Linux)."""
    fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(address: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
    """The answer to a request; with a body, or `method`, it asks for something to be done."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, method=method)) as response:
        return json.load(response)


if __name__ == "__main__":
    main(sys.argv[1])
