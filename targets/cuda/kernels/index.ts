import type { Kernel } from '../../../src/plan/kernel.ts';
import { predictWith } from '../../../src/plan/rates.ts';
import type { Arch } from '../archs.ts';
import { haveTensorCores, haveWarpgroups, roomOn } from '../archs.ts';
import type { Arithmetic } from '../arithmetic.ts';
import type { Contender } from '../contest.ts';
import { contested } from '../contest.ts';
import { countsOf } from '../counts.ts';
import type { Device } from '../devices.ts';
import { h100 } from '../devices.ts';
import type { Setting } from '../rates/rates.ts';
import type { Element } from '../tensor/elements.ts';
import { elements } from '../tensor/elements.ts';
import { predictTensor, predictWhole } from '../tensor/predict.ts';
import type { Common } from '../tensor/ways.ts';
import { predictWideBlocks } from '../warpgroup/blocks-predict.ts';
import { predictWide } from '../warpgroup/predict.ts';
import { attention } from './attention.ts';
import { denseFor } from './dense.ts';
import { denseVectorFor } from './dense-vector.ts';
import { depthwise } from './depthwise.ts';
import { layerNorm } from './layer-norm.ts';
import { matmul } from './matmul.ts';
import { reduce } from './reduce.ts';
import { relayout } from './relayout.ts';
import { softmax } from './softmax.ts';
import { sparseFor } from './sparse.ts';
import { sparseVectorFor } from './sparse-vector.ts';
import { tensorKernel } from './tensor.ts';
import { tensorAttention } from './tensor-attention.ts';
import { tensorMatmul } from './tensor-matmul.ts';
import { tensorWholeKernel } from './tensor-whole.ts';
import { warpgroupKernel } from './warpgroup.ts';
import { warpgroupBlocksKernel } from './warpgroup-blocks.ts';

/** Of layers with weights, in f32: each takes others. */
const offCores = (device: Device): readonly Kernel[] => [
  depthwise,
  denseVectorFor(device),
  sparseVectorFor(device),
  denseFor(device),
  sparseFor(device),
];

const others: readonly Kernel[] = [reduce, softmax, layerNorm, matmul, attention];

/** What computes in f32, on every GPU. Asked in order; the first that takes a step has it. */
export const kernels: readonly Kernel[] = [...offCores(h100), ...others];

export interface Made extends Setting {
  readonly archs: readonly Arch[];
  readonly arithmetic: Arithmetic;
}

/**
 * What layers with weights can be computed by: with tensor cores where all architectures have them, for whole numbers of 8 bits, and for others
 * where something else than f32 is wanted. Warpgroups take 16 bits.
 */
export function contendersFor({ archs, arithmetic, ...setting }: Made): readonly Contender[] {
  const { device, rates } = setting;
  const off: Contender = {
    name: 'kernels in f32',
    kernels: offCores(device),
    predict: (work) => {
      const counted = countsOf(work, device);
      return { ...predictWith(rates, counted), counted };
    },
  };
  if (!haveTensorCores(archs)) return [off];
  const common = { sparse: true, room: roomOn(archs), setting };
  if (arithmetic === 'f32') return [whole(common), off];
  const element = elements[arithmetic];
  const wide =
    haveWarpgroups(archs) && element.bytes === 2 ? [byCopies(element, common), byWarpgroups(element, common)] : [];
  return [whole(common), ...wide, onCores(element, common), off];
}

const byWarpgroups = (element: Element, common: Common): Contender => ({
  name: `tensor cores by warpgroups in ${element.doc}`,
  ...{ asked: true, dtype: 'f32' },
  kernels: [warpgroupKernel(element, common)],
  predict: (work) => predictWide(work, element, common),
});

const byCopies = (element: Element, common: Common): Contender => ({
  name: `tensor cores in ${element.doc}, tiles copied in bulk`,
  asked: true,
  kernels: [warpgroupBlocksKernel(element, common)],
  predict: (work) => predictWideBlocks(work, element, common),
});

const onCores = (element: Element, common: Common): Contender => ({
  name: `tensor cores in ${element.doc}`,
  ...{ asked: true, dtype: 'f32' },
  kernels: [tensorKernel(element, common)],
  predict: (work) => predictTensor(work, element, common),
});

const whole = (common: Common): Contender => ({
  name: `tensor cores in ${elements.s8.doc}`,
  dtype: 'i32',
  kernels: [tensorWholeKernel(common)],
  predict: (work) => predictWhole(work, common),
});

/** Those of contenders, and what computes all else. */
export function kernelsOf(
  contenders: readonly Contender[],
  { archs, arithmetic, device }: Omit<Made, 'rates'>,
): readonly Kernel[] {
  const isNarrow = arithmetic !== 'f32' && haveTensorCores(archs);
  const narrow = isNarrow ? narrowProducts(elements[arithmetic], device) : [];
  return [...contested(contenders), ...narrow, ...others, ...(isNarrow ? [relayout] : [])];
}

const narrowProducts = (element: Element, device: Device): readonly Kernel[] => [
  tensorMatmul(element, undefined, device),
  tensorAttention(element, undefined, device),
];
