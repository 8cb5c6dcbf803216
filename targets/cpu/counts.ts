/** What the routine that computes a layer does, counted: by shapes and by what the format of the weights costs, packing nothing. */
import type { Counted } from '../../src/plan/rates.ts';
import type { Work } from '../../src/target.ts';
import type { Encoding, Layout, TensorType } from '../../src/tensor/type.ts';
import { elements, panelsOf, pictureOf, plain } from '../../src/tensor/type.ts';
import type { Variant } from './convolving.ts';
import { columnsHeld, variantOf } from './convolving.ts';
import { lanes } from './panels.ts';
import { blockOf, rowsNameOf, rowsNames } from './rows.ts';
import { pointwise } from './sequences.ts';
import { areCodes, tileHeightOf, tileHeights } from './tiles.ts';
import { wish } from './wish.ts';

/** Everything that layers are computed by. A table of rates has all of them. */
export const families = [
  ...(['1x1', 'planes', 'taps'] as const).flatMap((reads) => rowsNames.map((rows): Variant => `${reads} ${rows}`)),
  'depthwise',
  'linear dense',
  'linear bits',
  ...tileHeights.map((height) => `linear sparse-${height}` as const),
  'loops',
] as const;

export type Family = (typeof families)[number];

/**
 * Things that are counted. Each counts for every panel of 64 pixels.
 *
 *     call      one
 *     multiply  stored weights, zeros among them
 *     again     those of a dense layer, for each of its vectors but the first
 *     rows      beginnings of a row, or of rows that share columns, in each block of columns
 *     inputs    columns that are read or laid out
 *     strided   columns whose pixels do not lie side by side
 *     outputs   rows that are written
 *     weights   bytes of weights that are fetched: once, and for each panel what does not stay near the core
 *     memory    bytes of images that do not stay near
 */
export type Thing = 'call' | 'multiply' | 'again' | 'rows' | 'inputs' | 'strided' | 'outputs' | 'weights' | 'memory';

interface CpuCounted extends Counted {
  readonly family: Family;
  readonly counts: Readonly<Partial<Record<Thing, number>>>;
}

/** Bytes that stay near the core from one panel, or layer, to the next. */
const near = 1 << 20;

export function countsOf(work: Work): CpuCounted {
  const { call, types, encoding, cost, reuse } = work;
  const { op, type } = call;
  const [rows] = types.weights.shape;
  const columns = elements(types.weights.shape) / rows;
  const dense = encoding.format === 'dense';
  const isPlain = layoutOf(work).kind === 'plain';
  if (op.kind === 'linear' && type.dtype === 'f32' && isPlain) {
    const batch = elements(type.shape) / rows;
    // Where bits say what is kept, every weight is multiplied, and what is stored differs from that.
    const bits = encoding.format === 'bitmask';
    const multiply = bits ? rows * columns : cost.multiplies;
    const taken = readsCodes(work) ? multiply * timeOfCodes : multiply;
    const own = { call: 1, multiply: taken, again: multiply * (batch - 1), rows: rows * batch };
    const counts = bits ? { ...own, weights: cost.bytes } : own;
    return { family: linearFamily(encoding), counts };
  }
  const groups = op.kind === 'conv2d' ? op.groups : 1;
  const isConvolution = op.kind === 'conv2d' || op.kind === 'linear';
  if (!isConvolution || type.dtype !== 'f32' || (groups > 1 && groups !== types.x.shape[3])) {
    const visits = (cost.multiplies + cost.lookups + cost.tests) * reuse;
    return { family: 'loops', counts: { call: 1, multiply: visits } };
  }
  const panels = pictureOf(type.shape).images * panelsOf(type.shape, lanes);
  const images = { outputs: rows * panels, memory: Math.max(0, bytesOf(types.x) + bytesOf(type) - near) };
  if (groups > 1) {
    const inputs = types.x.shape[0] * panelsOf(types.x.shape, lanes) * types.x.shape[3];
    // Whatever the format, all taps of a window are multiplied.
    return { family: 'depthwise', counts: { call: 1, multiply: rows * columns * panels, inputs, ...images } };
  }
  const read =
    op.kind === 'linear'
      ? pointwise(types.x, type, op.activation)
      : {
          ...op,
          from: types.x.shape,
          to: type.shape,
          plain: isPlain,
          kernel: types.weights.shape.slice(1, 3),
          pad: op.pad.slice(0, 2),
        };
  const share = cost.multiplies / (rows * columns);
  const family = variantOf({ ...read, encoding }, share);
  const height = Number(family.split('-')[1] ?? 4);
  const stored = cost.multiplies * (dense ? 4 : 4 + (family.includes('shared') ? 1 : 2 / height));
  const held = family.startsWith('1x1') ? Infinity : columnsHeld(read.from);
  const blocks = Math.ceil(columns / blockOf(rowsNameOf(encoding, rows, share), held));
  return {
    family,
    counts: {
      call: 1,
      multiply: cost.multiplies * panels,
      rows: Math.ceil(rows / height) * blocks * panels,
      inputs: columns * panels,
      strided: read.stride[1] > 1 ? columns * panels : 0,
      ...images,
      weights: stored + Math.max(0, stored - near) * (panels - 1),
    },
  };
}

/** Bytes of large layers are fetched and made f32 in about half the time that f32 take to come. */
const timeOfCodes = 0.5;

/** Fewer weights stay near the core, where bytes only take time. */
const leastCodes = 1 << 18;

/** Whether the routine of a layer multiplies codes, and gains by it. */
export function readsCodes({ call, encoding, cost, ...work }: Work): boolean {
  const isVector = call.op.kind === 'linear' && elements(call.type.shape) === call.type.shape.at(-1);
  const isReal = call.type.dtype === 'f32' && layoutOf({ call, encoding, cost, ...work }).kind === 'plain';
  return isVector && isReal && areCodes(encoding) && cost.multiplies >= leastCodes;
}

function linearFamily(encoding: Encoding): Family {
  if (encoding.format === 'dense') return 'linear dense';
  return encoding.format === 'bitmask' ? 'linear bits' : `linear sparse-${tileHeightOf(encoding)}`;
}

/** Layouts are chosen after formats, as the target wishes. */
function layoutOf({ call, types }: Work): Layout {
  const wanted = wish(call, types);
  return wanted.kind === 'fixed' ? (wanted.operands.x ?? plain) : types.x.layout;
}

const bytesOf = ({ shape }: TensorType): number => 4 * elements(shape);
