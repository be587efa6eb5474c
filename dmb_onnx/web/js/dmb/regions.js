// Boxes [x, y, w, h], polygons of four corners [x, y], and masks (pictures of 0 and 1), which a target can start from.
import { InputError } from "./errors.js";
import { Picture, clamp } from "./pictures.js";
import { covered } from "./windows.js";

export const boxToPolygon = ([x, y, w, h]) => [
  [x, y],
  [x + w, y],
  [x + w, y + h],
  [x, y + h],
];

/** The upright bounding box of points. */
export function polygonToBox(polygon) {
  const low = [0, 1].map((axis) => Math.min(...polygon.map((point) => point[axis])));
  const high = [0, 1].map((axis) => Math.max(...polygon.map((point) => point[axis])));
  return [...low, high[0] - low[0], high[1] - low[1]];
}

/** Area in square pixels, by the shoelace formula. */
export function polygonArea(polygon) {
  const [ox, oy] = polygon[0];
  return (
    Math.abs(
      polygon.reduce((sum, [x, y], i) => {
        const [nx, ny] = polygon[(i + 1) % polygon.length];
        return sum + (x - ox) * (ny - oy) - (nx - ox) * (y - oy);
      }, 0),
    ) / 2
  );
}

export const centreOf = (polygon) =>
  [0, 1].map((axis) => polygon.reduce((sum, point) => sum + point[axis], 0) / polygon.length);

export const countPixels = (mask) => mask.data.reduce((sum, value) => sum + value, 0);

/** The upright bounding box of a mask that is not empty. */
export function tightBox({ width, height, data }) {
  let left = width,
    top = height,
    right = 0,
    bottom = 0;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      if (data[i]) {
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
  return [left, top, right - left, bottom - top];
}

/** The pixels whose centres are in a box; if there are none, the pixel nearest to its centre. */
export function boxToMask([x, y, w, h], width, height) {
  const mask = new Picture(width, height, 1, new Uint8Array(width * height));
  const columns = covered(x, w, width),
    rows = covered(y, h, height);
  for (const row of rows) for (const column of columns) mask.data[row * width + column] = 1;
  if (!columns.length || !rows.length)
    mask.data[clamp(Math.floor(y + h / 2), 0, height - 1) * width + clamp(Math.floor(x + w / 2), 0, width - 1)] = 1;
  return mask;
}

/** Pixels at most `radius` away from a mask. */
export function dilate(mask, radius) {
  const { width, height, data } = mask,
    out = mask.like(width, height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      // Only the border spreads: pixels inside are covered by their neighbours.
      if (!data[i]) continue;
      if (
        x &&
        y &&
        x < width - 1 &&
        y < height - 1 &&
        data[i - 1] &&
        data[i + 1] &&
        data[i - width] &&
        data[i + width]
      ) {
        out.data[i] = 1;
        continue;
      }
      for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++) {
        const reach = Math.floor(Math.sqrt(radius ** 2 - (row - y) ** 2));
        out.data.fill(1, row * width + Math.max(0, x - reach), row * width + Math.min(width - 1, x + reach) + 1);
      }
    }
  return out;
}

/** @throws InputError where a box cannot be used on an image of this width and height. */
export function checkBox(box, width, height) {
  if (box.length !== 4)
    throw new InputError(`region ${listed(box)} has ${box.length} numbers; give 4 (x, y, w, h) or 8 (corners)`);
  const what = `box ${listed(box)}`,
    [x, y, w, h] = box;
  if (!box.every(Number.isFinite))
    throw new InputError(`${what} has numbers that are not finite; give x, y, w, h in pixels`);
  if (w <= 0 || h <= 0)
    throw new InputError(`${what} has no area; width and height (the last two numbers) must be positive`);
  if (Math.min(x + w, width) <= Math.max(x, 0) || Math.min(y + h, height) <= Math.max(y, 0))
    throw new InputError(`${what} lies wholly outside the image of ${width} x ${height} pixels`);
}

/** As Python writes a list of numbers. */
function listed(numbers) {
  const python = (number) =>
    Number.isInteger(number) ? number.toFixed(1) : String(number).replace("NaN", "nan").replace("Infinity", "inf");
  return `[${numbers.map(python).join(", ")}]`;
}

/** An image as RGB. @throws InputError where it does not have 1, 3 or 4 channels of bytes. */
export function checkedImage({ width, height, channels, data }) {
  if (![1, 3, 4].includes(channels) || !data.length)
    throw new InputError(
      `image of shape (${height}, ${width}, ${channels}); give (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with pixels`,
    );
  if (channels === 3) return new Picture(width, height, 3, data);
  const rgb = new Uint8Array(width * height * 3),
    green = channels === 4 ? 1 : 0,
    blue = 2 * green;
  for (let from = 0, to = 0; from < data.length; from += channels) {
    rgb[to++] = data[from];
    rgb[to++] = data[from + green];
    rgb[to++] = data[from + blue];
  }
  return new Picture(width, height, 3, rgb);
}
