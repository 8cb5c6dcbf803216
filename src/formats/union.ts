/**
 * A sum of two formats: blocks of which every entry is kept, and the entries of all others as csr. Nothing is stored twice.
 *
 *     1 2 0 5    r = 2, c = 2
 *     3 4 0 0    block_pos: 0 1    block_idx: 0    block_val: 1 3 2 4
 *                rest_pos: 0 1 1   rest_idx: 3     rest_val: 5
 */
import type { Matrix } from '../tensor/matrix.ts';
import { liveness } from '../tensor/matrix.ts';
import { block } from './block.ts';
import type { Block } from './blocks.ts';
import { countBlocks } from './blocks.ts';
import { csr } from './csr.ts';
import type { Detection, Format } from './format.ts';
import { countFull, eachFull } from './full-blocks.ts';
import { liveBits } from './livebits.ts';
import { placeBytes } from './places.ts';

/** Rows and columns of a block, powers of two up to 16. */
type Union = Block;

type Part = 'block_pos' | 'block_idx' | 'block_val' | 'rest_pos' | 'rest_idx' | 'rest_val';

const indexOf = ({ columns }: Pick<Matrix, 'columns'>) => ({ index: placeBytes(columns) === 2 ? 16 : 32 }) as const;

export const union: Format<Union, Part> = {
  name: 'union',
  doc: 'blocks of which every entry is kept, and the other entries of each row',
  values: ['block_val', 'rest_val'],
  detect,
  cost: (m, params) => costOf(m, params, countFull(m)(params)),

  share(m, { r, c }) {
    const inBlocks = countFull(m)({ r, c }) * r * c;
    return [inBlocks, liveBits(m).live - inBlocks];
  },

  pack(m, params) {
    const { rows, columns, run } = m;
    const { blocks, rest } = split(m, params);
    const { pos: block_pos, idx: block_idx, val: block_val } = block.pack(blocks, params).parts;
    const { pos: rest_pos, idx: rest_idx, val: rest_val } = csr.pack(rest, indexOf(m)).parts;
    return { rows, columns, run, parts: { block_pos, block_idx, block_val, rest_pos, rest_idx, rest_val } };
  },

  unpack({ parts, ...sizes }, params) {
    const { block_pos, block_idx, block_val, rest_pos, rest_idx, rest_val } = parts;
    const whole = block.unpack({ ...sizes, parts: { pos: block_pos, idx: block_idx, val: block_val } }, params);
    const rest = { ...sizes, parts: { pos: rest_pos, idx: rest_idx, val: rest_val } };
    const { data } = csr.unpack(rest, indexOf(sizes));
    // No column is in both, so that the bits of one are 0.
    const [to, from] = [new Int32Array(data.buffer), new Int32Array(whole.data.buffer)];
    for (let at = 0; at < to.length; at++) to[at] |= from[at];
    return { ...whole, data };
  },

  walk({ parts, ...sizes }, params, row, visit) {
    const { block_pos, block_idx, block_val, rest_pos, rest_idx, rest_val } = parts;
    const blocks = { ...sizes, parts: { pos: block_pos, idx: block_idx, val: block_val } };
    const rest = { ...sizes, parts: { pos: rest_pos, idx: rest_idx, val: rest_val } };
    return [...block.walk(blocks, params, row, visit), ...csr.walk(rest, indexOf(sizes), row, visit)];
  },
};

/** The matrix as two: the entries of full blocks, and all others. */
function split(m: Matrix, params: Union): { readonly blocks: Matrix; readonly rest: Matrix } {
  const rest = liveness(m);
  const blocks = new Uint8Array(rest.length);
  eachFull(m, params, (row, column) => {
    for (let i = row; i < row + params.r; i++)
      for (let at = i * m.columns + column; at < i * m.columns + column + params.c; at++) {
        blocks[at] = 1;
        rest[at] = 0;
      }
  });
  return { blocks: { ...m, mask: blocks }, rest: { ...m, mask: rest } };
}

function costOf(m: Matrix, { r, c }: Union, full: number) {
  const inBlocks = full * r * c;
  const rest = liveBits(m).live - inBlocks;
  const place = placeBytes(m.columns);
  const starts = 4 * (Math.ceil(m.rows / r) + 1) + 4 * (m.rows + 1);
  const bytes = starts + full * place + 4 * inBlocks + rest * (place + 4);
  return { bytes, multiplies: inBlocks + rest, lookups: full + rest, tests: 0 };
}

const powers = [1, 2, 4, 8, 16];

/** Smaller blocks hardly store less than their entries. */
const leastEntries = 4;

/** Share of the weights that full blocks hold where they are meant; neighbours by chance hold less in a layer that is pruned at all. */
const leastShare = 1 / 4;

/** The size that stores least, if that is less than any block, csr or the whole matrix alone. */
function detect(m: Matrix): Detection<Union> {
  const live = liveBits(m).live;
  const fullOf = countFull(m);
  const all = powers.flatMap((r) => powers.map((c) => ({ r, c }))).filter(({ r, c }) => r * c >= leastEntries);
  // Larger blocks hold no more entries than the smallest that make them up.
  const small = all.filter(({ r, c }) => r * c === leastEntries);
  const most = small.reduce((best, next) => (fullOf(next) > fullOf(best) ? next : best));
  const no = (params: Union, reason: string) => ({ fits: [], refused: [{ params, reason }] });
  const inBlocks = fullOf(most) * leastEntries;
  if (inBlocks === 0 || inBlocks < leastShare * live)
    return no(most, `has ${inBlocks} of ${live} nonzeros in full blocks of ${most.r}x${most.c}`);
  const held = all.filter((size) => fullOf(size) * size.r * size.c >= leastShare * live);
  const tried = held.map((params) => ({ params, cost: costOf(m, params, fullOf(params)) }));
  const { params, cost } = tried.reduce((best, next) => (next.cost.bytes < best.cost.bytes ? next : best));
  for (const { name, bytes } of alone(m, params))
    if (bytes <= cost.bytes) return no(params, `takes ${cost.bytes} bytes, and ${name} alone ${bytes}`);
  return { fits: [params], refused: [] };
}

/** What may store as little, what is quickly told first: the last are the sizes of block that make up this one. */
function* alone(m: Matrix, { r, c }: Union): Iterable<{ readonly name: string; readonly bytes: number }> {
  yield { name: 'all as they are', bytes: 4 * m.data.length };
  yield { name: 'csr', bytes: 4 * (m.rows + 1) + liveBits(m).live * (placeBytes(m.columns) + 4) };
  for (const height of powers.filter((size) => size <= r).reverse())
    for (const width of powers.filter((size) => size <= c).reverse())
      if (height * width > 1)
        yield { name: `blocks of ${height}x${width}`, bytes: bytesOf(m, { r: height, c: width }) };
}

const bytesOf = (m: Matrix, { r, c }: Union): number => {
  const blocks = countBlocks(m, { r, c });
  return 4 * (Math.ceil(m.rows / r) + 1) + blocks * (placeBytes(m.columns) + 4 * r * c);
};
