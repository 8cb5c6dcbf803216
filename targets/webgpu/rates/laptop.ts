/**
 * The GPU in the chip of a laptop, estimated from what makers publish: about 1.3 · 10^12 multiply-adds a second and 68 GB/s, which
 * are those of Apple's M1 (2.6 TFLOPS; 128-bit LPDDR4X-4266) and within a fifth those of Intel's Iris Xe (96 units of 8 lanes at 1.35 GHz;
 * the same memory). A GPU of a desktop has more of both in about the same ratio (GeForce RTX 3060: 12.7 TFLOPS, 360 GB/s), and
 * it is ratios that formats are chosen by. What a shader does beside multiplying is counted in its text, in instructions for each
 * multiply-add: a load is worth four, as where 128 lanes load 32 words in a cycle from the nearest cache (NVIDIA's Ampere, Intel's Xe).
 */
import type { GpuRates } from './rates.ts';

/** Nanoseconds of one lane's instruction, all lanes of the GPU together, and of a byte. */
const instruction = 1 / 1300;
const byte = 1 / 68;
const load = 4;

/** From one dispatch to the next, which waits for it. */
const call = 5000;

/** Nanoseconds of a turn that waits for what it loads: about a hundred cycles from the second cache, or thirty within a group. */
const far = 77;
const near = 23;

/** Instructions and loads, where loads count as several. */
interface Text {
  readonly instructions: number;
  readonly loads: number;
}

interface Shader extends Text {
  /** Of what is done once for all pixels of an invocation. */
  readonly each?: Text;
  /** Nanoseconds that a turn takes where nothing else runs meanwhile. */
  readonly turn: number;
}

const timeOf = ({ instructions, loads }: Text): number => (instructions + loads * load) * instruction;

function ratesOf({ each, turn, ...text }: Shader) {
  const multiply = timeOf(text);
  const walked = each && { turns: timeOf(each), places: 6 * instruction, waiting: multiply };
  return { call, multiply, ...walked, serial: turn, weights: byte, memory: byte };
}

/** Weights with places: finding one takes 8 instructions, and an address and a load of each pixel serve `height` rows. */
const walking = (height: number): Shader => ({
  instructions: 1 + 1 / height,
  loads: 1 / height,
  // Two halves lie in a word.
  each: { instructions: 8, loads: Math.ceil(height / 2) },
  turn: far,
});

/** The same with one pixel: an input is loaded for each place, and half a word for each weight. */
const joining: Shader = { instructions: 1, loads: 0.5, each: { instructions: 8, loads: 1 }, turn: far };

export const laptop: GpuRates = {
  machine: 'estimated from what makers of GPUs publish',
  compiler: 'any',
  families: {
    // 5 loads, and where the taps lie beside the picture, of 4 multiply-adds.
    depthwise: ratesOf({ instructions: 5, loads: 1.25, turn: far }),
    'dense vectors': ratesOf({ instructions: 5, loads: 2, turn: far }),
    // 8 loads of 16 multiply-adds, and 4 for each of 8 numbers that an invocation brings for 16 columns, found by divisions.
    'dense tiles': ratesOf({ instructions: 3.3, loads: 0.625, turn: near }),
    'nm vectors': ratesOf(joining),
    nm: ratesOf(walking(1)),
    'sparse vectors': ratesOf(joining),
    'sparse bands': ratesOf(walking(4)),
    'sparse pairs': ratesOf(walking(2)),
    'sparse rows': ratesOf(walking(1)),
    // Each finds its place and tests whether it is in the picture.
    loops: ratesOf({ instructions: 20, loads: 2, turn: far }),
  },
};
