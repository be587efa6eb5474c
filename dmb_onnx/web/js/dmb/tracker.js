// The tracker: the order of a frame.
import { Bank } from "./bank.js";
import { InputError } from "./errors.js";
import { Filter } from "./filter.js";
import { Picture, clamp, rint } from "./pictures.js";
import { tensor } from "./programs.js";
import { Recovery } from "./recovery.js";
import { boxToMask, boxToPolygon, checkBox, checkedImage, countPixels, dilate } from "./regions.js";
import { Rules } from "./rules.js";
import { ShapeFitter, over } from "./shape.js";
import { Target } from "./target.js";

/**
 * Follows one object by its pixels. Images are {width, height, channels, data} in bytes; a result is
 * {box: [x, y, w, h], polygon: four corners [x, y], mask: picture of 0 and 1, score: 0 to 1,
 * state: "tracked", "doubtful" or "lost"}.
 */
export class Tracker {
  #programs;
  #number;
  #target;
  #filter;
  #bank;
  #look;
  #rules;
  #fitter;
  #recovery;

  constructor(programs) {
    this.#programs = programs;
  }

  /** Start on the target in a box. @throws InputError */
  async initialize(given, box) {
    const image = checkedImage(given),
      { params, facts } = this.#programs,
      { width, height } = image;
    checkBox(box, width, height);
    const [x, y, w, h] = box,
      scale = (Math.sqrt(w * h) * facts.search_crop.factor) / facts.search_crop.size;
    this.#number = 0;
    this.#target = new Target([x + w / 2, y + h / 2], [w / scale, h / scale], scale);
    this.#filter = await Filter.start(this.#programs, image, this.#target);
    const window = this.#target.segmentationWindow(facts.segmentation_crop);
    const frame = await this.#encode(image, window),
      region = boxToMask(box, width, height);
    await this.#startBank(frame, window, region);
    const mask = await this.#refined(frame, window, region);
    this.#rules = new Rules(params, countPixels(mask), params.upright_region);
    this.#fitter = new ShapeFitter(params.upright_region, params.segm_optimize_polygon);
    if (params.calibrate_region) this.#fitter.calibrate(boxToPolygon(box), mask, window);
    this.#recovery = new Recovery(params);
    return { box, polygon: boxToPolygon(box), mask, score: 1, state: "tracked" };
  }

  /** Follow the target into the next frame. */
  async track(given) {
    if (!this.#recovery) throw new InputError("track: initialize first");
    const image = checkedImage(given),
      rules = this.#rules,
      { params, facts } = this.#programs;
    this.#number++;
    // 1. Where does the filter see the target?
    let target = this.#target.movedInside(this.#target.centre, image);
    target = await this.#recovery.look(image, target, this.#filter);
    const located = await this.#filter.locate(image, target);
    if (rules.isCertain(located)) target = target.movedInside(located.centre, image);
    // 2. Which pixels belong to it?
    const window = target.segmentationWindow(facts.segmentation_crop);
    let frame,
      seen,
      shape = null,
      believed = false;
    if (located.uncertainty <= params.uncertainty_segment_thr) {
      frame = await this.#encode(image, window);
      seen = await this.#segment(frame);
      shape = this.#fitter.fit(picture(seen.probability), params.segm_mask_thr, window, image.width, image.height);
      believed = rules.believes(shape, located, target);
    }
    // 3. Where is it, how large, and is it lost?
    if (believed)
      target = await rules.follow(target, shape, located, image, (state) => this.#filter.peakScore(image, state));
    const score = this.#score(located, shape, seen?.likeness.data[0] ?? 0);
    let state;
    [this.#target, state] = this.#recovery.settle(target, this.#state(score));
    // 4. Both memories learn.
    const lost = state === "lost",
      confident = rules.isConfident(located) && !lost;
    if (confident) await this.#filter.learn(located, this.#target.centre);
    if (believed && !lost) await this.#remember(frame, seen.memory_mask, confident);
    const reported =
      believed && !lost && shape.polygon
        ? rules.region(shape, located)
        : { box: this.#target.box, polygon: boxToPolygon(this.#target.box) };
    const mask =
      shape && !lost
        ? shape.mask
        : new Picture(image.width, image.height, 1, new Uint8Array(image.width * image.height));
    return { ...reported, mask, score, state };
  }

  async #encode(image, window) {
    const pixels = tensor([1, window.size, window.size, 3], window.extract(image).data);
    return { pixels, ...(await this.#programs.run("encode", { pixels })) };
  }

  #segment(frame) {
    return this.#programs.run("segment", { ...frame, ...this.#bank.arrays, look: this.#look });
  }

  async #startBank(frame, window, mask) {
    const crop = tensor([1, window.size, window.size], window.extractMask(mask).data);
    const first = await this.#programs.run("remember", { ...frame, mask: crop });
    this.#look = first.look;
    this.#bank = new Bank(this.#programs.params.memory_capacity, first.memory_key, first.memory_value);
  }

  /** The network's mask of the target in a region; it replaces the region's mask in the memory. */
  async #refined(frame, window, region) {
    const seen = await this.#segment(frame),
      { width, height } = region;
    const probable = over(
      window.pasteMask(picture(seen.probability), width, height),
      Math.fround(this.#programs.params.init_segm_mask_thr),
    );
    const near = dilate(region, Math.max(1, rint(0.05 * Math.sqrt(countPixels(region)))));
    let mask = new Picture(
      width,
      height,
      1,
      probable.data.map((on, i) => on & near.data[i]),
    );
    if (!countPixels(mask)) mask = region;
    await this.#startBank(frame, window, mask);
    return mask;
  }

  async #remember(frame, mask, confident) {
    const { memory_interval: interval, remember_last: last } = this.#programs.params;
    const keep = confident && this.#number % interval === 0;
    if (!keep && !last) return;
    const seen = await this.#programs.run("remember", { ...frame, mask });
    this.#bank.remember(keep, seen.memory_key, seen.memory_value);
  }

  /** The probability that the region overlaps the target by more than half. */
  #score(located, shape, likeness) {
    const seen = [1, located.score, shape?.score ?? 0, this.#rules.agreement(shape, located), likeness];
    const logit = this.#programs.params.score_weights.reduce((sum, weight, i) => sum + weight * seen[i], 0);
    return 1 / (1 + Math.exp(-clamp(logit, -50, 50)));
  }

  #state(score) {
    if (score < this.#programs.params.lost_score) return "lost";
    return score >= 0.5 ? "tracked" : "doubtful";
  }
}

const picture = ({ dims, data }) => new Picture(dims.at(-1), dims.at(-2), 1, data);
