// The rectangle around a mask's largest part: upright, or rotated and shrunk onto it.
import { connectedParts, outline } from "./contours.js";
import { fitEllipse, minimumAreaRectangle } from "./ellipse.js";
import { Picture, warpAffine } from "./pictures.js";
import { boxToPolygon, polygonArea, tightBox } from "./regions.js";

const LEAST_CONTOUR = 50;
const LONGEST_AXIS = 0.6;
const LEAST_INSIDE = 0.9;
const EMPTY_WEIGHT = 0.25;
const AREA_RATIO = [0.1, 2.5];
/** Steps of top, left, bottom, right. */
const INWARDS = [1, 1, -1, -1];

/** Four corners, in edge coordinates of the mask; null where its largest outline's area is 50 pixels or less. */
export function fitRectangle(mask, upright, optimize) {
  let contour = null,
    part = null,
    area = LEAST_CONTOUR;
  for (const indices of connectedParts(mask)) {
    const points = outline(mask, indices[0]);
    if (polygonArea(points) > area) [contour, part, area] = [points, indices, polygonArea(points)];
  }
  if (!contour) return null;
  const alone = mask.like(mask.width, mask.height);
  for (const index of part) alone.data[index] = 1;
  if (upright) return boxToPolygon(tightBox(alone));
  const least = minimumAreaRectangle(contour);
  const smallest = corners(
    least.centre.map((v) => v + 0.5),
    least.width + 1,
    least.height + 1,
    least.angle,
  );
  if (!optimize) return smallest;
  const ellipse = fitEllipse(contour),
    longest = Math.max(mask.width, mask.height);
  // A degenerate ellipse has NaN axes.
  const { centre, angle } = ellipse.longest <= LONGEST_AXIS * longest ? ellipse : least;
  const shrunk = shrunkRectangle(alone, contour, centre, angle);
  const ratio = polygonArea(shrunk) / polygonArea(smallest);
  return AREA_RATIO[0] <= ratio && ratio <= AREA_RATIO[1] ? shrunk : smallest;
}

/** Function that turns [x, y] about a centre by an angle in degrees, x towards y. */
function turner([cx, cy], angle) {
  const cos = Math.cos((angle * Math.PI) / 180),
    sin = Math.sin((angle * Math.PI) / 180);
  return ([x, y]) => [cos * (x - cx) - sin * (y - cy) + cx, sin * (x - cx) + cos * (y - cy) + cy];
}

function corners([x, y], width, height, angle) {
  return boxToPolygon([x - width / 2, y - height / 2, width, height]).map(turner([x, y], angle));
}

/** Corners of the box shrunk onto a part, turned by `angle` degrees about `centre` (pixel indices). */
function shrunkRectangle(part, contour, centre, angle) {
  const back = turner(centre, -angle),
    forth = turner(centre, angle);
  const outlined = contour.map(back);
  const shift = [0, 1].map((axis) => Math.floor(Math.min(...outlined.map((p) => p[axis]))) - 1);
  const size = [0, 1].map((axis) => Math.ceil(Math.max(...outlined.map((p) => p[axis]))) - shift[axis] + 2);
  const [ox, oy] = forth(shift),
    [ax, ay] = forth([shift[0] + 1, shift[1]]),
    [bx, by] = forth([shift[0], shift[1] + 1]);
  const floats = new Picture(part.width, part.height, 1, Float32Array.from(part.data));
  const [top, left, bottom, right] = shrink(
    warpAffine(floats, [ax - ox, bx - ox, ox, ay - oy, by - oy, oy], ...size, false),
  );
  return boxToPolygon([left, top, right - left, bottom - top])
    .map(([x, y]) => forth([x - 0.5 + shift[0], y - 0.5 + shift[1]]))
    .map(([x, y]) => [x + 0.5, y + 0.5]);
}

/** top, left, bottom, right: the sides move inwards, one pixel at a time, while the score rises. */
function shrink(mask) {
  const [x, y, w, h] = tightBox(mask),
    bounds = [y, x, y + h, x + w],
    sums = integral(mask);
  let box = bounds,
    best = sums.score(box);
  const moved = (side, step) => box.map((edge, i) => edge + step * (i === side));
  for (let improved = true; improved;) {
    improved = false;
    INWARDS.forEach((step, side) => {
      const trial = moved(side, step),
        score = sums.score(trial);
      if (score > best) [box, best, improved] = [trial, score, true];
    });
  }
  const grown = INWARDS.map((step, side) => moved(side, -step)).filter((_, side) => box[side] !== bounds[side]);
  return [box, ...grown].reduce((a, b) => (sums.score(b) > sums.score(a) ? b : a));
}

/** The score of a box, from sums over rectangles of a float mask. */
function integral({ width, height, data }) {
  const sums = new Float64Array((width + 1) * (height + 1)),
    at = (row, column) => sums[row * (width + 1) + column];
  for (let y = 0; y < height; y++)
    for (let x = 0, line = 0; x < width; x++) {
      line += data[y * width + x];
      sums[(y + 1) * (width + 1) + x + 1] = at(y, x + 1) + line;
    }
  const total = Math.fround(at(height, width));
  return {
    score([top, left, bottom, right]) {
      const inside = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
      if (bottom <= top || right <= left || inside < LEAST_INSIDE * total) return -1;
      return inside / (EMPTY_WEIGHT * ((bottom - top) * (right - left) - inside) + total);
    },
  };
}
