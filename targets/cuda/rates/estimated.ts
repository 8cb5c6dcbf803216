/**
 * What things take on a GPU that was not measured, from what its maker publishes. What a kernel that is printed from loops does beside
 * multiplying is counted in its text, in instructions for each multiply-add; a load that finds its number in the nearest cache is worth four,
 * since a multiprocessor loads 32 words in a cycle.
 */
import type { Device } from '../devices.ts';
import type { GpuRates } from './rates.ts';

/** Instructions and loads of a multiply-add of loops, which find each place and test whether it is in the picture. */
const looped = { instructions: 20, loads: 2 };
const load = 4;

/** Nanoseconds of a turn of a loop that waits for what it loads, from the second cache. */
const far = 130;

/** By how much more has to be promised of ways that leave weights out: where little is to be gained layers stay dense. */
const doubt = 1.05;

export function estimatedRates({ name, processors, lanes, clock, memory, launch }: Device): GpuRates {
  const cycle = 1 / clock;
  const byte = 1 / memory;
  /** Of one lane, all lanes of the GPU together. */
  const instruction = 1 / (processors * lanes * clock);
  const counted = {
    ...{ call: launch, memory: byte },
    ...{ 'shared memory': cycle, instructions: cycle, cache: cycle, waiting: cycle },
  };
  const onCores = (by: number) => ({
    ...{ call: by * launch, memory: by * byte, 'tensor cores': by * cycle },
    ...{ 'shared memory': by * cycle, cache: by * cycle, waiting: by * cycle },
  });
  return {
    machine: `estimated from what the maker of the ${name} publishes`,
    compiler: 'any',
    families: {
      loops: {
        ...{ call: launch, serial: far, weights: byte, memory: byte },
        multiply: (looped.instructions + looped.loads * load) * instruction,
      },
      depthwise: counted,
      'dense vectors': counted,
      'dense tiles': counted,
      'sparse vectors': counted,
      'sparse windows': counted,
      'tensor cores': onCores(1),
      'sparse tensor cores': onCores(doubt),
      'sparse tensor cores, half of the columns twice': onCores(doubt),
      'tensor cores, tiles left out': onCores(doubt),
      'sparse tensor cores, columns gathered': onCores(doubt),
      'tensor cores by warpgroups': onCores(1),
      'sparse tensor cores by warpgroups': onCores(doubt),
      'tensor cores, tiles copied in bulk': onCores(doubt),
    },
  };
}
