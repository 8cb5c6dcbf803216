/** Verilog twins for tests: pipelines of one layer, and simulation with Icarus. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderer } from '../../src/render.ts';
import type { Artefact } from '../../src/target.ts';
import type { Engine } from '../../targets/fpga/contract/engine.ts';
import type { Ending, Layer } from '../../targets/fpga/contract/layer.ts';
import type { Pipeline, Stage, Stream } from '../../targets/fpga/pipeline/pipeline.ts';
import { replayPipeline } from '../../targets/fpga/pipeline/replay.ts';
import { printRtl } from '../../targets/fpga/rtl/print.ts';
import { randomInput, sumsOf } from '../fpga-layers.ts';

export const render = renderer(new URL('../../templates/', import.meta.url));

export const installed = (command: string): boolean => spawnSync(command, ['-V']).error === undefined;

const stream = (shape: readonly number[], bits: number): Stream => ({ id: 'value', shape, bits, beat: 1, depth: 2 });

/** One stage, whose streams are the component's. */
export function alone(
  stage: Stage,
  into: readonly (readonly [readonly number[], number])[],
  from: readonly [readonly number[], number],
): Pipeline {
  const streams = [...into, from].map(([shape, bits]) => stream(shape, bits));
  const port = (at: number) => ({ name: `port ${at}`, stream: at, scale: undefined, zero: 0 });
  return { stages: [stage], streams, inputs: into.map((_, i) => port(i)), outputs: [port(into.length)] };
}

export function layerPipeline(layer: Layer, engine: Engine, folding: number): Pipeline {
  const plan = engine.plan(layer, folding);
  const common = { name: 'layer', origin: undefined, inputs: [0], outputs: [1], cycles: plan.cyclesPerImage };
  return alone(
    { kind: 'compute', ...common, layer, engine, plan },
    [[[...layer.input, layer.channels], layer.inputBits]],
    [[...layer.output, layer.rows], plan.outBits],
  );
}

/** Multipliers and shifts that differ from row to row. */
export const endingOf = (rows: number): Ending => ({
  multiplier: Int32Array.from({ length: rows }, (_, i) => 16384 + ((i * 7919) % 16383)),
  shift: Int32Array.from({ length: rows }, (_, i) => 20 + (i % 4)),
  zero: 3,
  low: -128,
  high: 127,
});

/** What the layer gives: sums with bias, requantised where it says so. */
export function resultOf(layer: Layer, x: Int32Array<ArrayBuffer>): Int32Array {
  const { rows, bias, ending } = layer;
  return sumsOf(layer, x).map((sum, i) => {
    const r = i % rows;
    const total = (sum + bias[r]) | 0;
    if (!ending) return total;
    const half = 2 ** (ending.shift[r] - 1);
    const whole = Math.floor((total * ending.multiplier[r] + half) / 2 ** ending.shift[r]) + ending.zero;
    return Math.min(Math.max(whole, ending.low), ending.high);
  });
}

/** The twin of a layer with two images through it. */
export function layerTwin(layer: Layer, engine: Engine, folding: number): readonly Artefact[] {
  const images = [randomInput(layer, 1), randomInput(layer, 2)];
  const recorded = {
    inputs: [images.flatMap((x) => [...x])],
    outputs: [images.flatMap((x) => [...resultOf(layer, x)])],
  };
  return printRtl(layerPipeline(layer, engine, folding), { name: 'twin', render, recorded });
}

export function writeTwin(artefacts: readonly Artefact[], folder: string): void {
  for (const { path, contents } of artefacts) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  }
}

export interface Simulation {
  readonly passed: boolean;
  readonly cycles: number;
  readonly output: string;
}

/** Compiles and runs what is below `folder`/rtl. */
export function simulateTwin(folder: string, plusargs: readonly string[] = []): Simulation {
  const cwd = join(folder, 'rtl');
  const sources = readdirSync(cwd).filter((name) => name.endsWith('.v'));
  const run = (command: string, args: readonly string[]): string => {
    const { stdout, stderr, status } = spawnSync(command, args, { cwd, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
    return stdout + stderr;
  };
  const warnings = run('iverilog', ['-g2005', '-Wall', '-Wno-timescale', '-o', 'sim', ...sources]);
  if (warnings !== '') throw new Error(warnings);
  const output = run('vvp', ['-n', 'sim', ...plusargs]);
  const cycles = Number(/(\d+) cycles/.exec(output)?.[1] ?? 0);
  return { passed: /^PASS/m.test(output), cycles, output };
}

/** The twin of a pipeline with random images through it, the vectors being what its replay gives. */
export function pipelineTwin(name: string, pipeline: Pipeline, images = 2): readonly Artefact[] {
  const random8 = ([h, w = 1, c = 1]: readonly number[], seed: number) =>
    randomInput({ input: [h, w], channels: c }, seed);
  const inputs = Array.from({ length: images }, (_, seed) =>
    pipeline.inputs.map(({ stream }, i) => random8(pipeline.streams[stream].shape.slice(1), 10 * seed + i)),
  );
  const outputs = inputs.map((values) => replayPipeline(pipeline, values));
  const all = (of: readonly (readonly Int32Array[])[]) => of[0].map((_, i) => of.flatMap((image) => [...image[i]]));
  return printRtl(pipeline, { name, render, recorded: { inputs: all(inputs), outputs: all(outputs) } });
}
