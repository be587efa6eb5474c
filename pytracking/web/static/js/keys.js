/** The keys. */

import { choose, restart, select, takeDrawing, TOOLS } from "./draw.js";
import * as memories from "./memories.js";
import { remove } from "./objects.js";
import { refresh, zoom } from "./stage.js";
import { change, state } from "./state.js";
import { make } from "./takeaway.js";
import { lookAtNext, toggleFollow, togglePlay, undo, visit } from "./transport.js";

const dialog = document.getElementById("help-dialog");
const ACTIONS = {
  " ": toggleFollow,
  ArrowRight: () => visit(state.frame + 1),
  ArrowLeft: () => visit(state.frame - 1),
  a: () => select(null),
  c: correctNext,
  d: () => state.selected !== null && remove(state.selected),
  t: () => choose(TOOLS[(TOOLS.indexOf(state.tool) + 1) % TOOLS.length]),
  Enter: takeDrawing,
  Escape: restart,
  s: () => make("session"),
  p: togglePlay,
  w: lookAtNext,
  u: undo,
  b: toggleBefore,
  m: memories.toggle,
  "+": () => zoom(1.25),
  "-": () => zoom(0.8),
  0: () => zoom(0),
};

/** List the keys. */
export function prepare(keys) {
  const parts = keys.flatMap(([key, what]) => {
    const term = document.createElement("dt");
    const meaning = document.createElement("dd");
    term.textContent = key;
    meaning.textContent = what;
    return [term, meaning];
  });
  document.getElementById("key-list").replaceChildren(...parts);
}

function toggleHelp() {
  dialog.open ? dialog.close() : dialog.showModal();
}

/** Choose the object after the one that is chosen. */
function correctNext() {
  const numbers = state.objects.map((each) => each.number);
  if (numbers.length) select(numbers[(numbers.indexOf(state.selected) + 1) % numbers.length]);
}

function toggleBefore() {
  change({ before: !state.before });
  document.getElementById("before").setAttribute("aria-pressed", state.before);
  refresh();
}

document.getElementById("help").onclick = toggleHelp;
document.getElementById("before").onclick = toggleBefore;

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog:modal")) return;
  if (event.target.matches("input:not([type=range], [type=checkbox])")) return;
  if (event.target.matches("button, summary") && [" ", "Enter"].includes(event.key)) return;
  if (event.key === "?") toggleHelp();
  else if (state.video && ACTIONS[event.key]) ACTIONS[event.key]();
  else return;
  event.preventDefault();
});
