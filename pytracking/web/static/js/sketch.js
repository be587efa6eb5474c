/** What is being drawn, in pixels of the image. */

import { encode } from "./runs.js";
import { state } from "./state.js";

const COLOUR = "rgb(255 225 90)";

export const sketch = { points: [], painted: null, isDrawn: false };

/** Start over; with the brush from a mask, where one is given: a function that paints it. */
export function clear(paintMask = null) {
  Object.assign(sketch, { points: [], painted: null, isDrawn: false });
  if (state.tool === "brush" && state.video) {
    sketch.painted = new OffscreenCanvas(state.video.width, state.video.height);
    if (paintMask) paintMask(sketch.painted.getContext("2d"));
  }
}

/** The pointer goes down. */
export function press(x, y) {
  if (state.tool === "box") sketch.points = [[x, y], [x, y]];
  else if (state.tool === "polygon") sketch.points.push([x, y]);
  else if (state.tool === "click") sketch.points = [[x, y]];
  else stroke([x, y], [x, y]);
}

/** The pointer moves while it is down. */
export function drag(x, y) {
  if (state.tool === "box" && sketch.points.length) sketch.points[1] = [x, y];
  else if (state.tool === "brush") stroke(sketch.points.at(-1), [x, y]);
}

/** What is shown, as the server takes it; null where it is nothing yet. */
export function drawing() {
  const { points } = sketch;
  if (state.tool === "brush") {
    if (!sketch.isDrawn) return null;
    const { width, height } = sketch.painted;
    return { mask: encode(sketch.painted.getContext("2d").getImageData(0, 0, width, height)) };
  }
  if (state.tool === "click") return points.length ? { click: points[0] } : null;
  if (state.tool === "polygon") return points.length > 2 ? { polygon: points.flat() } : null;
  if (points.length < 2) return null;
  const [[x1, y1], [x2, y2]] = points;
  return { box: [Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1)] };
}

/** Whether there is something to take or to discard. */
export function isBegun() {
  return sketch.isDrawn || sketch.points.length > 0;
}

/** Draw it onto the stage, whose pixels are the image's, `scale` of the screen's to one. */
export function show(context, scale) {
  context.strokeStyle = COLOUR;
  context.fillStyle = COLOUR;
  context.lineWidth = 2 / scale;
  if (sketch.painted) {
    context.globalAlpha = 0.5;
    context.drawImage(sketch.painted, 0, 0);
    context.globalAlpha = 1;
  }
  if (state.tool === "box" && sketch.points.length === 2) {
    const [x, y, w, h] = drawing().box;
    context.strokeRect(x, y, w, h);
  } else if (state.tool === "polygon" && sketch.points.length) {
    context.beginPath();
    for (const [x, y] of sketch.points) context.lineTo(x, y);
    context.closePath();
    context.stroke();
    for (const [x, y] of sketch.points) context.fillRect(x - 3 / scale, y - 3 / scale, 6 / scale, 6 / scale);
  }
}

function stroke(from, to) {
  if (!sketch.painted) clear();
  const context = sketch.painted.getContext("2d");
  context.globalCompositeOperation = state.erase ? "destination-out" : "source-over";
  context.strokeStyle = COLOUR;
  context.lineCap = "round";
  context.lineWidth = 2 * state.radius;
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(to[0] + 0.01, to[1]);
  context.stroke();
  sketch.points = [to];
  sketch.isDrawn = true;
}
