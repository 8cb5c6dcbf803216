/** Chains as C: what runs band by band gives the same bits as one layer after the other, and leaves no array. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pipeline } from '../passes/index.ts';
import type { Compiled } from '../src/compile.ts';
import { compile } from '../src/compile.ts';
import type { Graph } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import { cpu } from '../targets/cpu/target.ts';
import { folderWith, installed, render, run, warnings } from './cpu-build.ts';
import { sanitizers } from './cpu-kernels/kit.ts';
import { constant, graphOf, input, making } from './plan/graphs.ts';

const conv = (more: Partial<Extract<Op, { kind: 'conv2d' }>> = {}): Op => ({
  kind: 'conv2d',
  stride: [1, 1],
  dilation: [1, 1],
  pad: [0, 0, 0, 0],
  groups: 1,
  activation: 'none',
  ...more,
});

const around = { pad: [1, 1, 1, 1] } as const;

/** A first layer, pooling, an inverted residual, a bottleneck, and strides, on images whose rows no panel holds whole. */
function network(height: number, width: number): Graph {
  const { nodes, call } = making(
    input('x', [1, height, width, 3]),
    constant('first', [12, 3, 3, 3], 1),
    constant('expand', [20, 1, 1, 12], 2),
    constant('depthwise', [20, 3, 3, 1], 3),
    constant('project', [12, 1, 1, 20], 4),
    constant('around', [12, 3, 3, 12], 5),
    constant('five', [12, 5, 5, 1], 6),
    constant('last', [7, 1, 1, 12], 7),
    constant('b12', [12], 8),
    constant('b20', [20], 9),
    constant('b7', [7], 10),
  );
  const step = (id: string, op: Op, ...inputs: readonly string[]): void => {
    if (!call(id, op, inputs)) throw new Error(`"${id}" is not allowed`);
  };
  step('a', conv({ ...around, stride: [2, 2], activation: 'relu6' }), 'x', 'first', 'b12');
  step('b', conv({ activation: 'relu6' }), 'a', 'expand', 'b20');
  step('c', conv({ ...around, groups: 20, activation: 'hard-swish' }), 'b', 'depthwise', 'b20');
  step('d', conv(), 'c', 'project', 'b12');
  step('e', { kind: 'binary', fn: 'add' }, 'd', 'a');
  step('f', conv({ ...around, activation: 'sigmoid' }), 'e', 'around', 'b12');
  step('g', conv({ pad: [2, 2, 2, 2], dilation: [2, 2] }), 'f', 'around', 'b12');
  step('h', { kind: 'binary', fn: 'add' }, 'g', 'e');
  step('i', { kind: 'pool2d', fn: 'max', window: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1], countPad: false }, 'h');
  step('j', conv({ pad: [2, 2, 2, 2], groups: 12, stride: [1, 1] }), 'i', 'five', 'b12');
  step('k', conv({ activation: 'relu' }), 'j', 'last', 'b7');
  return graphOf(nodes, 'k');
}

function compiledNear(graph: Graph, near: number): Compiled {
  const target = { ...cpu.target({}), near };
  const out = compile({ graph, passes: pipeline(target), target, render });
  if (!out.ok) throw new Error('it does not compile');
  return out;
}

const sources = (folder: string, stem: string): readonly string[] =>
  [`${stem}.S`, `${stem}.c`].filter((file) => existsSync(join(folder, file)));

function build(folder: string, program: string, stems: readonly string[], flags: readonly string[]): void {
  const files = stems.flatMap((stem) => sources(folder, stem));
  run(folder, 'gcc', ['-std=c11', ...warnings, ...flags, '-I.', ...files, '-o', program, '-lm']);
}

/** The bits of what a network gives for the inputs that were recorded. */
function outputOf(built: Compiled): Buffer {
  const folder = folderWith(built);
  const flags = ['-O1', '-march=native', '-ffp-contract=fast'];
  build(folder, 'example', ['test', 'test_weights', 'test_example'], flags);
  const [given] = Object.values(built.recorded().inputs);
  writeFileSync(join(folder, 'in'), new Uint8Array(given.buffer, given.byteOffset, given.byteLength));
  run(folder, './example', ['in', 'out']);
  return readFileSync(join(folder, 'out'));
}

function check(built: Compiled): void {
  const folder = folderWith(built);
  build(folder, 'check', ['test', 'test_weights', 'test_recorded', 'test_check'], sanitizers);
  expect(run(folder, './check', [])).toMatch(/ok\n$/);
}

test.runIf(installed('gcc')).each([
  { height: 121, width: 85, near: 60_000, kernels: ['conv2d', 'depthwise'] },
  { height: 78, width: 200, near: 200_000, kernels: ['conv2d', 'depthwise', 'pool2d'] },
])('$height x $width in $near bytes', ({ height, width, near, kernels }) => {
  const graph = network(height, width);
  const apart = compiledNear(graph, 0);
  const chained = compiledNear(graph, near);
  const { chains, arena, steps } = chained.plan;
  expect(apart.plan.chains).toEqual([]);
  const inside = new Set(
    chains.flatMap(({ first, last }) =>
      steps.slice(first, last + 1).map(({ work }) => work.kind === 'routines' && work.kernel),
    ),
  );
  expect([...inside].sort()).toEqual(kernels);
  expect(chains.some(({ bands }) => bands.length > 3)).toBe(true);
  expect(arena.peak).toBeLessThan(apart.plan.arena.peak);
  check(chained);
  expect(outputOf(chained).equals(outputOf(apart))).toBe(true);
});
