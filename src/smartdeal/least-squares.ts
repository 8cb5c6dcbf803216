/**
 * Small least squares in double precision: A x = b for tall matrices of three columns, by the squares of A or, where
 * these say too little, by reflections, and a singular value decomposition of 3x3. No randomness and no library, so every machine finds the same.
 */

/** Of rows × 3, row by row. */
export type Tall = Float64Array;

/** Singular values below this share of the largest count as zero. */
export const rcond = 1e-10;

/**
 * The 3x3 matrix X of least norm that makes ‖A X − W‖ least; A and W have as many rows, of three columns. Where the
 * squares of A are as good as singular they have lost too much to rounding, and A itself is taken apart.
 */
export function solveLeft(a: Tall, w: Tall): Float64Array {
  const squares = new Float64Array(9);
  const products = new Float64Array(9);
  for (let at = 0; at < a.length; at += 3)
    for (let i = 0; i < 3; i++) {
      const left = a[at + i];
      if (left === 0) continue;
      for (let j = 0; j < 3; j++) {
        squares[3 * i + j] += left * a[at + j];
        products[3 * i + j] += left * w[at + j];
      }
    }
  const { inverse, share } = invert(squares);
  if (share > leastShare) return times(inverse, products);
  const [r, rest] = [a.slice(), w.slice()];
  reflect(r, rest);
  return times(invert(r.subarray(0, 9)).inverse, rest.subarray(0, 9));
}

/** Of singular values of A'A, the smallest by the largest: above it half of the digits are left. */
const leastShare = 1e-8;

/** The matrix X of least norm, as many rows as W, that makes ‖X B − W‖ least; B is 3x3. */
export const solveRight = (b: Float64Array, w: Tall): Tall => times(w, invert(b).inverse);

/** Rows of three, times a 3x3 matrix. */
export function times(left: Tall, b: Float64Array): Tall {
  const out = new Float64Array(left.length);
  for (let at = 0; at < out.length; at += 3) {
    const [x, y, z] = [left[at], left[at + 1], left[at + 2]];
    out[at] = x * b[0] + y * b[3] + z * b[6];
    out[at + 1] = x * b[1] + y * b[4] + z * b[7];
    out[at + 2] = x * b[2] + y * b[5] + z * b[8];
  }
  return out;
}

/** Makes `a` upper triangular by reflections, and does to `w` what is done to it. Both need three rows at least. */
function reflect(a: Tall, w: Tall): void {
  const rows = a.length / 3;
  const v = new Float64Array(rows);
  for (let k = 0; k < 3; k++) {
    let norm = 0;
    for (let i = k; i < rows; i++) norm += a[3 * i + k] ** 2;
    norm = Math.sqrt(norm);
    if (norm === 0) continue;
    const alpha = a[3 * k + k] > 0 ? -norm : norm;
    let square = 0;
    for (let i = k; i < rows; i++) {
      v[i] = a[3 * i + k] - (i === k ? alpha : 0);
      square += v[i] ** 2;
    }
    for (const matrix of [a, w])
      for (let j = 0; j < 3; j++) {
        let dot = 0;
        for (let i = k; i < rows; i++) dot += v[i] * matrix[3 * i + j];
        const factor = (2 * dot) / square;
        for (let i = k; i < rows; i++) matrix[3 * i + j] -= factor * v[i];
      }
    for (let i = k + 1; i < rows; i++) a[3 * i + k] = 0;
  }
}

/**
 * The pseudo-inverse of a 3x3 matrix, and its smallest singular value as a share of the largest. By one-sided Jacobi
 * rotations: accurate however small a singular value is.
 */
export function invert(matrix: Float64Array): { readonly inverse: Float64Array; readonly share: number } {
  const u = Float64Array.from(matrix);
  const v = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  for (let sweep = 0; sweep < 30; sweep++) if (!rotateAll(u, v)) break;
  const norms = [0, 1, 2].map((j) => Math.hypot(u[j], u[3 + j], u[6 + j]));
  const most = Math.max(...norms);
  const out = new Float64Array(9);
  for (let j = 0; j < 3; j++) {
    if (norms[j] <= rcond * most) continue;
    const square = norms[j] ** 2;
    for (let i = 0; i < 3; i++) for (let k = 0; k < 3; k++) out[3 * i + k] += (v[3 * i + j] * u[3 * k + j]) / square;
  }
  return { inverse: out, share: most === 0 ? 0 : Math.min(...norms) / most };
}

/** Turns each pair of columns of `u` until they are orthogonal, and those of `v` with them; whether any was turned. */
function rotateAll(u: Float64Array, v: Float64Array): boolean {
  let turned = false;
  for (const [p, q] of pairs) {
    let [alpha, beta, gamma] = [0, 0, 0];
    for (let i = 0; i < 9; i += 3) {
      alpha += u[i + p] ** 2;
      beta += u[i + q] ** 2;
      gamma += u[i + p] * u[i + q];
    }
    if (Math.abs(gamma) <= 1e-16 * Math.sqrt(alpha * beta)) continue;
    turned = true;
    const zeta = (beta - alpha) / (2 * gamma);
    const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
    const cosine = 1 / Math.sqrt(1 + tangent * tangent);
    const sine = cosine * tangent;
    for (const m of [u, v])
      for (let i = 0; i < 9; i += 3) {
        const [x, y] = [m[i + p], m[i + q]];
        m[i + p] = cosine * x - sine * y;
        m[i + q] = sine * x + cosine * y;
      }
  }
  return turned;
}

const pairs = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;
