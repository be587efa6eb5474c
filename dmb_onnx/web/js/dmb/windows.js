// Square crops of an image, in edge coordinates: pixel (i, j) covers [j, j + 1) x [i, i + 1).
import { Picture, areaResize, bilinear, clamp, linearResize, range, rint } from "./pictures.js";

/** From this many image pixels per crop pixel, areas are averaged before bilinear sampling, against aliasing. */
const SMOOTHED_FROM = 2;

/** The square with its corner at (x, y), in image pixels, sampled at `size` x `size` pixels. */
export class Window {
  constructor(x, y, side, size) {
    Object.assign(this, { x, y, side, size });
  }

  /** Image pixels per crop pixel. */
  get scale() {
    return this.side / this.size;
  }

  get centre() {
    return [this.x + this.side / 2, this.y + this.side / 2];
  }

  /** A point from image to crop. */
  toCrop([x, y]) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  /** A point from crop to image. */
  toImage([x, y]) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  /** Crop an RGB image to bytes; outside, its border pixels are repeated. */
  extract(image) {
    const crop = sample(...neededPart(image, this), false);
    return crop.data instanceof Uint8Array
      ? crop
      : new Picture(this.size, this.size, 3, Uint8Array.from(crop.data, rint));
  }

  /** Crop a mask (0 or 1) to floats; zero outside the image. */
  extractMask(mask) {
    const floats = new Picture(mask.width, mask.height, 1, Float32Array.from(mask.data));
    return sample(...neededPart(floats, this), true);
  }

  /** Paste the crop's float mask into an image of this width and height; zero outside the window. */
  pasteMask(mask, width, height) {
    const out = new Picture(width, height, 1);
    const columns = covered(this.x, this.side, width),
      rows = covered(this.y, this.side, height);
    if (!columns.length || !rows.length) return out;
    const [small, ratioX, ratioY] = averaged(mask, 1 / this.scale);
    const pasted = bilinear(
      small,
      columns.map((j) => (j + 0.5 - this.x) / this.scale / ratioX),
      rows.map((i) => (i + 0.5 - this.y) / this.scale / ratioY),
    );
    rows.forEach((row, i) =>
      out.data.set(pasted.data.subarray(i * columns.length, (i + 1) * columns.length), row * width + columns[0]),
    );
    return out;
  }
}

/** The window with this side, centred on a point. */
export const around = ([x, y], side, size) => new Window(x - side / 2, y - side / 2, side, size);

/** The window of side `ceil(sqrt(w * h) * factor)` around a box, on whole pixels. */
export function wholePixelsAround([x, y, w, h], factor, size) {
  const side = Math.max(1, Math.ceil(Math.sqrt(w * h) * factor));
  return new Window(rint(x + w / 2 - side / 2), rint(y + h / 2 - side / 2), side, size);
}

/** The pixels, of `length`, whose centres are in [start, start + side). */
export function covered(start, side, length) {
  const first = (edge) => clamp(Math.ceil(edge - 0.5), 0, length);
  return range(Math.max(0, first(start + side) - first(start)), (i) => first(start) + i);
}

/** The part of an image that a window needs, at least one pixel, and the window relative to that part. */
function neededPart(image, window) {
  const step = Math.max(1, Math.floor(window.scale));
  const needed = (start, length) => {
    let first = Math.floor(start) - step;
    const last = first + step * Math.ceil((Math.ceil(start + window.side) + step - first) / step);
    first = clamp(first, 0, length - 1);
    return [first, Math.min(Math.max(last, first + 1), length)];
  };
  const [left, right] = needed(window.x, image.width),
    [top, bottom] = needed(window.y, image.height);
  const part = image.part(left, top, right - left, bottom - top);
  return [part, new Window(window.x - left, window.y - top, window.side, window.size)];
}

function sample(image, window, zeroOutside) {
  const { x, y, side, size, scale } = window;
  const [small, ratioX, ratioY] = averaged(image, scale);
  const picture = framed(small, image, zeroOutside);
  if (scale < SMOOTHED_FROM && [x, y, side].every(Number.isInteger))
    return linearResize(picture.part(x + 1, y + 1, side, side), size);
  const inset = Math.min(0.5, side / 2);
  const places = (start, ratio) =>
    range(size, (i) => clamp(start + (i + 0.5) * scale, start + inset, start + side - inset) / ratio + 1);
  return bilinear(picture, places(x, ratioX), places(y, ratioY));
}

/** An image shrunk by area averages for samples `step` pixels apart, and the ratios of the sizes. */
function averaged(image, step) {
  if (step < SMOOTHED_FROM) return [image, 1, 1];
  const [width, height] = [image.width, image.height].map((length) => Math.ceil(length / Math.floor(step)));
  return [areaResize(image, width, height), image.width / width, image.height / height];
}

/** An averaged image with a border, one pixel wide, of zeros or of the border pixels of `image`. */
function framed(small, image, zeroOutside) {
  const { width, height } = small,
    out = small.part(-1, -1, width + 2, height + 2);
  const put = (strip, left, top) => {
    for (let y = 0; y < strip.height; y++)
      out.data.set(
        strip.data.subarray(y * strip.width * strip.channels, (y + 1) * strip.width * strip.channels),
        ((top + y) * out.width + left) * out.channels,
      );
  };
  if (!zeroOutside && small === image) return out;
  const strip = (left, top, w, h) => (zeroOutside ? small.like(w, h) : image.part(left, top, w, h));
  for (const [row, top] of [
    [0, 0],
    [image.height - 1, height + 1],
  ]) {
    put(zeroOutside ? small.like(width, 1) : areaResize(strip(0, row, image.width, 1), width, 1), 1, top);
    for (const [column, left] of [
      [0, 0],
      [image.width - 1, width + 1],
    ])
      put(strip(column, row, 1, 1), left, top);
  }
  for (const [column, left] of [
    [0, 0],
    [image.width - 1, width + 1],
  ])
    put(zeroOutside ? small.like(1, height) : areaResize(strip(column, 0, 1, image.height), 1, height), left, 1);
  return out;
}
