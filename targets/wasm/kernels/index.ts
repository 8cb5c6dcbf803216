import type { Kernel } from '../../../src/plan/kernel.ts';
import { attention } from './attention.ts';
import { blocks } from './blocks.ts';
import { convPanels } from './conv-panels.ts';
import { convTranspose } from './conv-transpose.ts';
import { convWindow } from './conv-window.ts';
import { depthwise } from './depthwise.ts';
import { layerNorm } from './layer-norm.ts';
import { linear } from './linear.ts';
import { linearPanels } from './linear-panels.ts';
import { map } from './map.ts';
import { matmul } from './matmul.ts';
import { pixels } from './pixels.ts';
import { poolWindow } from './pool-window.ts';
import { reducePanels } from './reduce-panels.ts';
import { relayout } from './relayout.ts';
import { softmax } from './softmax.ts';
import { topK } from './top-k.ts';
import { transpose } from './transpose.ts';
import { wholeConv } from './whole-conv.ts';
import { wholeLayout } from './whole-layout.ts';
import { wholeLinear } from './whole-linear.ts';
import { wholeMoves } from './whole-moves.ts';
import { wholePool } from './whole-pool.ts';
import { wholeReduce } from './whole-reduce.ts';
import { wholeSum } from './whole-sum.ts';
import { zip } from './zip.ts';

/** Asked in order; the first that takes a step has it. */
export const kernels: readonly Kernel[] = [
  wholeConv,
  wholeSum,
  wholeLayout,
  wholeLinear,
  wholePool,
  wholeReduce,
  wholeMoves,
  convPanels,
  depthwise,
  convWindow,
  convTranspose,
  linearPanels,
  linear,
  matmul,
  attention,
  softmax,
  layerNorm,
  reducePanels,
  poolWindow,
  blocks,
  pixels,
  relayout,
  transpose,
  topK,
  zip,
  map,
];
