/** What work costs: nanoseconds, about, on one core with AVX-512 at 3 GHz. Ratios matter, and they hold elsewhere too. */
import type { Work } from '../../src/target.ts';
import { elements } from '../../src/tensor/type.ts';

/** Multiply-adds a nanosecond over panels, measured: dense tiles, and rows that share their columns in fours, twos, not. */
const rates = { dense: 80, fours: 66, twos: 54, ones: 45 } as const;

/** Dense layers: numbers a nanosecond that stream past, and those that are looked up. */
const streamed = 5;
const lookedUp = 1.5;

/** Below so many weights nothing is worth an index. */
const small = 256;

export function price(work: Work): number {
  const { call, types, encoding, cost, reuse } = work;
  const dense = encoding.format === 'dense';
  if (!dense && elements(types.weights.shape) <= small) return Infinity;
  // Formats that the kernels store as rows of places all the same: they tie, and bytes decide.
  const other = dense || encoding.format === 'csr' || encoding.format === 'block' ? 0 : 0.02;
  const bytes = cost.bytes / 40;
  const { op } = call;
  if (op.kind === 'conv2d' && op.groups > 1) return dense ? 0 : 1;
  if (op.kind === 'conv2d' && reuse >= 8) {
    const sums = (cost.multiplies * reuse) / rates[dense ? 'dense' : together(work)];
    return sums * (1 + other) + bytes;
  }
  if (op.kind === 'conv2d' || op.kind === 'linear') {
    const sums = (cost.multiplies * reuse) / (dense ? streamed : lookedUp);
    return sums * (1 + other) + bytes;
  }
  return cost.multiplies * reuse + cost.lookups * reuse + cost.tests * reuse + bytes;
}

/** How many rows of weights share their columns in the kernel. */
function together({ types, encoding }: Work): 'fours' | 'twos' | 'ones' {
  const rows = encoding.format === 'block' ? encoding.params.r : 1;
  const divides = (height: number): boolean => rows % height === 0 && types.weights.shape[0] % height === 0;
  if (divides(4)) return 'fours';
  return divides(2) ? 'twos' : 'ones';
}
