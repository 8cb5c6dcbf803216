/** Plans as CUDA C++: a kernel for each step, launched as one graph. */
import { bug } from '../../src/diagnostic.ts';
import type { Kernel } from '../../src/plan/kernel.ts';
import type { Target, TargetFamily, TargetOptions } from '../../src/target.ts';
import { wish } from '../gpu/wish.ts';
import type { Arch } from './archs.ts';
import { archDoc, archFault, archsOf, defaultArchs, haveTensorCores, haveWarpgroups, roomOn } from './archs.ts';
import type { Arithmetic } from './arithmetic.ts';
import { arithmetics, errorOf, isArithmetic } from './arithmetic.ts';
import { emit } from './emit.ts';
import { kernelsFor } from './kernels/index.ts';
import { pricingBy } from './price.ts';
import { h100 } from './rates/h100.ts';
import { elements } from './tensor/elements.ts';
import { predictTensor } from './tensor/predict.ts';
import { predictWider } from './warpgroup/predict.ts';

export const cuda: TargetFamily = {
  name: 'cuda',
  doc: 'CUDA C++ for NVIDIA GPUs: a library, a header, launches as one graph',
  prefixed: true,
  inexact: true,
  archFault,
  arithmetics,
  target: (options) => {
    const { arch = defaultArchs, arithmetic = 'f32' } = options;
    return cudaTarget(kernelsFor(archsOf(arch), knownArithmetic(arithmetic)), options);
  },
};

/** Without kernels every step is printed from its loops: slower, and never wrong. */
export function cudaTarget(listed: readonly Kernel[], options: TargetOptions = {}): Target {
  const { arch = defaultArchs, arithmetic = 'f32', prefix = '', rates = h100 } = options;
  const fault = archFault(arch);
  if (fault) bug(fault.message);
  const archs = archsOf(arch);
  const known = knownArithmetic(arithmetic);
  const error = errorOf[haveTensorCores(archs) ? known : 'f32'];
  return {
    name: cuda.name,
    doc: `CUDA C++ for ${archDoc(archs)}`,
    kernels: listed,
    ...pricingBy(rates, onTensorCores(archs, known)),
    error,
    wish,
    emit: (plan, context) => emit(plan, context, { archs, arithmetic: known, prefix, error }),
  };
}

function onTensorCores(archs: readonly Arch[], arithmetic: Arithmetic) {
  if (arithmetic === 'f32' || !haveTensorCores(archs)) return undefined;
  const element = elements[arithmetic];
  const byWarps = predictTensor(element, { sparse: true, room: roomOn(archs) });
  return haveWarpgroups(archs) && element.bytes === 2 ? predictWider(element, byWarps) : byWarps;
}

const knownArithmetic = (word: string): Arithmetic => (isArithmetic(word) ? word : bug(`"${word}" is no arithmetic`));
