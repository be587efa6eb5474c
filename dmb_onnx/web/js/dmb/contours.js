// Connected parts of a mask, and the outline of one.

/** The parts of a mask, connected by sides or corners, in the order of their first pixels: arrays of pixel indices. */
export function connectedParts({ width, height, data }) {
  const seen = new Uint8Array(data.length),
    parts = [];
  for (let start = 0; start < data.length; start++) {
    if (!data[start] || seen[start]) continue;
    const part = [start];
    seen[start] = 1;
    // The list grows while the loop runs.
    for (const index of part) {
      const x = index % width,
        y = (index - x) / width;
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++)
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const other = row * width + column;
          if (data[other] && !seen[other]) {
            seen[other] = 1;
            part.push(other);
          }
        }
    }
    parts.push(part);
  }
  return parts;
}

/** Steps to the eight neighbours, clockwise from the right. */
const STEPS = [
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
];

/** The border pixels [x, y], in order, of the part whose first pixel, row by row, is `start`. */
export function outline({ width, height, data }, start) {
  const first = [start % width, Math.floor(start / width)];
  const isOn = ([x, y]) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] > 0;
  const step = ([x, y], way) => [x + STEPS[way][0], y + STEPS[way][1]];
  const next = (point, from) => {
    for (let turn = 1; turn <= 8; turn++) if (isOn(step(point, (from + turn) % 8))) return (from + turn) % 8;
    return -1;
  };
  const points = [first],
    away = next(first, 4);
  if (away < 0) return points;
  const second = step(first, away);
  let point = second,
    way = away;
  for (;;) {
    // Look around, starting after the neighbour it came from.
    const onwards = next(point, (way + 4) % 8),
      to = step(point, onwards);
    // Back at the start, about to leave it the same way: the outline is closed.
    if (same(point, first) && same(to, second)) return points;
    points.push(point);
    [point, way] = [to, onwards];
  }
}

const same = (a, b) => a[0] === b[0] && a[1] === b[1];
