/** Quantised graphs: whole numbers within their bounds, a meaning that every stage keeps to the last bit, and results near the real ones. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { portable } from '../passes/index.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import type { Named } from '../src/graph/evaluate.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { verify } from '../src/graph/verify.ts';
import { runPasses } from '../src/pass.ts';
import { lower } from '../src/plan/lower.ts';
import { runPlan } from '../src/plan/run.ts';
import { parseQuantize } from '../src/quantize/options.ts';
import { quantizeGraph } from '../src/quantize/quantize.ts';
import { randomGraph } from './passes/random-graph.ts';
import { network } from './quantize/networks.ts';

function quantised(graph: Graph, how: string, samples: readonly Named[]) {
  const said: Diagnostic[] = [];
  const options = parseQuantize(how);
  if ('length' in options) throw new Error(options.join('\n'));
  const made = quantizeGraph(graph, options, samples, (d) => said.push(d));
  if (!made) throw new Error(JSON.stringify(said));
  verify(made.graph, (d) => said.push(d));
  expect(said.filter((d) => d.severity === 'error')).toEqual([]);
  return { ...made, said };
}

const samplesFor = (graph: Graph, count = 4): readonly Named[] =>
  Array.from({ length: count }, (_, i) => randomInputs(graph, 1 + 1000 * i));

/** Quantities say which values are of 8 bits: those stay within them, and all others within their requantisation. */
function expectBounded(graph: Graph, inputs: Named): void {
  evaluate(graph, inputs, {
    watch(node, data) {
      if (node.kind !== 'call') return;
      const { op } = node;
      if (op.kind !== 'quantize' && op.kind !== 'requantize') return;
      expect(op.low).toBeGreaterThanOrEqual(-(2 ** 15));
      expect(op.high).toBeLessThan(2 ** 15);
      expect(data.every((v) => v >= op.low && v <= op.high)).toBe(true);
    },
  });
  for (const node of graph.nodes)
    if (node.kind === 'call' && node.op.kind === 'conv2d' && node.type.dtype === 'i32') {
      const weights = graph.nodes.find((n) => n.id === node.inputs[1]);
      expect(weights?.kind === 'constant' && weights.data.every((w) => Math.abs(w) <= 127)).toBe(true);
    }
}

describe('any graph', () => {
  const hows = [
    'weights=int8,activations=int8',
    'weights=int4,activations=int8,ranges=minmax',
    'weights=po2,activations=int8,ranges=percentile:99',
    'weights=codebook:5,activations=int8',
  ];
  test('is quantised to one that holds, and that every stage computes alike', () => {
    fc.assert(
      fc.property(randomGraph, fc.constantFrom(...hows), (drawn, how) => {
        const graph = runPasses(drawn, portable, () => {});
        const samples = samplesFor(graph, 2);
        const made = quantised(graph, how, samples);
        expectBounded(made.graph, samples[0]);
        // Real numbers in between are rounded otherwise by every stage, and what is rounded to whole ones may follow.
        if (made.quality.real.length > 0) return;
        const want = evaluate(made.graph, samples[1]);
        expect(runPlan(lower(made.graph, []), samples[1])).toEqual(want);
        expect(
          evaluate(
            runPasses(made.graph, portable, () => {}),
            samples[1],
          ),
        ).toEqual(want);
      }),
      { seed: 20261122, numRuns: 12 },
    );
  });
});

describe('a network of every kind of layer', () => {
  const graph = runPasses(network(), portable, () => {});
  const samples = samplesFor(graph, 4);

  test.each([
    ['weights=int8,activations=int8', 28],
    ['weights=int8,activations=int8,ranges=minmax', 26],
    ['weights=int8,activations=int8,ranges=percentile:99.9', 24],
    ['weights=int4,activations=int8', 12],
    ['weights=po2,activations=int8', 12],
    ['weights=codebook:16,activations=int8', 12],
    ['weights=int8', 38],
    ['weights=int4', 14],
  ])('%s loses little: over %d dB', (how, least) => {
    const { quality } = quantised(graph, how, samples);
    for (const { sqnr } of quality.outputs) expect(sqnr).toBeGreaterThan(least);
    expect(quality.real).toEqual([]);
  });
});
