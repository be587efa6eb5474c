/** The scores of all objects over the frames; a click goes to a frame. */

import { visit } from "./transport.js";
import { colourOf, onChange, state } from "./state.js";

const canvas = document.getElementById("timeline");
const HEIGHT = 26; // of an object's row
const FACTS = { t: null, d: "--doubtful", l: "--lost" };
let isAsked = false;

onChange(() => {
  canvas.setAttribute("aria-valuemax", state.video ? state.video.length - 1 : 0);
  canvas.setAttribute("aria-valuenow", state.frame);
  if (!isAsked) requestAnimationFrame(paint);
  isAsked = true;
});
new ResizeObserver(paint).observe(canvas);

function frameAt(event) {
  const area = canvas.getBoundingClientRect();
  return Math.floor(((event.clientX - area.left) / area.width) * state.video.length);
}

canvas.addEventListener("pointerdown", (event) => {
  if (!state.video) return;
  canvas.setPointerCapture(event.pointerId);
  visit(frameAt(event));
});
canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && visit(frameAt(event)));
canvas.addEventListener("keydown", (event) => {
  const far = { Home: 0, End: Infinity, PageUp: state.frame - 10, PageDown: state.frame + 10 }[event.key];
  if (far !== undefined && state.video) {
    visit(Math.min(far, state.video.length - 1));
    event.preventDefault();
  }
});

function paint() {
  isAsked = false;
  const rows = Math.max(1, state.objects.length);
  canvas.style.height = `${Math.min(150, Math.max(48, 20 + rows * HEIGHT))}px`;
  const area = canvas.getBoundingClientRect();
  const density = devicePixelRatio;
  canvas.width = Math.round(area.width * density);
  canvas.height = Math.round(area.height * density);
  if (!state.video) return;
  const context = canvas.getContext("2d");
  context.scale(density, density);
  const style = getComputedStyle(document.documentElement);
  const step = area.width / state.video.length;
  const height = (area.height - 8) / rows;
  state.objects.forEach((each, place) => paintRow(context, style, each.number, 4 + place * height, height - 4, step));
  context.fillStyle = style.getPropertyValue("--accent");
  const x = (state.frame + 0.5) * step;
  context.fillRect(x - 1, 0, 2, area.height);
}

/** One object: its score as height, its state as colour and height of the foot, marks of what was drawn and changed. */
function paintRow(context, style, number, top, height, step) {
  const width = Math.max(step, 1);
  context.fillStyle = style.getPropertyValue("--line");
  context.fillRect(0, top + height, step * state.video.length, 1);
  for (const [index, row] of state.rows) {
    const cell = row[number];
    if (!cell) continue;
    const [score, fact, drawn, changed] = cell;
    const x = index * step;
    const tall = (score ?? 1) * height;
    context.globalAlpha = fact === "t" ? 0.85 : 0.4;
    context.fillStyle = colourOf(number);
    context.fillRect(x, top + height - tall, width, tall);
    context.globalAlpha = 1;
    if (FACTS[fact]) {
      context.fillStyle = style.getPropertyValue(FACTS[fact]);
      context.fillRect(x, top + height - (fact === "l" ? height : 5), width, fact === "l" ? 3 : 5);
      if (fact === "l") context.fillRect(x, top + height - 3, width, 3);
    }
    if (changed > 0.1) {
      context.fillStyle = style.getPropertyValue("--changed");
      context.fillRect(x, top - 2, width, 3);
    }
    if (drawn) diamond(context, style, x + step / 2, top + 6);
  }
}

function diamond(context, style, x, y) {
  context.beginPath();
  for (const [dx, dy] of [[0, -6], [5, 0], [0, 6], [-5, 0]]) context.lineTo(x + dx, y + dy);
  context.closePath();
  context.fillStyle = style.getPropertyValue("--ink");
  context.fill();
  context.strokeStyle = style.getPropertyValue("--panel");
  context.stroke();
}
