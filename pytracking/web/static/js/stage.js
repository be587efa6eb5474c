/** The video: the shown frame, its masks, and what is drawn on it. */

import { address, work } from "./api.js";
import { eachPixel } from "./runs.js";
import * as sketch from "./sketch.js";
import { colourOf, state } from "./state.js";

const canvas = document.getElementById("canvas");
const TINT = 110;
let image = null; // of the frame `shownFrame`
let shownFrame = null;
let objects = {}; // number -> what the server says of it in that frame
let layer = null; // the masks, as large as the image
let wanted = null;
let isLoading = false;
const MOST_ZOOM = 16;
let view = { zoom: 1, x: 0.5, y: 0.5 }; // how much larger than whole, and which point of the image is in the middle

/** Show a frame; `anew`: also if it is the one that is shown. Frames asked for while one loads are left out. */
export async function showFrame(index, anew = false) {
  if (!state.video || (!anew && index === shownFrame && wanted === null)) return;
  wanted = index;
  if (isLoading) return;
  isLoading = true;
  try {
    while (wanted !== null && state.video) {
      const next = wanted;
      const key = state.video.key;
      const [picture, found] = await Promise.all([
        next === shownFrame && image?.key === key ? image : loadImage(next, key),
        work(`/frames/${next}/objects`),
      ]);
      if (wanted === next) wanted = null;
      image = picture;
      [shownFrame, objects] = [next, found];
      layer = drawMasks();
      paint();
    }
  } catch (error) {
    wanted = null;
    throw error;
  } finally {
    isLoading = false;
  }
}

/** Redraw the masks, as another colour or visibility needs. */
export function refresh() {
  if (image) layer = drawMasks();
  paint();
}

/** Forget the shown frame: another video is open. */
export function forget() {
  image = layer = shownFrame = wanted = null;
  view = { zoom: 1, x: 0.5, y: 0.5 };
  objects = {};
  paint();
}

/** Which frame is seen. */
export function seenFrame() {
  return shownFrame;
}

/** Paints an object's mask in the shown frame, for the brush to begin with; null where it has none. */
export function maskPainter(number) {
  const text = objects[number]?.mask;
  if (!text) return null;
  return (context) => {
    const { width, height } = state.video;
    const pixels = context.createImageData(width, height);
    eachPixel(text, width, height, (place) => pixels.data.set([255, 225, 90, 255], 4 * place));
    context.putImageData(pixels, 0, 0);
  };
}

/** The object at a point of the shown frame; null where there is none. */
export function objectAt(x, y) {
  const { width, height } = state.video;
  const target = Math.floor(y) * width + Math.floor(x);
  for (const [number, each] of Object.entries(objects)) {
    let isHit = false;
    if (each.mask) eachPixel(each.mask, width, height, (place) => (isHit ||= place === target));
    if (isHit) return Number(number);
  }
  return null;
}

/** A point of the screen in pixels of the image. */
export function toImage(event) {
  const area = canvas.getBoundingClientRect();
  const { scale, left, top } = fit(area.width, area.height);
  return [(event.clientX - area.left - left) / scale, (event.clientY - area.top - top) / scale];
}

/** Zoom by a factor; the point of the image at `event`, or in the middle, stays where it is on the screen. */
export function zoom(factor, event = null) {
  if (!state.video) return;
  const area = canvas.getBoundingClientRect();
  const middle = { clientX: area.left + area.width / 2, clientY: area.top + area.height / 2 };
  const { clientX, clientY } = event ?? middle;
  const [x, y] = toImage({ clientX, clientY });
  view.zoom = Math.max(1, Math.min(MOST_ZOOM, view.zoom * factor));
  const { scale } = fit(area.width, area.height);
  view.x = (x + (middle.clientX - clientX) / scale) / state.video.width;
  view.y = (y + (middle.clientY - clientY) / scale) / state.video.height;
  paint();
}

/** Draw all of it. */
export function paint() {
  const area = canvas.getBoundingClientRect();
  const density = devicePixelRatio;
  canvas.width = Math.round(area.width * density);
  canvas.height = Math.round(area.height * density);
  const context = canvas.getContext("2d");
  if (!state.video || !image) return;
  const { scale, left, top } = fit(area.width, area.height);
  context.setTransform(scale * density, 0, 0, scale * density, left * density, top * density);
  context.drawImage(image.picture, 0, 0, state.video.width, state.video.height);
  if (layer) context.drawImage(layer, 0, 0);
  for (const [number, each] of Object.entries(objects)) if (!state.hidden.has(Number(number))) label(context, number, each, scale);
  sketch.show(context, scale);
}

new ResizeObserver(paint).observe(canvas);
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(event.deltaY < 0 ? 1.25 : 0.8, event);
}, { passive: false });

function fit(width, height) {
  const scale = view.zoom * Math.min(width / state.video.width, height / state.video.height);
  return { scale, left: begin(width, scale * state.video.width, view.x), top: begin(height, scale * state.video.height, view.y) };
}

/** Where an image of a length begins on a screen of `room`: in the middle, or so that it fills the room. */
function begin(room, length, at) {
  if (length <= room) return (room - length) / 2;
  return Math.max(room - length, Math.min(0, room / 2 - length * at));
}

async function loadImage(index, key) {
  const picture = new Image();
  picture.src = address(`/frames/${index}.jpg?video=${key}`);
  await picture.decode().catch(() => {
    throw new Error(`frame ${index} cannot be read: the video is damaged there`);
  });
  return { picture, key };
}

function drawMasks() {
  const { width, height } = state.video;
  const drawn = new OffscreenCanvas(width, height);
  const context = drawn.getContext("2d");
  const pixels = context.createImageData(width, height);
  for (const [number, each] of Object.entries(objects)) {
    if (state.hidden.has(Number(number))) continue;
    const colour = state.objects.find((one) => one.number === Number(number))?.colour ?? [255, 255, 255];
    if (each.mask) tint(pixels, each.mask, colour, TINT);
    if (state.before && each.before) tint(pixels, each.before, [255, 255, 255], 0);
  }
  context.putImageData(pixels, 0, 0);
  return drawn;
}

/** Tint a mask, and draw its outline. */
function tint(pixels, text, colour, opacity) {
  const { width, height, data } = pixels;
  const inside = new Uint8Array(width * height);
  eachPixel(text, width, height, (place) => (inside[place] = 1));
  for (let y = 0, place = 0; y < height; y++) {
    for (let x = 0; x < width; x++, place++) {
      if (!inside[place]) continue;
      const isEdge = !x || !y || x === width - 1 || y === height - 1
        || !(inside[place - 1] && inside[place + 1] && inside[place - width] && inside[place + width]);
      if (isEdge) data.set([...colour, 255], 4 * place);
      else if (opacity) data.set([...colour, opacity], 4 * place);
    }
  }
}

/** The rotated box, dashed where the tracker is in doubt, with number and name. */
function label(context, number, each, scale) {
  if (!each.polygon) return;
  const name = state.objects.find((one) => one.number === Number(number))?.name ?? "";
  context.strokeStyle = colourOf(number);
  context.lineWidth = (state.selected === Number(number) ? 3 : 1.5) / scale;
  context.setLineDash(each.state === "tracked" ? [] : [8 / scale, 6 / scale]);
  context.beginPath();
  for (let at = 0; at < 8; at += 2) context.lineTo(each.polygon[at], each.polygon[at + 1]);
  context.closePath();
  context.stroke();
  context.setLineDash([]);
  const size = 13 / scale;
  const x = Math.min(each.polygon[0], each.polygon[2], each.polygon[4], each.polygon[6]);
  const y = Math.min(each.polygon[1], each.polygon[3], each.polygon[5], each.polygon[7]);
  const text = `${number} ${name}${each.state === "tracked" ? "" : ` · ${each.state}`}`;
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.fillStyle = "rgb(0 0 0 / 65%)";
  const place = [Math.max(0, x), Math.max(1.4 * size, y)];
  context.fillRect(place[0], place[1] - 1.4 * size, context.measureText(text).width + size, 1.4 * size);
  context.fillStyle = colourOf(number);
  context.fillText(text, place[0] + size / 2, place[1] - 0.35 * size);
}
