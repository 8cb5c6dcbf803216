/**
 * 64-bit Arm with NEON: estimated. Vectors are as long as those of SSE, but a multiply and an add are one instruction, so
 * that multiplying takes half; the rest is taken to be the same. Measure with `espalier tune` on the machine itself.
 */
import type { CpuRates } from './rates.ts';
import { sse } from './sse.ts';

const halved = ({ multiply, ...others }: CpuRates['families'][keyof CpuRates['families']]) =>
  multiply === undefined ? others : { ...others, multiply: multiply / 2 };

const { loops, ...vectors } = sse.families;

export const neon: CpuRates = {
  machine: 'estimated from rates of SSE2',
  compiler: sse.compiler,
  families: {
    loops,
    ...Object.fromEntries(Object.entries(vectors).map(([family, rates]) => [family, halved(rates)])),
  } as CpuRates['families'],
};
