// The page: choosing frames and a box, and tracking.
import { framesOf } from "./frames.js";
import { RemoteTracker } from "./remote_tracker.js";
import { Stage } from "./stage.js";

const CLIP = "clip.mp4";
/** Around the rabbit, in the first frame of the clip. */
const CLIP_BOX = [120, 130, 145, 148];

const at = (id) => document.getElementById(id);
const fields = ["x", "y", "w", "h"].map(at);
const stage = new Stage(at("canvas"), (box) => {
  if (!running) setBox(box);
});
/** Trackers by device; their programs are read once. */
const trackers = new Map();
let files = [],
  boxes = [],
  running = false;

function say(text, isError = false) {
  at("status").textContent = text;
  at("status").className = isError ? "error" : "";
}

/** Do something that may fail, and show the error. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    say(`error: ${error.message}`, true);
  }
}

function setBox(box) {
  fields.forEach((field, i) => {
    field.value = box[i];
  });
  stage.showBox(box);
}

const box = () => fields.map((field) => field.valueAsNumber);

async function open(chosen) {
  files = chosen;
  for await (const image of framesOf(files)) {
    stage.show(image);
    break;
  }
  fields.forEach((field) => {
    field.value = "";
  });
  say("Drag a box around the object.");
}

async function openClip() {
  const content = await (await fetch(CLIP)).blob();
  await open([new File([content], CLIP, { type: "video/mp4" })]);
  setBox(CLIP_BOX);
}

/** The tracker for a device, and its description. */
async function trackerOn(device) {
  if (!trackers.has(device)) {
    say("Reading the programs…");
    const tracker = new RemoteTracker();
    try {
      const threads = await tracker.open("programs", device);
      const wasm = `WebAssembly, ${threads} ${threads === 1 ? "thread" : "threads"}`;
      trackers.set(device, [tracker, device === "webgpu" ? `WebGPU and ${wasm}` : wasm]);
    } catch (error) {
      tracker.close();
      throw error;
    }
  }
  return trackers.get(device);
}

async function track() {
  const [tracker, where] = await trackerOn(at("device").value);
  let seconds = 0,
    state;
  boxes = [];
  for await (const image of framesOf(files)) {
    const first = boxes.length === 0;
    const found = first ? await tracker.initialize(image, box()) : await tracker.track(image);
    if (!first) seconds += tracker.seconds;
    boxes.push(found.box);
    state = found.state;
    stage.show(image, found);
    say(`Frame ${boxes.length}, ${state}, ${rate(boxes.length - 1, seconds)} frames a second (${where})`);
    if (!running) break;
  }
  say(`${boxes.length} frames, ${rate(boxes.length - 1, seconds)} a second in the tracker (${where})`);
}

const rate = (count, seconds) => (count / Math.max(seconds, 1e-9)).toFixed(1);

async function run() {
  running = true;
  enable();
  await attempt(track);
  running = false;
  enable();
}

function enable() {
  for (const id of ["clip", "file", "track", "device"]) at(id).disabled = running;
  at("stop").disabled = !running;
  at("save").disabled = running || !boxes.length;
}

function save() {
  const text = boxes.map((box) => `${box.map((number) => number.toFixed(4)).join("\t")}\n`).join("");
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(new Blob([text])),
    download: "boxes.txt",
  });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Offer WebGPU where the browser has it. */
async function offerDevices() {
  if (await navigator.gpu?.requestAdapter()) at("device").append(new Option("WebGPU", "webgpu"));
}

at("clip").addEventListener("click", () => attempt(openClip));
at("file").addEventListener("change", ({ target }) => {
  if (target.files.length) attempt(() => open([...target.files]));
});
at("controls").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
at("stop").addEventListener("click", () => {
  running = false;
});
at("save").addEventListener("click", save);
fields.forEach((field) =>
  field.addEventListener("input", () => {
    if (box().every(Number.isFinite)) stage.showBox(box());
  }),
);
await Promise.all([attempt(openClip), offerDevices()]);
