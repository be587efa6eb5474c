// From the mask of a crop to the region of the target in the image.
import { connectedParts } from "./contours.js";
import { Picture, clamp } from "./pictures.js";
import { fitRectangle } from "./rectangles.js";
import { boxToPolygon, centreOf, polygonArea, polygonToBox, tightBox } from "./regions.js";

const LEAST_PIXELS = 50;
const CALIBRATION = [0.8, 1.5];

const clip = (ratio) => clamp(ratio, ...CALIBRATION);

/** The mask of a picture where it is over a threshold. */
export function over({ width, height, data }, threshold) {
  const mask = new Uint8Array(data.length);
  for (let i = 0; i < mask.length; i++) mask[i] = data[i] > threshold ? 1 : 0;
  return new Picture(width, height, 1, mask);
}

/** Fits the regions of one target, in the size that its annotator would draw. */
export class ShapeFitter {
  constructor(upright, optimize) {
    Object.assign(this, { upright, optimize, factors: [1, 1], offset: [0, 0] });
  }

  /** Learn how the given corners differ from the rectangle around their mask. */
  calibrate(region, mask, window) {
    const found = this.#rectangle(over(window.extractMask(mask), 0.5));
    if (!found) return;
    const rectangle = found.map((point) => window.toImage(point));
    const byArea = clip(Math.sqrt(polygonArea(region) / polygonArea(rectangle)));
    this.factors = [byArea, byArea];
    if (!this.upright) return;
    const sides = polygonToBox(rectangle).slice(2),
      given = polygonToBox(region).slice(2);
    this.factors = sides.map((side, axis) => Math.sqrt(byArea * clip(given[axis] / side)));
    const [from, to] = [centreOf(rectangle), centreOf(region)];
    this.offset = sides.map((side, axis) => (to[axis] - from[axis]) / side / 2);
  }

  /**
   * The shape of the largest part of what is probable in a crop, in an image of this width and height: {polygon, box}
   * or null, the mask in the image, its pixels there, its mean probability (score).
   */
  fit(probability, threshold, window, width, height) {
    const onTarget = over(probability, Math.fround(threshold)),
      part = onTarget.like(onTarget.width, onTarget.height);
    const indices = connectedParts(onTarget).reduce((a, b) => (b.length > a.length ? b : a), []);
    const pixels = indices.length > LEAST_PIXELS ? indices.length : 0;
    if (pixels) for (const index of indices) part.data[index] = 1;
    const found = pixels ? this.#rectangle(part) : null;
    const inImage = (polygon) => this.#calibrated(polygon.map((point) => window.toImage(point)));
    return {
      polygon: found && inImage(found),
      box: found && polygonToBox(inImage(this.upright ? found : boxToPolygon(tightBox(part)))),
      mask: over(window.pasteMask(part, width, height), 0.5),
      pixels: pixels * window.scale ** 2,
      score: pixels ? indices.reduce((sum, index) => sum + probability.data[index], 0) / pixels : 0,
    };
  }

  #rectangle(mask) {
    return fitRectangle(mask, this.upright, this.optimize);
  }

  #calibrated(rectangle) {
    const centre = centreOf(rectangle),
      sides = polygonToBox(rectangle).slice(2);
    return rectangle.map((point) =>
      point.map(
        (at, axis) => centre[axis] + this.offset[axis] * sides[axis] + this.factors[axis] * (at - centre[axis]),
      ),
    );
  }
}
