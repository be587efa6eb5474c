// The frames around an outline: its minimum-area rectangle, and the axes of its ellipse.
import { range } from "./pictures.js";

/** The rectangle of least area around points: {centre, width, height, angle}; degrees over -90 up to 0, as OpenCV's. */
export function minimumAreaRectangle(points) {
  const hull = convexHull(points);
  let best = { area: Infinity };
  hull.forEach(([x, y], i) => {
    const [nx, ny] = hull[(i + 1) % hull.length],
      length = Math.hypot(nx - x, ny - y) || 1;
    const cos = (nx - x) / length,
      sin = (ny - y) / length;
    const along = hull.map((p) => p[0] * cos + p[1] * sin),
      across = hull.map((p) => p[1] * cos - p[0] * sin);
    const [low, high] = [Math.min(...along), Math.max(...along)],
      [near, far] = [Math.min(...across), Math.max(...across)];
    const area = (high - low) * (far - near);
    if (area >= best.area) return;
    const [a, b] = [(low + high) / 2, (near + far) / 2],
      direction = (Math.atan2(sin, cos) * 180) / Math.PI;
    const quarters = Math.ceil(direction / 90),
      sides = [high - low, far - near],
      [width, height] = quarters % 2 ? sides.toReversed() : sides;
    best = { area, centre: [a * cos - b * sin, a * sin + b * cos], width, height, angle: direction - 90 * quarters };
  });
  return best;
}

function convexHull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (ordered) => {
    const chain = [];
    for (const point of ordered) {
      while (chain.length > 1 && turn(chain.at(-2), chain.at(-1), point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

/** The ellipse of least algebraic error: {centre, longest axis, angle in degrees}; NaN where there is none. */
export function fitEllipse(points) {
  const mean = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  const spread = points.reduce((sum, [x, y]) => sum + Math.abs(x - mean[0]) + Math.abs(y - mean[1]), 0);
  const scale = 100 / spread,
    scaled = points.map(([x, y]) => [(x - mean[0]) * scale, (y - mean[1]) * scale]);
  // First fit a conic for its centre; then fit the conic about this centre.
  const conic = leastSquares(
    scaled.map(([x, y]) => [-x * x, -y * y, -x * y, x, y]),
    10000,
  );
  const [cx, cy] = solve([
    [2 * conic[0], conic[2], conic[3]],
    [conic[2], 2 * conic[1], conic[4]],
  ]);
  const [xx, yy, xy] = leastSquares(
    scaled.map(([x, y]) => [(x - cx) ** 2, (y - cy) ** 2, (x - cx) * (y - cy)]),
    1,
  );
  // Axes of the symmetric matrix [[xx, xy / 2], [xy / 2, yy]], by closed form.
  const tilt = -0.5 * Math.atan2(xy, yy - xx),
    split = Math.hypot(xy, yy - xx);
  const [first, second] = [xx + yy - split, xx + yy + split].map(
    (value) => (2 * Math.sqrt(2 / Math.abs(value))) / scale,
  );
  const turned = first > second ? 90 : 0;
  return {
    centre: [cx / scale + mean[0], cy / scale + mean[1]],
    longest: Math.max(first, second),
    angle: turned + (tilt * 180) / Math.PI,
  };
}

/** The x for which rows . x is nearest to `value`, by least squares. */
function leastSquares(rows, value) {
  const size = rows[0].length,
    system = range(size, () => new Array(size + 1).fill(0));
  for (const row of rows)
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) system[i][j] += row[i] * row[j];
      system[i][size] += row[i] * value;
    }
  return solve(system);
}

/** The solution of linear equations, each [coefficients..., right side], by elimination. */
function solve(system) {
  const size = system.length;
  for (let i = 0; i < size; i++) {
    const pivot = range(size - i, (k) => i + k).reduce((a, b) =>
      Math.abs(system[b][i]) > Math.abs(system[a][i]) ? b : a,
    );
    [system[i], system[pivot]] = [system[pivot], system[i]];
    for (let k = 0; k < size; k++) {
      if (k === i) continue;
      const factor = system[k][i] / system[i][i];
      for (let j = i; j <= size; j++) system[k][j] -= factor * system[i][j];
    }
  }
  return system.map((row, i) => row[size] / row[i]);
}
