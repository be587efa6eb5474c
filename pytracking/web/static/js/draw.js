/** Drawing objects with pointer and tools, and having what is drawn taken. */

import { work } from "./api.js";
import { say, told } from "./notice.js";
import * as sketch from "./sketch.js";
import { maskPainter, objectAt, paint, seenFrame, showFrame, toImage } from "./stage.js";
import { change, isRunning, onChange, state } from "./state.js";

const canvas = document.getElementById("canvas");
const tools = [...document.querySelectorAll("[data-tool]")];
const take = document.getElementById("take");
const drop = document.getElementById("drop");
const radius = document.getElementById("radius");
const erase = document.getElementById("erase");
export const TOOLS = tools.map((button) => button.dataset.tool);

/** Choose a tool; what is drawn is discarded. */
export function choose(tool) {
  change({ tool, erase: false });
  restart();
}

/** Choose which object is corrected by what is drawn; null: what is drawn is a new one. */
export function select(number) {
  change({ selected: number });
  restart();
  say(number === null ? "draw a new object" : `draw where object ${number} is`);
}

/** Discard what is drawn. */
export function restart() {
  sketch.clear(state.selected === null ? null : maskPainter(state.selected));
  update();
}

/** Have what is drawn taken. */
export const takeDrawing = told(async () => {
  const drawing = sketch.drawing();
  if (drawing === null) throw new Error(`that is no ${state.tool} yet: draw it in the image`);
  await takeThat(drawing);
});

/** Have a drawing taken that was made elsewhere. */
export async function takeThat(drawing) {
  const frame = seenFrame();
  say("…");
  try {
    const { number } = await work("/drawings", "POST", { frame, number: state.selected, drawing });
    say(`object ${number} is shown in frame ${frame}`);
    await showFrame(frame, true);
  } finally {
    restart();
  }
}

function update() {
  take.disabled = sketch.drawing() === null;
  drop.disabled = !sketch.isBegun();
  paint();
}

for (const button of tools) button.onclick = () => choose(button.dataset.tool);
take.onclick = takeDrawing;
drop.onclick = restart;
radius.oninput = () => change({ radius: Number(radius.value) });
erase.onclick = () => change({ erase: !state.erase });

onChange(() => {
  for (const button of tools) button.setAttribute("aria-pressed", button.dataset.tool === state.tool);
  document.getElementById("brush-size").hidden = erase.hidden = state.tool !== "brush";
  erase.setAttribute("aria-pressed", state.erase);
});

canvas.addEventListener("pointerdown", (event) => {
  if (!state.video || event.button !== 0) return;
  if (isRunning()) return say("objects are being followed: stop first", true);
  canvas.setPointerCapture(event.pointerId);
  sketch.press(...toImage(event));
  update();
});
canvas.addEventListener("pointermove", (event) => {
  if (!canvas.hasPointerCapture(event.pointerId)) return;
  sketch.drag(...toImage(event));
  update();
});
canvas.addEventListener("pointerup", (event) => {
  if (!canvas.hasPointerCapture(event.pointerId)) return;
  if (state.tool === "box") finishBox(event);
  else if (state.tool === "click") takeDrawing();
});
canvas.addEventListener("dblclick", () => state.tool === "polygon" && takeDrawing());

/** A box is taken when it is drawn; a click on an object chooses it. */
function finishBox(event) {
  const [, , width, height] = sketch.drawing()?.box ?? [0, 0, 0, 0];
  if (width >= 2 && height >= 2) return takeDrawing();
  const number = objectAt(...toImage(event));
  if (number !== null) return select(number);
  restart();
  say("that is no box: press at one corner, and drag to the opposite one", true);
}
