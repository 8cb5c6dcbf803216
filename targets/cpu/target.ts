/** Plans as readable C11 for gcc and clang. */
import { bug } from '../../src/diagnostic.ts';
import type { Kernel } from '../../src/plan/kernel.ts';
import type { Target, TargetFamily, TargetOptions } from '../../src/target.ts';
import { cpuNamed, cpuNames } from './cpus.ts';
import { emit } from './emit.ts';
import { kernels } from './kernels/index.ts';
import { linear, linearInHalves } from './kernels/linear.ts';
import { pricingBy } from './price.ts';
import { shippedRates } from './rates/index.ts';
import { wish } from './wish.ts';

export const cpu: TargetFamily = {
  name: 'cpu',
  doc: 'C11 that allocates nothing, for any CPU: a library, a header and a check program',
  cpus: cpuNames,
  target: (options) => cpuTarget(kernels, options),
};

/** Without kernels every step is printed from its loops: slower, and never wrong. */
export function cpuTarget(listed: readonly Kernel[], options: TargetOptions = {}): Target {
  const { cpu: name = 'generic', strictFp = false, prefix = '' } = options;
  if (!/^\w*$/.test(prefix) || /^\d/.test(prefix)) bug(`the prefix "${prefix}" is not an identifier`);
  const flavour = { cpu: cpuNamed(name), strictFp, prefix };
  return {
    name: 'cpu',
    doc: `C11 for ${flavour.cpu.doc}`,
    kernels: flavour.cpu.halves ? listed.map((k) => (k === linear ? linearInHalves : k)) : listed,
    near: flavour.cpu.near,
    ...pricingBy(options.rates ?? shippedRates(name)),
    wish,
    emit: (plan, context) => emit(plan, context, flavour),
  };
}
