/** What a step moves between memory and the core, whatever it runs on, and what is stored for it. */
import type { Arr } from '../loop/loop.ts';
import { bytesPer } from '../tensor/type.ts';
import type { Plan, Step } from './plan.ts';
import { bytesStored } from './plan.ts';

/** Bytes, each array counted once where it is read and once where it is written. What a step writes besides its result, it reads itself. */
export const bytesMoved = ({ reads, writes }: Pick<Step, 'reads' | 'writes'>): number =>
  [...reads, ...writes, ...writes.slice(1)].reduce((sum, array) => sum + bytesOf(array), 0);

const bytesOf = ({ length, dtype }: Arr): number => length * bytesPer[dtype];

/** Bytes of every constant that a step reads, as the artefact stores them. What steps share counts for each. */
export function storedBytes({ constants }: Plan): (step: Pick<Step, 'reads'>) => number {
  const stored = new Map(constants.map((constant) => [constant.array, bytesStored(constant)]));
  return ({ reads }) => reads.reduce((sum, array) => sum + (stored.get(array) ?? 0), 0);
}
