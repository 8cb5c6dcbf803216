/** Quantised graphs as pipelines: what they compute, what they hold, what they refuse. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph, Node } from '../src/graph/graph.ts';
import { elements } from '../src/tensor/type.ts';
import { tree } from '../targets/fpga/engines/tree.ts';
import type { FoldOptions } from '../targets/fpga/fold.ts';
import { nearestPart, partNamed } from '../targets/fpga/parts.ts';
import { buildPipeline } from '../targets/fpga/pipeline/build.ts';
import { collect } from '../targets/fpga/pipeline/collect.ts';
import { regular } from '../targets/fpga/pipeline/moves.ts';
import { replayPipeline } from '../targets/fpga/pipeline/replay.ts';
import { estimateOf, reportOf } from '../targets/fpga/report.ts';
import { GraphMaker } from './fpga-graphs.ts';
import { random } from './models.ts';

const part = partNamed('xczu7ev-ffvc1156-2-e') ?? expect.fail('no such part');
const options: FoldOptions = { part, clock: 5 };

function built(graph: Graph, more: Partial<FoldOptions> = {}) {
  const found = buildPipeline(graph, { ...options, ...more });
  return 'pipeline' in found ? found : expect.fail(found.map((d) => d.message).join('; '));
}

/** The pipeline's outputs are the graph's, which the caller makes real by one scale. */
function holds(graph: Graph, more: Partial<FoldOptions> = {}): void {
  const { pipeline } = built(graph, more);
  const next = random(9);
  const shapes = graph.nodes.flatMap((n) => (n.kind === 'input' ? [[n.name, n.type.shape] as const] : []));
  const reals = Object.fromEntries(
    shapes.map(([n, shape]) => [n, Float32Array.from({ length: elements(shape) }, () => 3 * next() - 1.5)]),
  );
  const wholes = pipeline.inputs.map(({ name, scale = 1 }) =>
    Int32Array.from(reals[name], (v) => Math.min(127, Math.max(-128, roundEven(v / (scale ?? 1))))),
  );
  const expected = evaluate(graph, reals);
  for (const [i, values] of replayPipeline(pipeline, wholes).entries()) {
    const { name, scale } = pipeline.outputs[i];
    expect(Float32Array.from(values, (v) => v * (scale ?? 1))).toEqual(expected[name]);
  }
}

const roundEven = (v: number): number => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));

const pool = (g: GraphMaker, x: Node): Node =>
  g.call({ kind: 'pool2d', fn: 'max', window: [3, 3], stride: [2, 2], pad: [1, 1, 0, 0], countPad: false }, [x]);

/** A convolution, two residual blocks of which one changes the size, and a classifier. */
function residual(): Graph {
  const g = new GraphMaker(1);
  const x = pool(g, g.conv(g.input('image', [1, 12, 14, 3]), 8, 3, 0.9));
  const inner = g.conv(g.conv(x, 8, 3, 0.3), 8, 3, 0.2, 1, false);
  const y = g.requantize(g.call({ kind: 'binary', fn: 'add' }, [inner, x]), 0, 127, 1);
  const down = g.conv(g.conv(y, 12, 3, 0.2, 2), 12, 1, 0.3, 1, false);
  const z = g.requantize(g.call({ kind: 'binary', fn: 'add' }, [down, g.conv(y, 12, 1, 0.5, 2, false)]), 0, 127, 1);
  const sums = g.call({ kind: 'reduce', fn: 'sum', axes: [1, 2], keep: false }, [z]);
  return g.graph({ classes: g.linear(g.requantize(sums, -128, 127, 4), 10, 0.4) });
}

/** Moves of all kinds, tables, two outputs. */
function moves(): Graph {
  const g = new GraphMaker(2);
  const x = g.conv(g.input('image', [1, 6, 6, 2]), 8, 3, 0.5);
  const table = g.constant(
    'i32',
    [256],
    Array.from({ length: 256 }, (_, i) => Math.round(100 * Math.tanh((i - 128) / 50))),
  );
  const bent = g.call({ kind: 'lookup', low: -128 }, [x, table]);
  const up = g.call({ kind: 'tile', repeats: [1, 2, 2, 1] }, [bent]);
  const deep = g.call({ kind: 'depth-to-space', block: 2 }, [x]);
  const both = g.call({ kind: 'concat', axis: 3, count: 2 }, [up, deep]);
  const part = g.call({ kind: 'slice', begin: [0, 1, 2, 0], size: [1, 8, 8, 10], step: [1, 1, 1, 1] }, [both]);
  const padded = g.call({ kind: 'pad', before: [0, 1, 0, 0], after: [0, 0, 1, 0], mode: 'constant', value: 5 }, [part]);
  const turned = g.call({ kind: 'transpose', perm: [0, 3, 1, 2] }, [padded]);
  return g.graph({ turned, other: g.conv(deep, 4, 1, 0.5) });
}

/** A gate for each channel, a larger picture, one half as large, and shares of their sum. */
function mixing(): Graph {
  const g = new GraphMaker(4);
  const x = g.conv(g.input('image', [1, 5, 6, 3]), 8, 3, 0.5);
  const mean = g.requantize(g.call({ kind: 'reduce', fn: 'sum', axes: [1, 2], keep: true }, [x]), -128, 127, 4);
  const gate = g.conv(mean, 8, 1, 0.9, 1, false);
  const gated = g.requantize(g.call({ kind: 'binary', fn: 'mul' }, [x, gate]), -128, 127, 6);
  const sized = (size: readonly number[], coordinates: 'half-pixel' | 'align-corners' | 'asymmetric'): Node =>
    g.requantize(g.call({ kind: 'resize-sums', size, coordinates }, [gated]), -128, 127, 4);
  const large = sized([10, 12], 'half-pixel');
  const corners = sized([10, 12], 'align-corners');
  const both = g.call({ kind: 'binary', fn: 'add' }, [large, corners]);
  const small = g.conv(sized([2, 3], 'asymmetric'), 4, 1, 0.9, 1, false);
  const table = g.whole(Array.from({ length: 256 }, (_, d) => Math.round(32768 * Math.exp(-d / 20))));
  return g.graph({ both, shares: g.call({ kind: 'softmax-table', axis: 3 }, [small, table]) });
}

describe('a pipeline computes what the graph does', () => {
  test('gates, linear interpolation, shares', () => holds(mixing()));
  test('residual blocks and a classifier, as fast as it gets', () => holds(residual()));
  test('residual blocks and a classifier, slowly', () => holds(residual(), { fps: 1 }));
  test('residual blocks with so much reuse', () => holds(residual(), { reuse: 40 }));
  test('moves, tables, two outputs', () => holds(moves()));
});

test('where ways meet again, the short one holds what the long one has to see first', () => {
  const { pipeline } = built(residual(), { fps: 1000 });
  const adds = pipeline.stages.filter((s) => s.kind === 'combine');
  const forks = pipeline.stages.filter((s) => s.kind === 'fork');
  expect([adds.length, forks.length]).toEqual([2, 2]);
  // The first block sees two rows and a group more of [6, 7, 8] on the long way.
  const [long, short] = forks[0].outputs.map((s) => pipeline.streams[s].depth).sort((a, b) => a - b);
  expect(long).toBe(16);
  expect(short).toBeGreaterThanOrEqual(2 * 7 * 8);
  expect(short).toBeLessThanOrEqual(6 * 7 * 8 + 16);
});

test('what has no engine is told all at once, with the layers', () => {
  const g = new GraphMaker(3);
  const x = g.conv(g.input('image', [1, 8, 8, 4]), 4, 3, 0.5);
  const scale = g.constant('f32', [1], [1]);
  const real = g.call({ kind: 'dequantize', axis: -1 }, [x, scale, g.whole([0])]);
  const soft = g.call({ kind: 'softmax', axis: 3 }, [real], 'soft');
  const big = g.call({ kind: 'reduce', fn: 'max', axes: [1], keep: true }, [x], 'highest');
  const graph = {
    ...g.graph({ big }),
    outputs: [
      { name: 'soft', id: soft.id },
      { name: 'big', id: big.id },
    ],
  };
  const { problems } = collect(graph);
  expect(problems.map((p) => [p.code, p.message, p.origin?.name])).toEqual(
    [
      ['fpga/no-engine', '"softmax" computes with real numbers', 'soft'],
      ['fpga/no-engine', '"reduce" does no "max" of whole numbers', 'highest'],
      ['fpga/no-engine', '"dequantize" computes with real numbers', undefined],
    ].slice(0, problems.length),
  );
  expect(problems.length).toBeGreaterThanOrEqual(2);
});

test('a report has every stage, what it takes and why', () => {
  const found = built(residual(), { fps: 2000 });
  const report = reportOf(found, { ...options, fps: 2000 });
  expect(report.stages.map((s) => s.name).slice(0, 3)).toEqual(['compute_n10', 'pool_n11', 'fork_n11']);
  const sum = (key: 'dsp' | 'lut' | 'bram18') => report.stages.reduce((total, s) => total + s.area[key], 0);
  expect([sum('dsp'), sum('lut'), sum('bram18')]).toEqual([report.area.dsp, report.area.lut, report.area.bram18]);
  expect(report.imagesPerSecond).toBeGreaterThanOrEqual(2000);
  const { columns, rows, notes } = estimateOf(report);
  expect(rows.map((row) => row.length)).toEqual(report.stages.map(() => columns.length));
  expect(rows[0].slice(0, 3)).toEqual(['compute_n10', report.stages[0].layer, report.stages[0].engine]);
  expect(notes[0]).toMatch(
    /^xczu7ev-ffvc1156-2-e at 5 ns: \d+ cycles an image, \d+ images a second; "[a-z_0-9]+" takes longest$/,
  );
  expect(notes.join('\n')).toMatch(/^compute_n10: [a-z]+: \d+ DSP, \d+ LUT, \d+ blocks; [a-z]+ would take/m);
});

test('the engine for gather-scatter packs is asked only where it is wanted', () => {
  const asked = (more: Partial<FoldOptions>) =>
    built(residual(), more).reasons.map(
      ({ choice, others, refused }) =>
        [choice, ...others].some(({ engine }) => engine === tree) || refused.some(({ engine }) => engine === tree.name),
    );
  expect(asked({}).some((yes) => yes)).toBe(false);
  expect(asked({ also: [tree] }).every((yes) => yes)).toBe(true);
});

describe('budgets that cannot be met say by how much', () => {
  const tooMuch = (more: Partial<FoldOptions>) => {
    const found = buildPipeline(residual(), { ...options, ...more });
    return 'pipeline' in found ? expect.fail('fits') : found[0];
  };

  test('too few look-up tables', () => {
    const { code, message, hint } = tooMuch({ lut: 900 });
    expect(code).toBe('fpga/budget');
    expect(message).toMatch(/^the network takes \d+ look-up tables of 900, \d+ of them in the layer "conv \d+"$/);
    expect(hint).toBe('take a larger part, or prune more');
  });

  test('too many images a second', () => {
    const { code, message, hint } = tooMuch({ fps: 1e7 });
    expect(code).toBe('fpga/too-slow');
    expect(message).toMatch(/takes \d+ cycles for an image at best, and 10000000 a second at 5 ns leave 20$/);
    expect(hint).toMatch(/^at most [\d.e+]+ images a second$/);
  });
});

test('a part is known by its device, and the nearest is named for another', () => {
  expect(partNamed('xc7z020clg400-1')?.dsp).toBe(220);
  expect(partNamed('XCK26-sfvc784-2LV-c')?.bram18).toBe(288);
  expect(partNamed('xc7a35tcpg236-1')?.lut).toBe(20800);
  expect(partNamed('xc9z020')).toBeUndefined();
  expect(partNamed('xc7z0201')).toBeUndefined();
  expect(partNamed('xc7z020"; rm')).toBeUndefined();
  expect(nearestPart('xc7z02clg400-1')).toBe('xc7z020clg400-1');
  expect(nearestPart('xczu7')).toBe('xczu7ev');
});

test('regular moves are loops, others are not', () => {
  expect(regular([0, 1, 0, 1, 2, 3, 2, 3], 4)).toEqual({
    times: 2,
    chunk: 2,
    base: 0,
    loops: [
      { count: 2, stride: 0 },
      { count: 2, stride: 1 },
    ],
  });
  expect(regular([5, 4, 3, 2, 1, 0], 6)).toEqual({ times: 1, chunk: 6, base: 5, loops: [{ count: 6, stride: -1 }] });
  expect(regular([0, 1, 3, 4, 5, 2], 6)).toBeUndefined();
});
