/** The rates that are shipped, by the names that CPUs have in `cpus.ts`. */
import { avx2 } from './avx2.ts';
import { avx512 } from './avx512.ts';
import { neon } from './neon.ts';
import type { CpuRates } from './rates.ts';
import { sse } from './sse.ts';

/** Boards and RISC-V are estimated as what has no wide vectors: ratios are what formats are chosen by. */
export function shippedRates(cpu: string): CpuRates {
  switch (cpu) {
    case 'native':
    case 'x86-64-v4':
      return avx512;
    case 'x86-64-v3':
    // Most x86-64 CPUs have AVX2 and no more, and by the rates of AVX-512 nearly every layer gets the same format.
    case 'native-multi':
      return avx2;
    case 'armv8-a':
      return neon;
    default:
      return sse;
  }
}
