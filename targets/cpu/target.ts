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
import { mostThreads, sharedBy } from './sharing.ts';
import { wish } from './wish.ts';

export const cpu: TargetFamily = {
  name: 'cpu',
  doc: 'C11 that allocates nothing, for any CPU: a library, a header and a check program',
  cpus: cpuNames,
  prefixed: true,
  bare: cpuNames.filter((name) => !cpuNamed(name).hosted),
  mostThreads,
  target: (options) => cpuTarget(kernels, options),
};

/** Without kernels every step is printed from its loops: slower, and never wrong. */
export function cpuTarget(listed: readonly Kernel[], options: TargetOptions = {}): Target {
  const { cpu: name = 'generic', strictFp = false, prefix = '', threads = 1 } = options;
  if (!/^\w*$/.test(prefix) || /^\d/.test(prefix)) bug(`the prefix "${prefix}" is not an identifier`);
  if (!(threads >= 1 && threads <= mostThreads)) bug(`a network is run by 1 to ${mostThreads} threads, not ${threads}`);
  const flavour = { cpu: cpuNamed(name), strictFp, prefix, threads };
  const chosen = flavour.cpu.halves ? listed.map((k) => (k === linear ? linearInHalves : k)) : listed;
  return {
    name: 'cpu',
    doc: `C11 for ${flavour.cpu.doc}`,
    kernels: threads > 1 ? chosen.map((kernel) => sharedBy(threads, kernel)) : chosen,
    // Threads do not run band by band yet.
    ...(threads === 1 && { near: flavour.cpu.near }),
    ...pricingBy(options.rates ?? shippedRates(name)),
    wish,
    emit: (plan, context) => emit(plan, context, flavour),
  };
}
