/** Rates of GPUs: every family of kernels has its own, so that nothing which the kernels can do is without a price. */
import type { Rates } from '../../../src/plan/rates.ts';
import type { Family, Thing } from '../counts.ts';

export interface GpuRates extends Rates {
  readonly families: Readonly<Record<Family, Readonly<Partial<Record<Thing, number>>>>>;
}
