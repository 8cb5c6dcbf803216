/** What work costs on WebAssembly engines. */
import type { Work } from '../../src/target.ts';

/** Nanoseconds, about, on a server core of 3 GHz. */
export const price = ({ cost, reuse }: Work): number => (cost.multiplies * reuse) / 10 + cost.bytes / 10;
