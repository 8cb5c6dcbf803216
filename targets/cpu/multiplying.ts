/** Calls of the routines that multiply plain vectors by weights: dense, sparse in tiles, or with a bit for each weight. */
import type { Weights } from '../../src/graph/weights.ts';
import type { Arr } from '../../src/loop/loop.ts';
import type { KernelSite, Routine, RoutineCall } from '../../src/plan/kernel.ts';
import { isF16, toF16 } from '../../src/tensor/f16.ts';
import { liveEntries, wordsOf } from '../../src/tensor/matrix.ts';
import type { Ending } from './ending.ts';
import { helper, vector } from './panels.ts';
import type { CpuRoutine } from './routine.ts';
import { call } from './routine.ts';
import { sharing, tilesOf } from './tiles.ts';

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
const floats = { suffix: '', type: 'float', load: 'load', one: '' };
const halves = { suffix: '_half', type: 'uint16_t', load: 'half', one: 'half_to_float' };

/** Rows that share their columns, from which on weights are fetched more slowly than they are multiplied. */
const leastHeight = 8;

function denseCall({ arrays, pack }: KernelSite, { matrix }: Weights, common: Common, asHalves: boolean): RoutineCall {
  if (!asHalves || !areHalves(matrix.data)) return call(linearDense(floats), { ...common, weights: arrays.weights });
  const weights = pack('weights', Uint16Array.from(matrix.data, toF16)).array;
  return call(linearDense(halves), { ...common, weights });
}

function sparseCall(site: KernelSite, { constant, matrix }: Weights, common: Common, mayHalve: boolean): RoutineCall {
  const together = sharing(matrix, constant.type.encoding);
  const narrow = Math.max(common.inputs, common.outputs) <= 1 << 16;
  const { steps, lanes, columns, weights } = tilesOf(matrix, together);
  const places = (list: Int32Array<ArrayBuffer>) => (narrow ? Uint16Array.from(list) : list);
  // Several vectors have the same weights, and wait for them less.
  const asHalves = mayHalve && common.batch === 1 && together.height >= leastHeight && areHalves(weights);
  const members = {
    ...common,
    tiles: steps.length,
    steps: site.pack('steps', steps).array,
    lanes: site.pack('lanes', places(lanes)).array,
    columns: site.pack('columns', places(columns)).array,
    weights: site.pack('weights', asHalves ? Uint16Array.from(weights, toF16) : weights).array,
  };
  if (common.batch === 1) return call(linearSparse(together.height, narrow, asHalves ? halves : floats), members);
  const vectors = common.batch <= 4 ? 4 : 8;
  return call(linearSparseBatch(together.height, narrow, vectors), {
    ...members,
    from: site.scratch('from', 'f32', common.inputs * vectors),
    sums: site.scratch('sums', 'f32', common.outputs * vectors),
  });
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

type Reading = typeof floats;

const needsOf = (read: Reading): readonly Routine[] => [read === halves ? halfParts : parts];

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
