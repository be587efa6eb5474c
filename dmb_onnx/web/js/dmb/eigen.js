/**
 * The eigenvectors of the `count` largest eigenvalues of a symmetric n x n matrix, one after another, by Jacobi's
 * rotations: ONNX has no operator for them.
 */
export function leadingEigenvectors(matrix, n, count) {
  const a = Float64Array.from(matrix),
    vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const size = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < 30 && offDiagonal(a, n) > 1e-24 * size; sweep++)
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, n, p, q);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i]);
  const out = new Float32Array(count * n);
  order.slice(0, count).forEach((row, to) => out.set(vectors.subarray(row * n, (row + 1) * n), to * n));
  return out;
}

function offDiagonal(a, n) {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += a[i * n + j] ** 2;
  return sum;
}

/** Turn rows and columns p and q so that a[p, q] becomes 0; the rows of `vectors` turn along. */
function rotate(a, vectors, n, p, q) {
  if (a[p * n + q] === 0) return;
  const slope = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
  const tan = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(slope, 1)),
    cos = 1 / Math.hypot(tan, 1),
    sin = tan * cos;
  const turn = (values, first, second, step) => {
    for (let k = 0; k < n; k++, first += step, second += step) {
      const [x, y] = [values[first], values[second]];
      values[first] = cos * x - sin * y;
      values[second] = sin * x + cos * y;
    }
  };
  turn(a, p, q, n);
  turn(a, p * n, q * n, 1);
  turn(vectors, p * n, q * n, 1);
}
