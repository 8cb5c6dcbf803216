/** Stages between layers for tests, each with what it gives for an input. */
import type { Stage } from '../../targets/fpga/pipeline/pipeline.ts';
import { random } from '../models.ts';

export interface StageCase {
  readonly name: string;
  readonly stage: Stage;
  /** Shape and bits of each input, and of the result. */
  readonly inputs: readonly (readonly [readonly number[], number])[];
  readonly output: readonly [readonly number[], number];
  readonly values: (inputs: readonly Int32Array[]) => readonly number[];
}

const common = { name: 'stage', origin: undefined, inputs: [0], outputs: [1], cycles: 4000 };

export const numbers = (shape: readonly number[], bits: number, seed: number): Int32Array<ArrayBuffer> => {
  const next = random(seed);
  const half = 2 ** (bits - 1);
  return Int32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => Math.floor(next() * 2 * half) - half);
};

interface Windows {
  readonly channels: number;
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly window: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pad: readonly [number, number, number, number];
}

function pool(fn: 'max' | 'sum', w: Windows): StageCase {
  const { channels, input, output, window, stride, pad } = w;
  const values = ([x]: readonly Int32Array[]): readonly number[] =>
    Array.from({ length: output[0] * output[1] * channels }, (_, i) => {
      const [c, ox, oy] = [i % channels, Math.floor(i / channels) % output[1], Math.floor(i / channels / output[1])];
      const found: number[] = [];
      for (let ky = 0; ky < window[0]; ky++)
        for (let kx = 0; kx < window[1]; kx++) {
          const [y, xx] = [oy * stride[0] + ky - pad[0], ox * stride[1] + kx - pad[1]];
          if (y >= 0 && y < input[0] && xx >= 0 && xx < input[1]) found.push(x[(y * input[1] + xx) * channels + c]);
        }
      return fn === 'max' ? Math.max(...found) : found.reduce((a, b) => a + b, 0);
    });
  const bits = fn === 'max' ? 8 : 8 + Math.ceil(Math.log2(window[0] * window[1]));
  return {
    name: `${fn} of ${window.join(' x ')} by ${stride.join(', ')}`,
    stage: { kind: 'pool', ...common, fn, ...w },
    inputs: [[[...input, channels], 8]],
    output: [[...output, channels], bits],
    values,
  };
}

const combinations = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => Math.imul(a, b),
  max: (a: number, b: number) => Math.max(a, b),
  min: (a: number, b: number) => Math.min(a, b),
};

const combine = (fn: keyof typeof combinations): StageCase => ({
  name: fn,
  stage: { kind: 'combine', ...common, inputs: [0, 1], outputs: [2], fn, elements: 24 },
  inputs: [
    [[2, 3, 4], 12],
    [[2, 3, 4], 9],
  ],
  output: [[2, 3, 4], fn === 'mul' ? 21 : 13],
  values: ([a, b]) => Array.from(a, (v, i) => combinations[fn](v, b[i])),
});

const multiplier = Int32Array.of(16384, 32767, 1, 20001, 0);
const shift = Int32Array.of(20, 22, 1, 21, 30);

export const stageCases: readonly StageCase[] = [
  pool('max', { channels: 3, input: [6, 8], output: [3, 4], window: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] }),
  pool('max', { channels: 2, input: [7, 5], output: [4, 3], window: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1] }),
  pool('max', { channels: 1, input: [5, 6], output: [2, 2], window: [2, 2], stride: [2, 3], pad: [0, 0, 0, 0] }),
  pool('sum', { channels: 2, input: [5, 4], output: [5, 4], window: [3, 3], stride: [1, 1], pad: [1, 1, 1, 1] }),
  {
    name: 'the total of all pixels',
    stage: { kind: 'total', ...common, channels: 3, pixels: 7 },
    inputs: [[[7, 3], 8]],
    output: [[3], 11],
    values: ([x]) => [0, 1, 2].map((c) => x.reduce((sum, v, i) => (i % 3 === c ? sum + v : sum), 0)),
  },
  ...(Object.keys(combinations) as (keyof typeof combinations)[]).map(combine),
  {
    name: 'requantised by channel',
    stage: { kind: 'requantize', ...common, channels: 5, pixels: 6, multiplier, shift, zero: -3, low: -100, high: 127 },
    inputs: [[[6, 5], 20]],
    output: [[6, 5], 8],
    values: ([x]) =>
      Array.from(x, (v, i) => {
        const whole = Math.floor((v * multiplier[i % 5] + 2 ** (shift[i % 5] - 1)) / 2 ** shift[i % 5]) - 3;
        return Math.min(Math.max(whole, -100), 127);
      }),
  },
  ...[false, true].map((perChannel): StageCase => {
    const table = numbers([perChannel ? 3 * 20 : 20], 8, 9);
    return {
      name: perChannel ? 'a table for each channel' : 'a table',
      stage: { kind: 'lookup', ...common, channels: 3, pixels: 30, low: -10, size: 20, perChannel, table },
      inputs: [[[30, 3], 6]],
      output: [[30, 3], 8],
      values: ([x]) =>
        Array.from(x, (v, i) => table[(perChannel ? (i % 3) * 20 : 0) + Math.min(Math.max(v + 10, 0), 19)]),
    };
  }),
  {
    name: 'three streams in turn',
    stage: { kind: 'concat', ...common, inputs: [0, 1, 2], outputs: [3], times: 4, counts: [3, 1, 2] },
    inputs: [
      [[4, 3], 8],
      [[4, 1], 6],
      [[4, 2], 8],
    ],
    output: [[4, 6], 8],
    values: (x) => [0, 1, 2, 3].flatMap((i) => [3, 1, 2].flatMap((n, s) => [...x[s].subarray(i * n, (i + 1) * n)])),
  },
  {
    name: 'another order',
    stage: {
      kind: 'rearrange',
      ...common,
      times: 2,
      chunk: 12,
      base: 2,
      loops: [
        { count: 3, stride: 3 },
        { count: 1, stride: 7 },
        { count: 2, stride: 0 },
        { count: 3, stride: -1 },
      ],
    },
    inputs: [[[2, 12], 8]],
    output: [[2, 18], 8],
    values: ([x]) =>
      Array.from({ length: 36 }, (_, i) => {
        const [chunk, at] = [Math.floor(i / 18) * 12, i % 18];
        return x[chunk + 2 + Math.floor(at / 6) * 3 - (at % 3)];
      }),
  },
  {
    name: 'a border',
    stage: { kind: 'pad', ...common, channels: 2, input: [2, 3], pad: [1, 0, 2, 1], value: -5 },
    inputs: [[[2, 3, 2], 8]],
    output: [[5, 4, 2], 8],
    values: ([x]) =>
      Array.from({ length: 40 }, (_, i) => {
        const [c, xx, y] = [i % 2, Math.floor(i / 2) % 4, Math.floor(i / 8) - 1];
        return y >= 0 && y < 2 && xx < 3 ? x[(y * 3 + xx) * 2 + c] : -5;
      }),
  },
];
