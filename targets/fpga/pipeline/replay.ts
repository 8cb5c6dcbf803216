/**
 * What a pipeline computes, stage after stage: the oracle of both notations, and itself held against the graph's
 * evaluation.
 */
import type { EnginePlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { replay } from '../engines/replay.ts';
import type { Interpolated, Pipeline, Pool, Softmax, Stage } from './pipeline.ts';

type Values = Int32Array<ArrayBuffer>;

/** The elements of each output stream, in order of `outputs`, given those of each input stream. */
export function replayPipeline(
  { stages, streams, inputs, outputs }: Pipeline,
  given: readonly Values[],
): readonly Values[] {
  const values: Values[] = streams.map(() => new Int32Array(0));
  for (const [i, { stream }] of inputs.entries()) values[stream] = given[i];
  for (const stage of stages) {
    const from = stage.inputs.map((s) => values[s]);
    for (const s of stage.outputs) values[s] = stageValues(stage, from);
  }
  return outputs.map(({ stream }) => values[stream]);
}

function stageValues(stage: Stage, from: readonly Values[]): Values {
  const [x] = from;
  switch (stage.kind) {
    case 'fork':
    case 'beats':
      return x;
    case 'compute':
      return layerValues(stage.plan, stage.layer, x);
    case 'pool':
      return pooled(stage, x);
    case 'total': {
      const out = new Int32Array(stage.channels);
      for (const [i, v] of x.entries()) out[i % stage.channels] += v;
      return out;
    }
    case 'requantize': {
      const { multiplier, shift, channels } = stage;
      return x.map((v, i) => rescaled(v, multiplier[i % channels], shift[i % channels], stage));
    }
    case 'lookup': {
      const { low, size, channels, perChannel, table } = stage;
      const first = (i: number): number => (perChannel ? (i % channels) * size : 0);
      return x.map((v, i) => table[first(i) + Math.min(Math.max(v - low, 0), size - 1)]);
    }
    case 'combine': {
      const does = {
        add: (a: number, b: number) => (a + b) | 0,
        sub: (a: number, b: number) => (a - b) | 0,
        mul: Math.imul,
        max: Math.max,
        min: Math.min,
      }[stage.fn];
      return x.map((v, i) => does(v, from[1][i]));
    }
    case 'concat': {
      const out: number[] = [];
      for (let t = 0; t < stage.times; t++)
        for (const [i, count] of stage.counts.entries()) out.push(...from[i].subarray(t * count, (t + 1) * count));
      return Int32Array.from(out);
    }
    case 'rearrange': {
      const out: number[] = [];
      for (let t = 0; t < stage.times; t++)
        for (const place of placesOf(stage.loops, stage.base)) out.push(x[t * stage.chunk + place]);
      return Int32Array.from(out);
    }
    case 'interpolate':
      return interpolated(stage, x);
    case 'softmax':
      return shared(stage, x);
    case 'pad': {
      const { channels, input, pad, value } = stage;
      const width = pad[1] + input[1] + pad[3];
      const out = new Int32Array((pad[0] + input[0] + pad[2]) * width * channels).fill(value);
      for (let y = 0; y < input[0]; y++)
        out.set(
          x.subarray(y * input[1] * channels, (y + 1) * input[1] * channels),
          ((y + pad[0]) * width + pad[1]) * channels,
        );
      return out;
    }
  }
}

/** A layer's result: sums of its schedule, bias, and what rescales them. */
export function layerValues(plan: EnginePlan, layer: Layer, x: Values): Values {
  const { ending, bias, rows } = layer;
  return replay(plan, layer, x).map((sum, i) => {
    const r = i % rows;
    const total = (sum + bias[r]) | 0;
    return ending ? rescaled(total, ending.multiplier[r], ending.shift[r], ending) : total;
  });
}

interface Bounds {
  readonly zero: number;
  readonly low: number;
  readonly high: number;
}

/** Exact: products have fewer than 46 bits. */
const rescaled = (x: number, multiplier: number, shift: number, { zero, low, high }: Bounds): number =>
  Math.min(Math.max(Math.floor((x * multiplier + 2 ** (shift - 1)) / 2 ** shift) + zero, low), high);

function* placesOf(
  loops: readonly { readonly count: number; readonly stride: number }[],
  base: number,
): Generator<number> {
  if (loops.length === 0) yield base;
  else {
    const [{ count, stride }, ...inner] = loops;
    for (let i = 0; i < count; i++) yield* placesOf(inner, base + i * stride);
  }
}

function pooled({ fn, channels, input, output, window, stride, pad }: Pool, x: Values): Values {
  const out = new Int32Array(output[0] * output[1] * channels).fill(fn === 'max' ? -(2 ** 31) : 0);
  for (let i = 0; i < out.length; i++) {
    const [c, pixel] = [i % channels, Math.floor(i / channels)];
    const [y0, x0] = [Math.floor(pixel / output[1]) * stride[0] - pad[0], (pixel % output[1]) * stride[1] - pad[1]];
    for (let y = Math.max(0, y0); y < Math.min(input[0], y0 + window[0]); y++)
      for (let k = Math.max(0, x0); k < Math.min(input[1], x0 + window[1]); k++) {
        const v = x[(y * input[1] + k) * channels + c];
        out[i] = fn === 'max' ? Math.max(out[i], v) : out[i] + v;
      }
  }
  return out;
}

function interpolated({ channels, input, output, down, across }: Interpolated, x: Values): Values {
  const mixed = (a: number, b: number, part: number, steps: number): number =>
    (Math.imul(a, steps - part) + Math.imul(b, part)) | 0;
  const next = (first: number, size: number): number => Math.min(first + 1, size - 1);
  return new Int32Array(output[0] * output[1] * channels).map((_, i) => {
    const [c, pixel] = [i % channels, Math.floor(i / channels)];
    const [oy, ox] = [Math.floor(pixel / output[1]), pixel % output[1]];
    const [y, z] = [down.first[oy], across.first[ox]];
    const along = (row: number): number => {
      const at = (column: number): number => x[(row * input[1] + column) * channels + c];
      return mixed(at(z), at(next(z, input[1])), across.part[ox], across.steps);
    };
    return mixed(along(y), along(next(y, input[0])), down.part[oy], down.steps);
  });
}

function shared({ lines, size, table }: Softmax, x: Values): Values {
  const out = new Int32Array(x.length);
  for (let line = 0; line < lines; line++) {
    const given = x.subarray(line * size, (line + 1) * size);
    const largest = given.reduce((a, b) => Math.max(a, b));
    const each = given.map((v) => table[Math.min(largest - v, table.length - 1)]);
    const sum = Math.max(
      1,
      each.reduce((a, b) => a + b),
    );
    out.set(
      each.map((e) => Math.floor((e * 32768 + Math.floor(sum / 2)) / sum)),
      line * size,
    );
  }
  return out;
}
