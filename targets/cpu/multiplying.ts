/** Calls of the routines that multiply plain vectors by weights: dense, sparse in tiles, or with a bit for each weight. */
import { coderFor } from '../../src/formats/coder.ts';
import type { Coder } from '../../src/formats/codes.ts';
import type { Weights } from '../../src/graph/weights.ts';
import type { Arr } from '../../src/loop/loop.ts';
import type { KernelSite, Routine, RoutineCall } from '../../src/plan/kernel.ts';
import { isF16, toF16 } from '../../src/tensor/f16.ts';
import { liveEntries, wordsOf } from '../../src/tensor/matrix.ts';
import type { Ending } from './ending.ts';
import { helper, vector } from './panels.ts';
import type { CpuRoutine } from './routine.ts';
import { call } from './routine.ts';
import { areCodes, leastHeight, sharing, tileLanes, tilesOf } from './tiles.ts';

/** Vectors, their weights, and what their products are added up in. */
type Common = Readonly<Record<'x' | 'y' | 'bias', Arr>> &
  Readonly<Record<'batch' | 'inputs' | 'outputs', number>> &
  Pick<Ending, 'low' | 'high'>;

/** `asHalves` where the CPU converts f16: weights are stored so where that is exact, and takes less time than it saves. */
export function multiplied(site: KernelSite, weights: Weights, common: Common, asHalves: boolean): RoutineCall {
  const { format } = weights.constant.type.encoding;
  if (format === 'dense') return denseCall(site, weights, common, asHalves);
  return format === 'bitmask' ? bitsCall(site, weights, common) : sparseCall(site, weights, common, asHalves);
}

/** Below so many weights all stay near the core, where f16 only takes time. */
const leastHalves = 1 << 16;

/** Whether weights are stored as f16: only where that is exact. */
const areHalves = (weights: Float32Array): boolean =>
  weights.length >= leastHalves && weights.every((w) => isF16(w) && Number.isFinite(w));

/** How a template reads weights. */
const floats = {
  suffix: '',
  type: 'float',
  load: 'load',
  one: '',
  members: '',
  less: '',
  times: '',
  parameter: '',
  argument: '',
};
const halves = { ...floats, suffix: '_half', type: 'uint16_t', load: 'half', one: 'half_to_float' };
const bytes = {
  ...floats,
  suffix: '_codes',
  type: 'uint8_t',
  load: 'codes',
  one: '(float)',
  members: '\n  const float *scale; /* of each row */\n  float zero;',
  less: ' - p->zero',
};

function denseCall(site: KernelSite, weights: Weights, common: Common, asHalves: boolean): RoutineCall {
  const { arrays, pack } = site;
  const { matrix } = weights;
  const coder = common.batch === 1 ? coderOf(weights) : undefined;
  if (coder) {
    const codes = codesOf(matrix.data, coder, (i) => Math.floor(i / matrix.columns));
    const members = { ...common, ...scalesOf(site, coder, matrix.rows), weights: pack('weights', codes).array };
    return call(linearDenseCodes, members);
  }
  if (!asHalves || !areHalves(matrix.data)) return call(linearDense(floats), { ...common, weights: arrays.weights });
  const stored = pack('weights', Uint16Array.from(matrix.data, toF16)).array;
  return call(linearDense(halves), { ...common, weights: stored });
}

/** The bytes that an encoding stores weights as, where routines read them. */
function coderOf({ matrix, constant }: Weights): Coder | undefined {
  const { encoding } = constant.type;
  return areCodes(encoding) ? coderFor(matrix, encoding) : undefined;
}

const codesOf = (weights: Float32Array<ArrayBuffer>, { codeOf }: Coder, rowOf: (i: number) => number) =>
  Uint8Array.from(wordsOf(weights), (word, i) => codeOf(word, rowOf(i)));

const scalesOf = ({ pack }: KernelSite, { scale, zero }: Coder, rows: number) => ({
  scale: pack('scale', scale.length === 1 ? new Float32Array(rows).fill(scale[0]) : scale).array,
  zero: { f32: zero },
});

function sparseCall(site: KernelSite, stored: Weights, common: Common, mayHalve: boolean): RoutineCall {
  const { constant, matrix } = stored;
  const together = sharing(matrix, constant.type.encoding);
  const narrow = Math.max(common.inputs, common.outputs) <= 1 << 16;
  const { steps, lanes, columns, weights } = tilesOf(matrix, together);
  const places = (list: Int32Array<ArrayBuffer>) => (narrow ? Uint16Array.from(list) : list);
  const members = {
    ...common,
    tiles: steps.length,
    steps: site.pack('steps', steps).array,
    lanes: site.pack('lanes', places(lanes)).array,
    columns: site.pack('columns', places(columns)).array,
  };
  const { height } = together;
  const coder = common.batch === 1 ? coderOf(stored) : undefined;
  if (coder) {
    const rows = rowsOfWeights(steps, lanes);
    const codes = site.pack(
      'weights',
      codesOf(weights, coder, (i) => rows[i]),
    ).array;
    const own = { ...members, ...scalesOf(site, coder, matrix.rows), weights: codes };
    return call(linearSparseCodes(height, narrow), own);
  }
  // Several vectors have the same weights, and wait for them less.
  const asHalves = mayHalve && common.batch === 1 && height >= leastHeight && areHalves(weights);
  const own = {
    ...members,
    weights: site.pack('weights', asHalves ? Uint16Array.from(weights, toF16) : weights).array,
  };
  if (common.batch === 1) return call(linearSparse(height, narrow, asHalves ? halves : floats), own);
  const vectors = common.batch <= 4 ? 4 : 8;
  return call(linearSparseBatch(height, narrow, vectors), {
    ...own,
    from: site.scratch('from', 'f32', common.inputs * vectors),
    sums: site.scratch('sums', 'f32', common.outputs * vectors),
  });
}

/** The row of each weight in tiles. */
function rowsOfWeights(steps: Uint16Array, lanes: Int32Array): Int32Array {
  const rows = new Int32Array(tileLanes * steps.reduce((sum, count) => sum + count, 0));
  let end = 0;
  for (let tile = 0; tile < steps.length; tile++)
    for (let step = 0; step < steps[tile]; step++, end += tileLanes)
      rows.set(lanes.subarray(tile * tileLanes, (tile + 1) * tileLanes), end);
  return rows;
}

/** The weights that are kept, row after row, with a bit for each weight. */
function bitsCall({ pack, scratch }: KernelSite, { matrix }: Weights, common: Common): RoutineCall {
  const { rows, columns } = matrix;
  const words = 2 * Math.ceil(columns / 32);
  const { pos, column, value } = liveEntries(matrix);
  const bits = new Uint16Array(rows * words);
  for (let row = 0; row < rows; row++)
    for (let at = pos[row]; at < pos[row + 1]; at++) bits[row * words + (column[at] >> 4)] |= 1 << (column[at] & 15);
  const kept = new Float32Array(value.length + 16);
  wordsOf(kept).set(wordsOf(value));
  return call(linearBits, {
    ...common,
    padded: scratch('padded', 'f32', common.batch * words * 16),
    bits: pack('bits', bits).array,
    weights: pack('weights', kept).array,
  });
}

const parts = helper('parts', [vector]);
const halfParts = helper('halves', [parts]);
const codeParts = helper('codes', [parts]);

type Reading = typeof floats;

const needsOf = ({ suffix }: Reading): readonly Routine[] => {
  if (suffix === bytes.suffix) return [codeParts];
  return [suffix === halves.suffix ? halfParts : parts];
};

const named = (name: string, { suffix }: Reading) => {
  const struct = `${name}${suffix}`;
  return { name: struct.replaceAll('_', '-'), struct };
};

const denseMembers = 'x y weights bias batch inputs outputs low high' as const;

const linearDense = (read: Reading): CpuRoutine<typeof denseMembers> => ({
  ...named('linear_dense', read),
  template: 'cpu/kernels/linear-dense.c.hbs',
  view: read,
  needs: needsOf(read),
  members: denseMembers,
});

const linearDenseCodes: CpuRoutine<`${typeof denseMembers} scale zero`> = {
  ...linearDense({ ...bytes, times: ' * p->scale[o + r]' }),
  members: `${denseMembers} scale zero`,
};

const bitsMembers = 'x y padded bits weights bias batch inputs outputs low high' as const;

const linearBits: CpuRoutine<typeof bitsMembers> = {
  name: 'linear-bits',
  template: 'cpu/kernels/linear-bits.c.hbs',
  view: {},
  needs: [parts],
  struct: 'linear_bits',
  members: bitsMembers,
};

const sparseMembers = 'x y steps lanes columns weights bias tiles batch inputs outputs low high' as const;

function linearSparse(height: number, narrow: boolean, read: Reading): CpuRoutine<typeof sparseMembers> {
  const own = named(`linear_sparse_${height}${narrow ? '' : '_wide'}`, read);
  const index = narrow ? 'u16' : 'i32';
  const part = height <= 4 ? 'four' : height === 8 ? 'eight' : 'vec';
  const spread: Readonly<Record<number, string>> = {
    1: `four_ones_${index}(x, columns + v * PART)`,
    2: `four_twos_${index}(x, columns + v * PART / 2)`,
  };
  return {
    ...own,
    template: 'cpu/kernels/linear-sparse.c.hbs',
    view: {
      ...read,
      name: own.struct,
      height,
      part,
      index: narrow ? 'uint16_t' : 'int32_t',
      spread: spread[height] ?? `(x[columns[v * PART / ${height}]] - (${part}){0})`,
    },
    needs: needsOf(read),
    members: sparseMembers,
  };
}

const linearSparseCodes = (height: number, narrow: boolean): CpuRoutine<`${typeof sparseMembers} scale zero`> => ({
  ...linearSparse(height, narrow, {
    ...bytes,
    less: ' - zero',
    times: ' * p->scale[lanes[l]]',
    parameter: ', float zero',
    argument: ', p->zero',
  }),
  members: `${sparseMembers} scale zero`,
});

const batchMembers = 'x y from sums steps lanes columns weights bias tiles batch inputs outputs low high' as const;

/** `vectors` at once: 4 or 8. */
function linearSparseBatch(height: number, narrow: boolean, vectors: number): CpuRoutine<typeof batchMembers> {
  const name = `linear_sparse_${height}_by_${vectors}${narrow ? '' : '_wide'}`;
  const part = vectors === 4 ? 'four' : 'eight';
  return {
    name: name.replaceAll('_', '-'),
    template: 'cpu/kernels/linear-sparse-batch.c.hbs',
    view: { name, height, part, together: vectors, index: narrow ? 'uint16_t' : 'int32_t' },
    needs: [parts],
    struct: name,
    members: batchMembers,
  };
}
