/** Components in C-simulation: every engine, every stage between engines, streams that hold no more than their depths. */
import { expect, test } from 'vitest';
import { bug } from '../../src/diagnostic.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { renderer } from '../../src/render.ts';
import type { Artefact } from '../../src/target.ts';
import type { Layer } from '../../targets/fpga/contract/layer.ts';
import { engines } from '../../targets/fpga/engines/index.ts';
import { tree } from '../../targets/fpga/engines/tree.ts';
import { printHls } from '../../targets/fpga/hls/print.ts';
import { collect } from '../../targets/fpga/pipeline/collect.ts';
import { depthsOf } from '../../targets/fpga/pipeline/depths.ts';
import type { Pipeline, Stage } from '../../targets/fpga/pipeline/pipeline.ts';
import { csim, exactWidths } from '../fpga-csim.ts';
import { decomposedLayer } from '../fpga-layers.ts';
import { makeGraph } from '../fpga-quantised.ts';

const render = renderer(new URL('../../templates/', import.meta.url));
const sanitized = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover'];
const threads = ['-O1', '-DESPALIER_THREADS', '-pthread'];

/** The component, with the `choice`-th engine of those that each layer fits, and one of its foldings. */
function component(
  graph: Graph,
  choice: number,
  folding: number,
  { outside = false, decomposed }: { readonly outside?: boolean; readonly decomposed?: Layer['decomposed'] } = {},
): readonly Artefact[] {
  const { draft, problems } = collect(graph);
  expect(problems).toEqual([]);
  const stages = draft.stages.map((stage): Stage => {
    if (stage.kind !== 'compute') return { ...stage, cycles: 0 };
    const layer = decomposed ? { ...stage.layer, decomposed } : stage.layer;
    const fitting = [...engines, tree].filter((engine) => engine.fits(layer) === undefined);
    const engine = fitting[choice % fitting.length] ?? bug('no engine');
    const foldings = engine.foldings(layer);
    const plan = engine.plan(layer, foldings[Math.min(folding, foldings.length - 1)]);
    const roms = plan.roms.map((rom) =>
      outside && rom.name === 'schedule' ? { ...rom, storage: 'external' as const } : rom,
    );
    return { ...stage, layer, engine, plan: { ...plan, roms }, cycles: plan.cyclesPerImage };
  });
  const depths = depthsOf(stages, draft.values);
  const streams = draft.values.map((value, i) => ({ ...value, beat: 1, depth: depths[i] }));
  const pipeline: Pipeline = { ...draft, stages, streams };
  return printHls(pipeline, graph, { part: 'xc7z020clg400-1', clock: 5, pictures: 2, table: [], render });
}

/** Strides, dilation, ragged sizes, a residual sum, and every stage that is no layer. */
function everything(): Graph {
  const m = makeGraph('everything');
  const x = m.quantize(m.input('x', [1, 12, 10, 3]), 1 / 64);
  const first = m.requantize(m.conv(x, { filters: 8, pad: [1, 1, 1, 1] }));
  const deep = m.requantize(m.conv(first, { filters: 8, groups: 8, kept: 1, pad: [1, 1, 1, 1] }), { shift: 17 });
  const wide = m.requantize(m.conv(deep, { filters: 8, kernel: [1, 1] }), { bits: 12, shift: 13 });
  const skip = m.requantize(first, { bits: 12, shift: 11 });
  const sum = m.requantize(m.call({ kind: 'binary', fn: 'add' }, { a: wide, b: skip }), { shift: 18 });
  const pool = {
    kind: 'pool2d',
    fn: 'max',
    window: [3, 3],
    stride: [2, 2],
    pad: [0, 0, 1, 1],
    countPad: false,
  } as const;
  const small = m.call(pool, { x: sum });
  const table = m.wholes(
    [256],
    Array.from({ length: 256 }, (_, i) => Math.round(127 * Math.tanh((i - 128) / 40))),
  );
  const curved = m.call({ kind: 'lookup', low: -128 }, { x: small, table });
  const nearest = { kind: 'resize', method: 'nearest', coordinates: 'asymmetric', rounding: 'floor' } as const;
  const large = m.call({ ...nearest, size: [12, 10] }, { x: curved });
  const both = m.call({ kind: 'concat', axis: 3, count: 2 }, { x0: large, x1: first });
  const border = { kind: 'pad', before: [0, 1, 0, 0], after: [0, 0, 2, 0], mode: 'constant', value: -5 } as const;
  const padded = m.call(border, { x: both });
  const strided = m.conv(padded, { filters: 9, stride: [2, 2], dilation: [2, 1], kernel: [3, 2], pad: [0, 2, 1, 0] });
  const turned = m.call({ kind: 'transpose', perm: [0, 2, 1, 3] }, { x: m.requantize(strided) });
  const deeper = m.call({ ...border, before: [0, 0, 0, 1], after: [0, 0, 0, 2] }, { x: turned });
  const total = m.requantize(m.call({ kind: 'reduce', fn: 'sum', axes: [1, 2], keep: false }, { x: deeper }), {
    shift: 17,
  });
  const logits = m.dequantize(m.linear(total, 10), 0.001);
  return m.graph({ logits, picture: m.dequantize(m.requantize(curved, { shift: 15 }), 0.1) });
}

const ok = [{ code: 0, out: 'ok: 2 pictures\n' }];

test('everything at once, under sanitizers', () => {
  expect(csim(component(everything(), 0, 3), sanitized)).toEqual(ok);
}, 300_000);

test('numbers of exact widths in place of C integers', () => {
  for (let choice = 0; choice < 4; choice++)
    expect(csim(component(everything(), choice, 3), ['-O0', ...exactWidths])).toEqual(ok);
}, 300_000);

test('streams hold no more than their depths, and no stage waits for ever', () => {
  expect(csim(component(everything(), 0, 2), threads)).toEqual(ok);
}, 300_000);

test('schedules that are read from memory', () => {
  expect(csim(component(everything(), 0, 3, { outside: true }), threads)).toEqual(ok);
}, 300_000);

test('weights that are rebuilt, without a multiplier', () => {
  const { decomposed, weights } = decomposedLayer(
    { rows: 10, channels: 6, taps: [3, 3], input: [9, 11] },
    { along: 'kernels', rows: 18, units: 1 },
    7,
  );
  const data = new Int32Array(10 * 54);
  for (let row = 0; row < 10; row++)
    for (let e = weights.pos[row]; e < weights.pos[row + 1]; e++) data[row * 54 + weights.column[e]] = weights.value[e];
  expect(data.filter((w) => w !== 0).length).toBeGreaterThan(100);
  const m = makeGraph('rebuilt');
  const x = m.quantize(m.input('x', [1, 9, 11, 6]), 1 / 64);
  const op = {
    kind: 'conv2d',
    stride: [1, 1],
    dilation: [1, 1],
    pad: [1, 1, 1, 1],
    groups: 1,
    activation: 'none',
  } as const;
  const sums = m.call(op, { x, weights: m.wholes([10, 3, 3, 6], data), bias: m.wholes([10], new Int32Array(10)) });
  const graph = m.graph({ y: m.dequantize(m.requantize(sums, { shift: 24 }), 0.1) });
  for (const folding of [0, 3]) {
    const artefacts = component(graph, 0, folding, { decomposed });
    expect(artefacts.some(({ contents }) => String(contents).includes('typedef rebuilt values_t'))).toBe(true);
    expect(csim(artefacts)).toEqual(ok);
  }
}, 120_000);

const layers: Readonly<Record<string, (m: ReturnType<typeof makeGraph>) => Graph>> = {
  unstructured: (m) => {
    const x = m.quantize(m.input('x', [1, 9, 11, 6]), 1 / 64);
    const y = m.requantize(m.conv(x, { filters: 10, stride: [2, 1], pad: [1, 1, 0, 1] }));
    return m.graph({ y: m.dequantize(y, 0.1) });
  },
  vector: (m) => {
    const x = m.quantize(m.input('x', [1, 40]), 1 / 64);
    return m.graph({ y: m.dequantize(m.linear(x, 12, 0.2), 0.01) });
  },
};

for (const [name, make] of Object.entries(layers))
  for (let choice = 0; choice < 4; choice++)
    test(`${name}, engine ${choice}, few lanes and many`, () => {
      for (const folding of [1, 9]) expect(csim(component(make(makeGraph('one')), choice, folding))).toEqual(ok);
    }, 120_000);
