// Rules for each frame: whether the mask counts, where the target is, and how large it is.
import { Flag, scoreAt } from "./filter.js";
import { clamp } from "./pictures.js";
import { boxToPolygon, centreOf, polygonArea, polygonToBox } from "./regions.js";

const WITNESSED_FROM = 1.07;
const WITNESS_STEP = 1.075;

/** The rules for one target that starts from a box; `pixels` is the area of its first mask. */
export class Rules {
  #size = null;
  #pixels;

  constructor(params, pixels, upright) {
    Object.assign(this, { params, upright });
    this.#pixels = [pixels];
  }

  /** Whether the target moves to the filter's peak. */
  isCertain(located) {
    return located.uncertainty < this.params.tracking_uncertainty_thr;
  }

  /** Whether both memories may learn. */
  isConfident(located) {
    return this.isCertain(located) && located.flag !== Flag.UNCERTAIN && located.flag !== Flag.NOT_FOUND;
  }

  /** Whether a mask counts. */
  believes(shape, located, target) {
    if (!shape.polygon || !this.isCertain(located)) return true;
    const { mask_area_ratio: most, mask_agreement: share } = this.params,
      ratio = polygonArea(shape.polygon) / target.area;
    if (most !== null && !(1 / most <= ratio && ratio <= most)) return false;
    return share === 0 || this.agreement(shape, located) >= share;
  }

  /** The filter's score at the mask's centre, as a share of its highest score. */
  agreement(shape, located) {
    if (!shape?.polygon || !(located.score > 0)) return 0;
    return Math.max(0, scoreAt(located, centreOf(shape.polygon)) / located.score);
  }

  /** The target after a mask that counts; `scoreOf` gives the filter's peak score for another state. */
  async follow(target, shape, located, image, scoreOf) {
    if (!shape.polygon) return target;
    const area = Math.min(polygonArea(shape.polygon), Math.max(Math.max(image.width, image.height) ** 2, target.area));
    const change = Math.sqrt(area / target.area),
      limits = await this.#scaleLimits(target, change, located, scoreOf);
    return target
      .rescaled(this.#step(target.scale, change, shape.pixels, located.uncertainty, limits))
      .movedInside(this.#centre(shape, located, this.params.filter_share), image);
  }

  /** {polygon, box} to report for a mask that counts. */
  region(shape, located) {
    const centre = this.#centre(shape, located, this.params.region_filter_share),
      from = centreOf(shape.polygon);
    const polygon = shape.polygon.map((point) => point.map((at, axis) => at + centre[axis] - from[axis]));
    if (!this.upright) return { polygon, box: this.params.box_from === "mask" ? shape.box : polygonToBox(polygon) };
    const size = polygonToBox(polygon).slice(2),
      share = this.params.region_smoothing;
    this.#size = this.#size?.map((side, axis) => side ** share * size[axis] ** (1 - share)) ?? size;
    const box = [...centre.map((at, axis) => at - this.#size[axis] / 2), ...this.#size];
    return { polygon: boxToPolygon(box), box };
  }

  #centre(shape, located, share) {
    const own = centreOf(shape.polygon),
      part = this.isCertain(located) ? share : 0;
    return own.map((at, axis) => (1 - part) * at + part * located.centre[axis]);
  }

  async #scaleLimits(target, change, located, scoreOf) {
    const { params } = this,
      limits = [params.min_scale_change_factor, params.max_scale_change_factor];
    if (!params.scale_witness || (1 / WITNESSED_FROM < change && change < WITNESSED_FROM)) return limits;
    const other = target.rescaled(change > 1 ? WITNESS_STEP : 1 / WITNESS_STEP);
    if (this.isCertain(located) && (await scoreOf(other)) > (await scoreOf(target))) return limits;
    return params.slow_scale_change;
  }

  /** Factor for the scale; 1 when the measurement does not count. */
  #step(scale, change, pixels, uncertainty, limits) {
    const { params } = this,
      average = this.#pixels.reduce((a, b) => a + b) / this.#pixels.length;
    const deviation = Math.abs(pixels - average) / average;
    if (deviation < params.consider_segm_pixels_ratio)
      this.#pixels = [...this.#pixels, pixels].slice(-params.mask_pixels_budget_sz);
    const believed =
      params.segm_scale_estimation &&
      uncertainty < params.uncertainty_segm_scale_thr &&
      deviation < params.segm_pixels_ratio &&
      scale * change > params.segm_min_scale &&
      Math.abs(change - 1) < params.max_rel_scale_ch_thr;
    return believed ? clamp(change, ...limits) : 1;
  }
}
