// Pictures, and the operations that the other runtimes take from OpenCV 5, in its arithmetic.

/** Rows of pixels of one or more channels. Results are rounded for bytes (Uint8Array), not for a Float32Array. */
export class Picture {
  constructor(width, height, channels, data = new Float32Array(width * height * channels)) {
    Object.assign(this, { width, height, channels, data });
  }

  /** Another picture of the same kind of numbers. */
  like(width, height) {
    return new Picture(width, height, this.channels, new this.data.constructor(width * height * this.channels));
  }

  /** The rectangle of whole pixels at (left, top); outside, the border pixels are repeated. */
  part(left, top, width, height) {
    return this.gather(
      range(width, (x) => clamp(left + x, 0, this.width - 1)),
      range(height, (y) => clamp(top + y, 0, this.height - 1)),
    );
  }

  /** The picture of these columns and rows. */
  gather(columns, rows) {
    const out = this.like(columns.length, rows.length);
    let to = 0;
    for (const row of rows)
      for (const column of columns) {
        let from = (row * this.width + column) * this.channels;
        for (let c = 0; c < this.channels; c++) out.data[to++] = this.data[from++];
      }
    return out;
  }
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export const range = (length, of = (i) => i) => Array.from({ length }, (_, i) => of(i));

/** The nearest whole number; halves go to the even one. */
export function rint(value) {
  const low = Math.floor(value),
    rest = value - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

/** A picture of fewer pixels, each the average of the area that it covers. */
export function areaResize(picture, width, height) {
  return weighted(picture, areas(picture.width, width), areas(picture.height, height));
}

/** For each of `count` pixels, the pixels of `length` that it covers, and how much of it each is: [first, weights]. */
function areas(length, count) {
  const step = length / count;
  return range(count, (i) => {
    const start = i * step,
      end = Math.min(start + step, length),
      first = Math.floor(start + 1e-9);
    const last = Math.max(first + 1, Math.ceil(end - 1e-9));
    return [
      first,
      range(last - first, (k) => (Math.min(end, first + k + 1) - Math.max(start, first + k)) / (end - start)),
    ];
  });
}

function weighted(picture, columns, rows) {
  const { channels, data, width } = picture,
    out = picture.like(columns.length, rows.length);
  // OpenCV rounds halves up when it averages two by two pixels, otherwise to the even number.
  const halved = width === 2 * columns.length && picture.height === 2 * rows.length;
  const round = !(data instanceof Uint8Array) ? (value) => value : halved ? (value) => Math.floor(value + 0.5) : rint;
  let to = 0;
  for (const [top, down] of rows)
    for (const [left, across] of columns)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let i = 0; i < down.length; i++) {
          let line = 0,
            from = ((top + i) * width + left) * channels + c;
          for (const weight of across) {
            line += weight * data[from];
            from += channels;
          }
          sum += down[i] * line;
        }
        out.data[to++] = round(sum);
      }
  return out;
}

/** A picture at size x size pixels, linear between pixel centres; bytes in OpenCV's fixed point of 11 bits. */
export function linearResize(picture, size) {
  const columns = neighbours(picture.width, size),
    rows = neighbours(picture.height, size);
  const { channels, data, width } = picture,
    out = picture.like(size, size);
  const between = data instanceof Uint8Array ? fixedBetween : floatBetween;
  let to = 0;
  for (const [above, below, down] of rows)
    for (const [left, right, across] of columns) {
      const first = (above * width + left) * channels,
        last = (below * width + right) * channels;
      const over = (right - left) * channels,
        share = over ? across : 0;
      for (let k = 0; k < channels; k++)
        out.data[to++] = between(
          data[first + k],
          data[first + over + k],
          data[last - over + k],
          data[last + k],
          share,
          down,
        );
    }
  return out;
}

const lerp = (a, b, share) => a + (b - a) * share;

const floatBetween = (a, b, c, d, across, down) => lerp(lerp(a, b, across), lerp(c, d, across), down);

function fixedBetween(a, b, c, d, across, down) {
  const [x, y] = [rint(across * 2048), rint(down * 2048)];
  const above = (a * (2048 - x) + b * x) >> 4,
    below = (c * (2048 - x) + d * x) >> 4;
  return ((((2048 - y) * above) >> 16) + ((y * below) >> 16) + 2) >> 2;
}

/** For each of `count` pixels, the two pixels of `length` beside its centre, and the share of the second. */
function neighbours(length, count) {
  return range(count, (i) => {
    const at = Math.fround(((i + 0.5) * length) / count - 0.5),
      low = Math.floor(at);
    return [clamp(low, 0, length - 1), clamp(low + 1, 0, length - 1), at - low];
  });
}

/** Float picture at a grid of positions in edge coordinates, border pixels repeated; one axis at a time. */
export function bilinear(picture, xs, ys) {
  const { channels, data, width, height } = picture;
  const places = (positions, length) =>
    positions.map((position) => {
      const low = Math.floor(position - 0.5);
      return [clamp(low, 0, length - 1), clamp(low + 1, 0, length - 1), Math.fround(position - 0.5 - low)];
    });
  const columns = places(xs, width),
    line = new Float32Array(width * channels);
  const out = new Picture(xs.length, ys.length, channels);
  let to = 0;
  for (const [above, below, share] of places(ys, height)) {
    const a = above * width * channels,
      b = below * width * channels;
    for (let k = 0; k < line.length; k++) line[k] = lerp(data[a + k], data[b + k], share);
    for (const [left, right, part] of columns)
      for (let c = 0; c < channels; c++)
        out.data[to++] = lerp(line[left * channels + c], line[right * channels + c], part);
  }
  return out;
}

/**
 * A picture under an affine map, by its inverse: output pixel (x, y) is taken at (a x + b y + c, d x + e y + f).
 * Outside, border pixels are repeated, or there are zeros.
 */
export function warpAffine(picture, [a, b, c, d, e, f], width, height, repeat) {
  const { channels, data } = picture,
    out = picture.like(width, height);
  const round = data instanceof Uint8Array ? rint : (value) => value;
  const at = (row, column, channel) => {
    if (!repeat && (row < 0 || column < 0 || row >= picture.height || column >= picture.width)) return 0;
    return data[
      (clamp(row, 0, picture.height - 1) * picture.width + clamp(column, 0, picture.width - 1)) * channels + channel
    ];
  };
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const px = a * x + b * y + c,
        py = d * x + e * y + f,
        left = Math.floor(px),
        top = Math.floor(py);
      for (let k = 0; k < channels; k++) {
        const above = lerp(at(top, left, k), at(top, left + 1, k), px - left);
        const below = lerp(at(top + 1, left, k), at(top + 1, left + 1, k), px - left);
        out.data[to++] = round(lerp(above, below, py - top));
      }
    }
  return out;
}

/** Bytes blurred by a Gaussian, mirrored at the border, with weights in 256ths. */
export function gaussianBlur(picture, sigmaX, sigmaY) {
  const { width, height, channels, data } = picture,
    out = picture.like(width, height);
  const across = gaussian(sigmaX),
    down = gaussian(sigmaY),
    lines = new Uint16Array(data.length);
  const mirror = (index, length) => length - 1 - Math.abs(length - 1 - Math.abs(index));
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++, to++)
        across.forEach((weight, k) => {
          lines[to] += weight * data[(y * width + mirror(x + k - (across.length >> 1), width)) * channels + c];
        });
  const length = width * channels;
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < length; x++, to++) {
      let sum = 32768;
      down.forEach((weight, k) => {
        sum += weight * lines[mirror(y + k - (down.length >> 1), height) * length + x];
      });
      out.data[to] = sum >> 16;
    }
  return out;
}

/** Weights in 256ths out to two sigmas; what is left by rounding is carried inwards. */
function gaussian(sigma) {
  const reach = Math.ceil(2 * sigma),
    weights = range(2 * reach + 1, (i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((a, b) => a + b);
  let left = 0,
    whole = 0;
  for (let i = 0; i < reach; i++) {
    const exact = (weights[i] / sum) * 256 + left;
    weights[i] = weights[2 * reach - i] = rint(exact);
    left = exact - weights[i];
    whole += 2 * weights[i];
  }
  weights[reach] = 256 - whole;
  return weights;
}

/** The largest number within `reachY` rows and `reachX` columns of each. */
export function largestWithin(values, width, height, reachX, reachY) {
  return range(width * height, (i) => {
    const x = i % width,
      y = (i - x) / width;
    let most = -Infinity;
    for (let row = Math.max(0, y - reachY); row <= Math.min(height - 1, y + reachY); row++)
      for (let column = Math.max(0, x - reachX); column <= Math.min(width - 1, x + reachX); column++)
        most = Math.max(most, values[row * width + column]);
    return most;
  });
}
