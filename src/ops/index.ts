import type { Attention } from './attention.ts';
import { attention } from './attention.ts';
import type { BatchNorm } from './batch-norm.ts';
import { batchNorm } from './batch-norm.ts';
import type { Cast } from './cast.ts';
import { cast } from './cast.ts';
import type { Concat } from './concat.ts';
import { concat } from './concat.ts';
import type { ConvTranspose2d } from './conv-transpose2d.ts';
import { convTranspose2d } from './conv-transpose2d.ts';
import type { Conv2d } from './conv2d.ts';
import { conv2d } from './conv2d.ts';
import type { DepthToSpace } from './depth-to-space.ts';
import { depthToSpace } from './depth-to-space.ts';
import type { Dequantize } from './dequantize.ts';
import { dequantize } from './dequantize.ts';
import type { Binary, Unary } from './elementwise.ts';
import { binary, unary } from './elementwise.ts';
import type { Gather } from './gather.ts';
import { gather } from './gather.ts';
import type { LayerNorm } from './layer-norm.ts';
import { layerNorm } from './layer-norm.ts';
import type { Linear } from './linear.ts';
import { linear } from './linear.ts';
import type { Lookup } from './lookup.ts';
import { lookup } from './lookup.ts';
import type { MatMul } from './matmul.ts';
import { matmul } from './matmul.ts';
import type { Pad } from './pad.ts';
import { pad } from './pad.ts';
import type { Pool2d } from './pool2d.ts';
import { pool2d } from './pool2d.ts';
import type { Quantize } from './quantize.ts';
import { quantize } from './quantize.ts';
import type { Reduce } from './reduce.ts';
import { reduce } from './reduce.ts';
import type { Relayout } from './relayout.ts';
import { relayout } from './relayout.ts';
import type { Requantize } from './requantize.ts';
import { requantize } from './requantize.ts';
import type { Reshape } from './reshape.ts';
import { reshape } from './reshape.ts';
import type { Resize } from './resize.ts';
import { resize } from './resize.ts';
import type { ResizeSums } from './resize-sums.ts';
import { resizeSums } from './resize-sums.ts';
import type { Rules } from './rules.ts';
import type { Select } from './select.ts';
import { select } from './select.ts';
import type { Slice } from './slice.ts';
import { slice } from './slice.ts';
import type { Softmax } from './softmax.ts';
import { softmax } from './softmax.ts';
import type { SoftmaxTable } from './softmax-table.ts';
import { softmaxTable } from './softmax-table.ts';
import type { SpaceToDepth } from './space-to-depth.ts';
import { spaceToDepth } from './space-to-depth.ts';
import type { Tile } from './tile.ts';
import { tile } from './tile.ts';
import type { TopK } from './top-k.ts';
import { topK } from './top-k.ts';
import type { Transpose } from './transpose.ts';
import { transpose } from './transpose.ts';

/** Closed: a new operator must be handled everywhere, and `tsc` says where. */
export type Op =
  | Attention
  | BatchNorm
  | Binary
  | Cast
  | Concat
  | ConvTranspose2d
  | Conv2d
  | DepthToSpace
  | Dequantize
  | Gather
  | LayerNorm
  | Linear
  | Lookup
  | MatMul
  | Pad
  | Pool2d
  | Quantize
  | Reduce
  | Relayout
  | Requantize
  | Reshape
  | Resize
  | ResizeSums
  | Select
  | Slice
  | Softmax
  | SoftmaxTable
  | SpaceToDepth
  | Tile
  | TopK
  | Transpose
  | Unary;

export type Kind = Op['kind'];

/** Attributes are plain data, so that every operator prints, parses and compares without knowing it. */
export type Attribute = number | string | boolean | readonly number[];

export const rules: { readonly [K in Kind]: Rules<Extract<Op, { readonly kind: K }>> } = {
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
  relayout,
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
export const rulesOf = (op: Op): Rules<Op> => rules[op.kind] as unknown as Rules<Op>;
