/** Pruning to gather-scatter packs, written from the paper: the largest weights, pack after pack, of other banks each. */
import type { Matrix } from '../../src/tensor/matrix.ts';
import { random } from '../models.ts';

export interface Gathering {
  readonly b: number;
  readonly k: number;
  readonly scatter: 0 | 1;
}

/** About normal. */
export function normal(count: number, seed: number): Float32Array<ArrayBuffer> {
  const next = random(seed);
  return Float32Array.from({ length: count }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += next();
    return sum;
  });
}

/** The weights that stay, and the rows in the order of their groups. Those above the threshold are `share` of all. */
export function gather(m: Matrix, { b, k, scatter }: Gathering, share: number): Matrix {
  const sorted = m.data.map(Math.abs).sort();
  const threshold = sorted[Math.floor(sorted.length * (1 - share))];
  const above = Array.from({ length: m.rows }, (_, row) =>
    m.data.slice(row * m.columns, (row + 1) * m.columns).reduce((n, v) => n + (Math.abs(v) > threshold ? 1 : 0), 0),
  );
  const order = above.map((_, row) => row);
  if (scatter) order.sort((one, other) => above[one] - above[other] || one - other);
  const data = new Float32Array(m.data.length);
  for (let first = 0; first < m.rows; first += b / k) {
    const rows = order.slice(first, first + b / k);
    const count = rows.reduce((n, row) => n + above[row], 0);
    const packs = count > 8 * b ? Math.round(count / b) : Math.ceil(count / b);
    const ranked = rows
      .flatMap((row) => Array.from({ length: m.columns }, (_, c) => row * m.columns + c))
      .sort((x, y) => Math.abs(m.data[y]) - Math.abs(m.data[x]));
    for (let pack = 0; pack < packs; pack++) {
      const [banks, capacity] = [new Set<number>(), new Map(rows.map((row) => [row, k]))];
      for (const at of ranked) {
        const [row, bank] = [Math.floor(at / m.columns), (at % m.columns) % b];
        const left = capacity.get(row) ?? 0;
        if (data[at] !== 0 || left === 0 || banks.has(bank)) continue;
        data[at] = m.data[at];
        banks.add(bank);
        capacity.set(row, left - 1);
        if (banks.size === b) break;
      }
      if (banks.size < b) throw new Error(`pack ${pack} of the group at ${first} has ${banks.size} entries`);
    }
  }
  return { ...m, data };
}
