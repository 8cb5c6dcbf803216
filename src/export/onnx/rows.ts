/** A row for each operator: how it is written. A new operator does not compile until it has one. */
import type { Kind, Op } from '../../ops/index.ts';
import type { Layer, Row } from './layer.ts';
import { same } from './layer.ts';
import { pad, reduce, softmax, topK } from './rows-along.ts';
import { binary, cast, select, unary } from './rows-elementwise.ts';
import { depthToSpace, pool2d, resize, spaceToDepth } from './rows-image.ts';
import { lookup, requantize } from './rows-integer.ts';
import { batchNorm, conv2d, convTranspose2d, linear, matmul } from './rows-layers.ts';
import { resizeSums, softmaxTable } from './rows-mixing.ts';
import { dequantize, quantize } from './rows-quantised.ts';
import { attention, layerNorm } from './rows-sequence.ts';
import { concat, gather, reshape, slice, tile, transpose } from './rows-shape.ts';
import type { Held } from './values.ts';

const rows: { readonly [K in Kind]: Row<Extract<Op, { readonly kind: K }>> } = {
  attention,
  'batch-norm': batchNorm,
  binary,
  cast,
  concat,
  'conv-transpose2d': convTranspose2d,
  conv2d,
  'depth-to-space': depthToSpace,
  dequantize,
  gather,
  'layer-norm': layerNorm,
  linear,
  lookup,
  matmul,
  pad,
  pool2d,
  quantize,
  reduce,
  // Layouts are nothing that the file knows.
  relayout: (_op, l) => same(l, 'x'),
  requantize,
  reshape,
  resize,
  'resize-sums': resizeSums,
  select,
  slice,
  softmax,
  'softmax-table': softmaxTable,
  'space-to-depth': spaceToDepth,
  tile,
  'top-k': topK,
  transpose,
  unary,
};

/** TypeScript cannot follow the correlation between `op` and its row, hence the one cast. */
export const writeCall = (op: Op, l: Layer): Held => (rows[op.kind] as unknown as Row<Op>)(op, l);
