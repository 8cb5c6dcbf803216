/** What a step moves between memory and the core, whatever it runs on. */
import type { Arr } from '../loop/loop.ts';
import { bytesPer } from '../tensor/type.ts';
import type { Step } from './plan.ts';

/** Bytes, each array counted once where it is read and once where it is written. What a step writes besides its result, it reads itself. */
export const bytesMoved = ({ reads, writes }: Pick<Step, 'reads' | 'writes'>): number =>
  [...reads, ...writes, ...writes.slice(1)].reduce((sum, array) => sum + bytesOf(array), 0);

const bytesOf = ({ length, dtype }: Arr): number => length * bytesPer[dtype];
