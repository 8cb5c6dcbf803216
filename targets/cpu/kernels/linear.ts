/** Dense layers, and convolutions whose taps cover all of a plain image: one dot product an output. */
import type { Linear } from '../../../src/ops/linear.ts';
import type { Kernel, KernelMatch, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { liveEntries, wordsOf } from '../../../src/tensor/matrix.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import { convolutionFault, convolve } from '../convolving.ts';
import { activationOf, endingOf } from '../ending.ts';
import { helper, isPanel, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';
import { pointwise } from '../sequences.ts';
import { sharing, tilesOf } from '../tiles.ts';

export const linear: Kernel = {
  name: 'linear',
  doc: 'dense layers, stored dense or sparse',

  match(site) {
    const { call: step, types, arrays, result, weights } = site;
    const { op } = step;
    if (op.kind !== 'linear' && !(op.kind === 'conv2d' && coversAll(op, types.x, types.weights)))
      return 'neither a dense layer nor a convolution of all pixels';
    if (op.kind === 'conv2d' && op.residual) return 'a residual is to be added';
    if (!weights) return 'the weights are not known';
    if (op.kind === 'linear' && isPanel(types.x) && isPanel(result.type)) return asConvolution(site, op);
    if (op.activation === 'prelu') return 'it ends in PReLU';
    if (types.x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain') return 'the values are in panels';
    const { low, high, suffix } = endingOf(op.activation);
    const outputs = weights.matrix.rows;
    const count = elements(result.type.shape);
    const common = {
      x: arrays.x,
      y: result.array,
      bias: arrays.bias,
      batch: count / outputs,
      inputs: weights.matrix.columns,
      outputs,
      low,
      high,
    };
    const { format } = weights.constant.type.encoding;
    const sums =
      format === 'dense'
        ? denseCall(site, common)
        : format === 'bitmask'
          ? bitsCall(site, common)
          : sparseCall(site, common);
    return { calls: [sums, ...(suffix === '' ? [] : [applied(op.activation, site, count)])] };
  },
};

/** Sequences in panels: a convolution with one tap. */
function asConvolution(site: KernelSite, op: Linear): KernelMatch | string {
  const { types, arrays, result, weights } = site;
  if (!weights) return 'the weights are not known';
  const { encoding } = weights.constant.type;
  const conv = { ...pointwise(types.x, result.type, op.activation), matrix: weights.matrix, encoding };
  const fault = convolutionFault(conv);
  if (fault) return fault;
  const { x, bias, slope } = arrays;
  return { calls: convolve(site, { ...conv, x, y: result.array, bias, slope }) };
}

/** Whether the result is one pixel that sees every pixel once, in the order in which they lie. */
const coversAll = (
  op: { readonly groups: number; readonly pad: readonly number[]; readonly dilation: readonly number[] },
  x: TensorType,
  { shape: [, kh, kw] }: TensorType,
): boolean =>
  op.groups === 1 &&
  x.layout.kind === 'plain' &&
  x.shape[1] === kh &&
  x.shape[2] === kw &&
  op.pad.every((p) => p === 0) &&
  (kh === 1 || op.dilation[0] === 1) &&
  (kw === 1 || op.dilation[1] === 1);

type Common = Readonly<Record<'x' | 'y' | 'bias', KernelSite['arrays'][string]>> &
  Readonly<Record<'batch' | 'inputs' | 'outputs', number>> &
  Pick<ReturnType<typeof endingOf>, 'low' | 'high'>;

const denseCall = ({ arrays }: KernelSite, common: Common): RoutineCall =>
  call(linearDense, { ...common, weights: arrays.weights });

function sparseCall(site: KernelSite, common: Common): RoutineCall {
  const { constant, matrix } = site.weights!;
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
    weights: site.pack('weights', weights).array,
  };
  if (common.batch === 1) return call(linearSparse(together.height, narrow), members);
  const vectors = common.batch <= 4 ? 4 : 8;
  return call(linearSparseBatch(together.height, narrow, vectors), {
    ...members,
    from: site.scratch('from', 'f32', common.inputs * vectors),
    sums: site.scratch('sums', 'f32', common.outputs * vectors),
  });
}

/** The weights that are kept, row after row, with a bit for each weight. */
function bitsCall({ weights, pack, scratch }: KernelSite, { batch, inputs, ...common }: Common): RoutineCall {
  const { rows, columns } = weights!.matrix;
  const words = 2 * Math.ceil(columns / 32);
  const { pos, column, value } = liveEntries(weights!.matrix);
  const bits = new Uint16Array(rows * words);
  for (let row = 0; row < rows; row++)
    for (let at = pos[row]; at < pos[row + 1]; at++) bits[row * words + (column[at] >> 4)] |= 1 << (column[at] & 15);
  const kept = new Float32Array(value.length + 16);
  wordsOf(kept).set(wordsOf(value));
  return call(linearBits, {
    ...common,
    batch,
    inputs,
    padded: scratch('padded', 'f32', batch * words * 16),
    bits: pack('bits', bits).array,
    weights: pack('weights', kept).array,
  });
}

const linearDense: CpuRoutine<'x y weights bias batch inputs outputs low high'> = {
  name: 'linear-dense',
  template: 'cpu/kernels/linear-dense.c.hbs',
  view: {},
  needs: [vector],
  struct: 'linear_dense',
  members: 'x y weights bias batch inputs outputs low high',
};

const parts = helper('parts', [vector]);

const linearBits: CpuRoutine<'x y padded bits weights bias batch inputs outputs low high'> = {
  name: 'linear-bits',
  template: 'cpu/kernels/linear-bits.c.hbs',
  view: {},
  needs: [parts],
  struct: 'linear_bits',
  members: 'x y padded bits weights bias batch inputs outputs low high',
};

const sparseMembers = 'x y steps lanes columns weights bias tiles batch inputs outputs low high' as const;

function linearSparse(height: number, narrow: boolean): CpuRoutine<typeof sparseMembers> {
  const name = `linear_sparse_${height}${narrow ? '' : '_wide'}`;
  const index = narrow ? 'u16' : 'i32';
  const part = height <= 4 ? 'four' : height === 8 ? 'eight' : 'vec';
  const spread: Readonly<Record<number, string>> = {
    1: `four_ones_${index}(x, columns + v * PART)`,
    2: `four_twos_${index}(x, columns + v * PART / 2)`,
  };
  return {
    name: name.replaceAll('_', '-'),
    template: 'cpu/kernels/linear-sparse.c.hbs',
    view: {
      name,
      height,
      part,
      index: narrow ? 'uint16_t' : 'int32_t',
      spread: spread[height] ?? `(x[columns[v * PART / ${height}]] - (${part}){0})`,
    },
    needs: [parts],
    struct: name,
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

/** The activation over all that was computed, where bounds do not express it. */
function applied(activation: Parameters<typeof activationOf>[0], { result }: KernelSite, count: number): RoutineCall {
  const all = activationOf(activation);
  const name = `apply_${activation.replaceAll('-', '_')}`;
  const routine: CpuRoutine<'y count'> = {
    name: name.replaceAll('_', '-'),
    template: 'cpu/kernels/apply.c.hbs',
    view: { name, activation, function: all.name.replaceAll('-', '_') },
    needs: [vector, all],
    struct: name,
    members: 'y count',
  };
  return call(routine, { y: result.array, count });
}
