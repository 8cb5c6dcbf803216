/** Plans as CUDA C++: a kernel for each step, launched as one graph. */
import { bug } from '../../src/diagnostic.ts';
import type { Kernel } from '../../src/plan/kernel.ts';
import type { Target, TargetFamily, TargetOptions } from '../../src/target.ts';
import { fuse } from '../gpu/fuse.ts';
import { launchesIn } from '../gpu/launches.ts';
import { wish } from '../gpu/wish.ts';
import { archDoc, archFault, archsOf, defaultArchs, haveTensorCores } from './archs.ts';
import type { Arithmetic } from './arithmetic.ts';
import { arithmetics, errorOf, isArithmetic } from './arithmetic.ts';
import { emit } from './emit.ts';
import { contendersFor, kernelsOf } from './kernels/index.ts';
import { notesOn } from './notes.ts';
import { wishesIn } from './pieces.ts';
import { pricingBy } from './price.ts';
import { settingFor } from './rates/rates.ts';
import { elements } from './tensor/elements.ts';

export const cuda: TargetFamily = {
  name: 'cuda',
  doc: 'CUDA C++ for NVIDIA GPUs: a library, a header, launches as one graph',
  prefixed: true,
  inexact: true,
  archFault,
  arithmetics,
  target: (options) => cudaTarget(undefined, options),
};

/** `listed`: the kernels that steps are computed by, for tests. Without any every step is printed from its loops: slower, and never wrong. */
export function cudaTarget(listed?: readonly Kernel[], options: TargetOptions = {}): Target {
  const { arch = defaultArchs, arithmetic = 'f32', prefix = '', rates } = options;
  const fault = archFault(arch);
  if (fault) bug(fault.message);
  const archs = archsOf(arch);
  const known = knownArithmetic(arithmetic);
  const error = errorOf[haveTensorCores(archs) ? known : 'f32'];
  const made = { archs, arithmetic: known, ...settingFor(archs, rates) };
  const contenders = contendersFor(made);
  return {
    name: cuda.name,
    doc: `CUDA C++ for ${archDoc(archs)}`,
    kernels: listed ?? kernelsOf(contenders, made),
    ...pricingBy(contenders),
    error,
    wish,
    notes: notesOn(archs, known),
    ...(known !== 'f32' &&
      haveTensorCores(archs) && { wishes: (graph) => wishesIn(graph, elements[known], contenders) }),
    fuse,
    launches: launchesIn,
    emit: (plan, context) => emit(plan, context, { archs, prefix, error }),
  };
}

const knownArithmetic = (word: string): Arithmetic => (isArithmetic(word) ? word : bug(`"${word}" is no arithmetic`));
