/**
 * A GPU like the H100 (SXM5), estimated from what its maker publishes: 132 multiprocessors of 128 lanes at 1.98 GHz, which are 67 TFLOPS of
 * f32, and 3.35 TB/s. Other GPUs have more or less of both in about the same ratio, and it is ratios that formats are chosen by. What a
 * kernel does beside multiplying is counted in its text, in instructions for each multiply-add; a load that finds its number in the
 * nearest cache is worth four, since a multiprocessor loads 32 words in a cycle.
 */
import type { GpuRates } from './rates.ts';

/** Nanoseconds of one lane's instruction, all lanes of the GPU together, and of a byte. */
const instruction = 1 / 33500;
const byte = 1 / 3350;
const load = 4;

/** From one launch of a graph to the next, which waits for it. */
const call = 1500;

/** Nanoseconds of a turn that waits for what it loads, from the second cache. */
const far = 130;

/** Instructions and loads of a multiply-add, where loads count as several. */
interface Text {
  readonly instructions: number;
  readonly loads: number;
  /** Nanoseconds that a turn takes where nothing else runs meanwhile. */
  readonly turn: number;
}

const ratesOf = ({ instructions, loads, turn }: Text) => ({
  call,
  multiply: (instructions + loads * load) * instruction,
  serial: turn,
  weights: byte,
  memory: byte,
});

/** Nanoseconds of a cycle of a processor at 1.755 GHz, which it has when all are busy. */
const cycle = 1 / 1.755;

/** Of kernels whose cycles are counted. */
const counted = {
  ...{ call, memory: byte },
  ...{ 'shared memory': cycle, instructions: cycle, cache: cycle, waiting: cycle },
};

export const h100: GpuRates = {
  machine: 'estimated from what the maker of the H100 publishes',
  compiler: 'any',
  families: {
    // Each finds its place and tests whether it is in the picture.
    loops: ratesOf({ instructions: 20, loads: 2, turn: far }),
    depthwise: counted,
    'dense vectors': counted,
    'dense tiles': counted,
    'sparse vectors': counted,
    'sparse windows': counted,
  },
};
