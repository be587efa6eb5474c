/** Opening videos: the bundled one, uploads, those of the server, the camera; and session files. */

import { ask, upload, work } from "./api.js";
import { forget, showFrame } from "./stage.js";
import { take } from "./state.js";

const at = (id) => document.getElementById(id);
const dialog = at("open-dialog");
const MOST_SECONDS = 60; // of a recording
let about = null;

/** Say what may be opened. */
export function prepare(what) {
  about = what;
  const { upload: most, frames, side } = what.limits;
  at("open-limits").textContent = `At most ${most.toLocaleString()} MB, ${frames.toLocaleString()} frames, ${side} pixels a side. Uploads are deleted when you leave.`;
  at("browse").hidden = !what.root;
  at("open-camera").hidden = !navigator.mediaDevices?.getUserMedia || !window.MediaRecorder;
}

/** Show the dialog. */
export function show() {
  at("open-message").textContent = "";
  dialog.showModal();
  if (about.root) browse("");
}

at("open").onclick = show;
at("open-clip").onclick = trying(() => open("clip", ""));
at("upload-file").onchange = trying(async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  await open("upload", await send(file, file.name));
});
at("upload-folder").onchange = trying(async (event) => {
  const files = [...event.target.files].filter((file) => !file.name.startsWith("."));
  if (!files.length) return;
  const folder = files[0].webkitRelativePath.split("/")[0] || "frames";
  let name = "";
  for (const [place, file] of files.entries()) {
    name = await send(file, file.name, folder, (share) => (place + share) / files.length);
  }
  await open("upload", name.split("/")[0]);
});
at("upload-session").onchange = trying(async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  take(await work("/session", "POST", { name: await send(file, file.name) }));
  dialog.close();
});
at("open-camera").onclick = trying(async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } }).catch(() => {
    throw new Error("the browser gives no camera: there is none, or it may not be used");
  });
  // Before the buttons show, so that no click is lost while the picture starts.
  at("record").onclick = trying(() => record(stream));
  dialog.addEventListener("close", () => end(stream), { once: true });
  at("camera").hidden = false;
  at("camera-view").srcObject = stream;
  await at("camera-view").play();
});

async function open(kind, name) {
  at("open-message").textContent = "";
  const message = await work("/video", "POST", { kind, name });
  forget();
  take(message);
  dialog.close();
  await showFrame(0);
}

async function send(file, name, folder = "", share = (part) => part) {
  const bar = at("upload-progress");
  const most = about.limits.upload * 2 ** 20;
  if (file.size > most) {
    throw new Error(`${name} has ${Math.round(file.size / 2 ** 20).toLocaleString()} MB; ${about.limits.upload.toLocaleString()} MB may be uploaded: cut the video, or make it smaller`);
  }
  bar.hidden = false;
  try {
    return await upload(file, name, folder, (part) => (bar.value = share(part)));
  } finally {
    bar.hidden = true;
  }
}

async function browse(path) {
  at("browse-path").textContent = `On the server: /${path}`;
  const entries = await ask(`/api/files?path=${encodeURIComponent(path)}`);
  const items = [];
  if (path) items.push(entry("↑ up", () => browse(path.split("/").slice(0, -1).join("/"))));
  if (entries.some((each) => each.kind === "image")) {
    items.push(entry("▤ the images here, as a video", () => open("root", path || ".")));
  }
  for (const { name, kind } of entries.filter((each) => each.kind !== "image")) {
    const inner = path ? `${path}/${name}` : name;
    items.push(kind === "folder" ? entry(`▸ ${name}`, () => browse(inner)) : entry(`▶ ${name}`, () => open("root", inner)));
  }
  at("browse-list").replaceChildren(...items);
}

function entry(text, action) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.onclick = trying(action);
  item.append(button);
  return item;
}

/** Record from a camera until the button is pressed again, then open what was recorded. */
function record(stream) {
  const recorder = new MediaRecorder(stream);
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.onstop = trying(async () => {
    end(stream);
    at("record").textContent = "Record";
    const ending = recorder.mimeType.includes("mp4") ? "mp4" : "webm";
    await open("upload", await send(new Blob(parts), `camera.${ending}`));
  });
  recorder.start();
  at("record").textContent = "Stop and open";
  at("record").onclick = () => recorder.state === "recording" && recorder.stop();
  setTimeout(() => recorder.state === "recording" && recorder.stop(), 1000 * MOST_SECONDS);
}

function end(stream) {
  for (const track of stream.getTracks()) track.stop();
  at("camera").hidden = true;
}

/** A function that does what is given, and says in the dialog why it could not be done. */
function trying(action) {
  return async (event) => {
    at("open-message").textContent = "";
    try {
      await action(event);
    } catch (error) {
      at("open-message").textContent = error.message;
    } finally {
      if (event?.target?.type === "file") event.target.value = "";
    }
  };
}
