// The state of the target, and the crops around it for the two memories.
import { clamp } from "./pictures.js";
import { around, wholePixelsAround } from "./windows.js";

/** Centre in image pixels, size in pixels of the search crop, and image pixels per pixel of that crop. */
export class Target {
  constructor(centre, baseSize, scale) {
    Object.assign(this, { centre, baseSize, scale });
  }

  get area() {
    return this.baseSize[0] * this.baseSize[1] * this.scale ** 2;
  }

  get box() {
    const size = this.baseSize.map((side) => side * this.scale);
    return [...this.centre.map((at, axis) => at - size[axis] / 2), ...size];
  }

  moved(centre) {
    return new Target(centre, this.baseSize, this.scale);
  }

  /** The same target at a centre, or at the nearest point of the image. */
  movedInside([x, y], image) {
    return this.moved([clamp(x, 0, image.width), clamp(y, 0, image.height)]);
  }

  rescaled(factor) {
    return new Target(this.centre, this.baseSize, this.scale * factor);
  }

  /** The filter's crop. */
  searchWindow(size) {
    return around(this.centre, this.scale * size, size);
  }

  /** The crop to segment. */
  segmentationWindow({ factor, size }) {
    return wholePixelsAround(this.box, factor, size);
  }
}
