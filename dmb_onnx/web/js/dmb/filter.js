// The spatial memory: a correlation filter, learned online, that locates the target and says how sure it is.
import { augment } from "./augmentation.js";
import { leadingEigenvectors } from "./eigen.js";
import { clamp, largestWithin, range, rint } from "./pictures.js";
import { tensor } from "./programs.js";
import { around } from "./windows.js";

const FRAMES_WITHOUT_UNCERTAINTY = 5;
/** Largest side, in cells, of the crop of the whole frame. */
const LARGEST_SEARCH = 48;
/** Number of places in the whole frame to look at closely. */
const PLACES = 3;

/** What the scores say about the target. */
export const Flag = Object.freeze({
  FOUND: "found",
  NOT_FOUND: "not found",
  HARD_NEGATIVE: "hard negative",
  UNCERTAIN: "uncertain",
});

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** A filter that learns from the first frame in `start`. */
export class Filter {
  #programs;
  #params;
  #stride;
  #size;
  #learned;
  #memory;
  #weights;
  #frames = 0;
  #last = null;
  #peakScores = [];

  static async start(programs, image, target) {
    const filter = new Filter(),
      { params } = programs;
    filter.#programs = programs;
    filter.#params = params;
    filter.#stride = programs.facts.stride;
    filter.#size = programs.facts.search_crop.size;
    const window = target.searchWindow(filter.#size);
    const [crops, moved] = augment(image, window, params.augmentation, params.augmentation_expansion_factor);
    const sigma = (Math.sqrt(target.baseSize[0] * target.baseSize[1]) / filter.#stride) * params.output_sigma_factor;
    const features = [];
    for (const crop of crops) features.push(await filter.#features(crop));
    const centres = Float32Array.from(moved.flat(), (at) => filter.#size / 2 + at);
    await filter.#learnFirst(stacked(features), tensor([crops.length, 2], centres), tensor([], Float32Array.of(sigma)));
    return filter;
  }

  /** Mean of the last peak scores; 0 before the first. */
  get typicalScore() {
    return sum(this.#peakScores) / Math.max(1, this.#peakScores.length);
  }

  /** Look for the target around its last position: {centre, score, flag, uncertainty, scoreAt, window, sample}. */
  async locate(image, target) {
    this.#frames++;
    const window = target.searchWindow(this.#size);
    const { score_map: map, peaks, sample } = await this.#score(window.extract(image), target);
    const width = map.dims[1],
      [first, second, ...indices] = peaks.data;
    const places = indices.map((index) => [Math.floor(index / width), index % width]);
    const [flag, place] = this.#judge(first, second, places, width);
    const centre = window.toImage(place.toReversed().map((at) => at / this.#params.score_upsample_factor));
    return { centre, score: first, flag, uncertainty: this.#uncertainty(first), map, window, sample };
  }

  /** The highest score around a possible target; changes nothing. */
  async peakScore(image, target) {
    return (await this.#score(target.searchWindow(this.#size).extract(image), target)).peaks.data[0];
  }

  /** Remember a frame's sample with its target at `centre`, and improve the filter when an update is due. */
  async learn({ flag, sample, window }, centre) {
    const params = this.#params,
      memory = this.#memory,
      weights = this.#weights,
      hard = flag === Flag.HARD_NEGATIVE;
    const rate = hard ? params.hard_negative_learning_rate : params.learning_rate;
    const index = weights.reduce((best, weight, i) => (weight < weights[best] ? i : best), 0);
    if (this.#last === null) {
      weights.forEach((weight, i) => {
        weights[i] = weight / (1 - rate);
      });
      weights[index] = rate;
    } else weights[index] = weights[this.#last] / (1 - rate);
    const total = sum(weights);
    weights.forEach((weight, i) => {
      weights[i] = weight / total;
    });
    this.#last = index;
    memory.samples.data.set(sample.data, index * sample.data.length);
    memory.centres.data.set(window.toCrop(centre), index * 2);
    if (!hard && this.#frames % params.train_skipping !== 0) return;
    const given = {
      ...memory,
      filter: this.#learned.filter,
      weights: tensor([weights.length], Float32Array.from(weights)),
    };
    this.#learned.filter = (await this.#programs.run("filter_update", given)).new_filter;
  }

  /** The places of a frame that look most like the target, best first. */
  async search(image, target) {
    const window = this.#frameWindow(image, target),
      features = await this.#features(window.extract(image));
    const { scores } = await this.#programs.run("filter_search", { features, ...this.#learned });
    const [height, width] = scores.dims.slice(-2),
      [oddY, oddX] = this.#params.kernel_size.map((side) => (side % 2) / 2);
    const points = range(width * height, (i) =>
      window.toImage([((i % width) + oddX) * this.#stride, (Math.floor(i / width) + oddY) * this.#stride]),
    );
    const inside = Float32Array.from(scores.data, (score, i) => {
      const [x, y] = points[i];
      return x >= 0 && y >= 0 && x <= image.width && y <= image.height ? score : -Infinity;
    });
    const reach = target.baseSize.map((side) => Math.max(rint(side / this.#stride), 1));
    const highest = largestWithin(inside, width, height, ...reach);
    const peaks = range(inside.length).filter((i) => Number.isFinite(inside[i]) && inside[i] >= highest[i]);
    return peaks
      .sort((i, j) => inside[j] - inside[i])
      .slice(0, PLACES)
      .map((i) => target.moved(points[i]));
  }

  /** Projection and filter from the features of N crops, by Gauss-Newton from the principal axes and zeros. */
  async #learnFirst(features, centres, sigma) {
    const {
      compressed_dim: channels,
      kernel_size: kernel,
      init_GN_iter: steps,
      sample_memory_size: capacity,
    } = this.#params;
    const { covariance } = await this.#programs.run("filter_covariance", { features });
    const size = covariance.dims[0],
      axes = leadingEigenvectors(covariance.data, size, channels);
    this.#learned = { projection: tensor([channels, size], axes), filter: tensor([channels, ...kernel]) };
    let step;
    for (let i = 0; i < steps; i++) {
      step = await this.#programs.run("filter_start", { features, ...this.#learned, centres, sigma });
      this.#learned = { projection: step.new_projection, filter: step.new_filter };
    }
    const [count, ...shape] = step.samples.dims;
    this.#memory = { samples: tensor([capacity, ...shape]), centres: tensor([capacity, 2]), sigma };
    this.#memory.samples.data.set(step.samples.data);
    this.#memory.centres.data.set(centres.data);
    this.#weights = range(capacity, (i) => (i < count ? 1 / count : 0));
  }

  async #features(crop) {
    const pixels = tensor([1, crop.height, crop.width, 3], crop.data);
    return (await this.#programs.run("features", { pixels })).features;
  }

  async #score(crop, { baseSize: [width, height] }) {
    const factor = this.#params.target_neighborhood_scale * this.#params.score_upsample_factor;
    const neighbourhood = tensor([2], Float32Array.of(factor * height, factor * width));
    const features = await this.#features(crop);
    return this.#programs.run("filter_score", { features, ...this.#learned, neighbourhood });
  }

  /** The flag and the place [row, column] to follow, from the scores of the peak and its rival (-Infinity: none). */
  #judge(first, second, places, width) {
    const params = this.#params,
      lowest = params.target_not_found_threshold;
    if (first < lowest) return [Flag.NOT_FOUND, places[0]];
    if (!(first > 0)) return [Flag.UNCERTAIN, places[0]];
    if (second > params.distractor_threshold * first) {
      const limit = (params.displacement_scale * width) / 2,
        middle = Math.floor(width / 2);
      const far = places.map(([row, column]) => Math.hypot(row - middle, column - middle));
      if ((far[0] < limit && limit < far[1]) || (far[1] < limit && limit < far[0]))
        return [Flag.HARD_NEGATIVE, places[far[1] < far[0] ? 1 : 0]];
      return [Flag.UNCERTAIN, places[0]];
    }
    const rival = second > Math.max(params.hard_negative_threshold * first, lowest);
    return [rival ? Flag.HARD_NEGATIVE : Flag.FOUND, places[0]];
  }

  /** Mean of the last peak scores divided by this one; adds this one to them. */
  #uncertainty(score) {
    const scores = [...this.#peakScores, Math.max(0, score)].slice(-this.#params.response_budget_sz);
    let uncertainty = 0;
    if (!(score > 0)) uncertainty = Infinity;
    else if (this.#frames > FRAMES_WITHOUT_UNCERTAINTY) uncertainty = sum(scores) / scores.length / score;
    if (uncertainty <= this.#params.budget_uncertainty_thr) this.#peakScores.push(scores.at(-1));
    this.#peakScores.splice(0, this.#peakScores.length - this.#params.response_budget_sz);
    return uncertainty;
  }

  #frameWindow({ width, height }, target) {
    const cells = Math.ceil(Math.max(width, height) / target.scale / this.#stride);
    const size = Math.min(cells, LARGEST_SEARCH) * this.#stride,
      side = size * target.scale;
    const centre = [width, height].map((length, axis) => {
      const slack = Math.max(length - side, 0) / 2;
      return clamp(target.centre[axis], length / 2 - slack, length / 2 + slack);
    });
    return around(centre, side, size);
  }
}

/** The score at a point of the image, from what `locate` found; outside the crop, the score of the border. */
export function scoreAt({ map, window }, point) {
  const points = map.dims.at(-1);
  const [column, row] = window.toCrop(point).map((at) => clamp(rint((at * points) / window.size), 0, points - 1));
  return map.data[row * points + column];
}

/** Tensors of one row each, joined. */
function stacked(tensors) {
  const { data, dims } = tensors[0],
    all = tensor([tensors.length, ...dims.slice(1)]);
  tensors.forEach((one, i) => all.data.set(one.data, i * data.length));
  return all;
}
