/** Going through the frames, following, and how far it is. */

import { work } from "./api.js";
import { restart } from "./draw.js";
import { told } from "./notice.js";
import { showFrame } from "./stage.js";
import { change, isRunning, onChange, state } from "./state.js";

const at = (id) => document.getElementById(id);
const AGAIN = 8; // frames around one that was looked at, in which the next one worth a look is not
const PICTURE_PAUSE = 200; // milliseconds between pictures while objects are followed
let looked = [];
let playing = null;
let goesAlong = false; // whether the frame that was just followed is shown
let lastPicture = 0;

/** Show a frame. */
export const goTo = told(async (index) => {
  if (!state.video) return;
  const frame = Math.max(0, Math.min(state.video.length - 1, Math.round(index) || 0));
  if (frame !== state.frame) {
    change({ frame });
    restart();
  }
  await showFrame(frame);
});

/** Show the frame of an user's choice, also while objects are followed. */
export function visit(index) {
  goesAlong = false;
  pause();
  return goTo(index);
}

/** Follow all objects from the shown frame. */
export const follow = told(async (direction) => {
  pause();
  looked = [];
  goesAlong = true;
  await work("/run", "POST", { frame: state.frame, direction });
});

/** End the run. */
export const stop = told(() => work("/run", "DELETE"));

/** Follow forwards, or stop. */
export function toggleFollow() {
  return isRunning() ? stop() : follow("forwards");
}

/** Take back the last step. */
export const undo = told(async () => {
  await work("/undo", "POST");
  await showFrame(state.frame, true);
  restart();
});

/** Show the frame of the lowest score that was not drawn, nor looked at before. */
export function lookAtNext() {
  let best = null;
  for (const [index, row] of state.rows) {
    if (looked.some((other) => Math.abs(other - index) < AGAIN)) continue;
    for (const [score, , drawn] of Object.values(row)) {
      if (score !== null && !drawn && (best === null || score < best.score)) best = { index, score };
    }
  }
  if (best === null) looked = [];
  else {
    looked.push(best.index);
    visit(best.index);
  }
}

/** Play the frames, or stop that. */
export function togglePlay() {
  if (playing !== null) return pause();
  const begun = performance.now() - (1000 * state.frame) / state.video.rate;
  const step = async () => {
    const index = Math.floor(((performance.now() - begun) * state.video.rate) / 1000);
    await goTo(index);
    if (playing !== null) playing = index < state.video.length - 1 ? requestAnimationFrame(step) : pause();
  };
  playing = requestAnimationFrame(step);
  at("play").textContent = "Pause";
}

/** Show what is new: called after every message of the server, with the frames that changed, null for all. */
export async function keepUp(changed) {
  if (isRunning() && goesAlong && state.run.index >= 0) {
    if (performance.now() - lastPicture < PICTURE_PAUSE) return;
    lastPicture = performance.now();
    change({ frame: state.run.index });
    await showFrame(state.frame, changed === null || changed.includes(state.frame));
  } else if (changed === null || changed.includes(state.frame)) {
    await showFrame(state.frame, true);
  }
}

/** Show the last frame of a run that has just ended. */
export async function finish() {
  if (goesAlong && state.run.index >= 0) await goTo(state.run.index);
  goesAlong = false;
}

function pause() {
  if (playing !== null) cancelAnimationFrame(playing);
  playing = null;
  at("play").textContent = "Play";
  return null;
}

at("previous").onclick = () => visit(state.frame - 1);
at("next").onclick = () => visit(state.frame + 1);
at("play").onclick = () => state.video && togglePlay();
at("frame").onchange = (event) => visit(Number(event.target.value));
at("worth").onclick = lookAtNext;
at("undo").onclick = undo;
at("stop").onclick = stop;
for (const direction of ["forwards", "backwards", "both"]) at(direction).onclick = () => follow(direction);

onChange(() => {
  const { video, run, frame } = state;
  const running = isRunning();
  const hasObjects = state.objects.length > 0;
  at("frame").value = frame;
  at("frame").max = video ? video.length - 1 : 0;
  at("length").textContent = video ? `of ${video.length - 1}` : "";
  at("video-name").textContent = video ? `${video.name} · ${video.width} × ${video.height}` : "";
  at("empty").hidden = video !== null;
  at("undo").disabled = running || !state.undo;
  at("take-away").disabled = !hasObjects;
  at("worth").disabled = !hasObjects;
  for (const id of ["forwards", "backwards", "both"]) {
    at(id).disabled = !hasObjects;
    at(id).hidden = running;
  }
  at("stop").hidden = !running;
  at("progress").hidden = !running;
  if (run) at("progress").value = run.total ? run.done / run.total : 0;
  at("progress-text").textContent = run ? progressText(run) : "";
});

function progressText(run) {
  if (run.phase === "waiting") return run.place ? `waiting, ${run.place} before you` : "beginning";
  if (run.phase === "failed") return run.message;
  const done = `${run.done} of ${run.total}`;
  if (run.phase !== "running") return `${run.phase}: ${done} frames`;
  const left = run.left === null ? "" : `, ${duration(run.left)} left`;
  return `${done}, ${run.rate.toFixed(1)} a second${left}${run.others ? `, in turns with ${run.others}` : ""}`;
}

function duration(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
