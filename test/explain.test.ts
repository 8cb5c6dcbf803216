/** Why layers are stored as they are: the reasons, what would change them, and what to prune to. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advise, finestWithin } from '../src/explain/advise.ts';
import type { ExplainedLayer } from '../src/explain/explain.ts';
import { explain } from '../src/explain/explain.ts';
import { samplingOffers } from '../src/explain/patterns.ts';
import type { Graph } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { weightsOf } from '../src/graph/weights.ts';
import { compileWith, partsFor } from '../src/make/parts.ts';
import { offersFor, workOf } from '../src/plan/offers.ts';
import type { TargetOptions } from '../src/target.ts';
import { targets } from '../targets/index.ts';
import type { LayerCase } from './explain-graphs.ts';
import { layerGraph } from './explain-graphs.ts';

/** Targets differ in prices, and not in what is on offer. */
const offersAt = samplingOffers();

function explained(graph: Graph, name: string, options: TargetOptions = {}) {
  const parts = partsFor({ target: name, ...options }, (d) => expect.unreachable(d.message));
  if (!parts) throw new Error('no parts');
  const { target } = parts;
  const outcome = compileWith(
    graph,
    {},
    { ...parts, target: { ...target, emit: () => ({ artefacts: [], recipe: [] }) } },
  );
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return explain(outcome.graph, outcome.plan, target, offersAt);
}

const only = (graph: Graph, name: string, options?: TargetOptions): ExplainedLayer => {
  const { layers } = explained(graph, name, options);
  expect(layers).toHaveLength(1);
  return layers[0];
};

const conv: LayerCase = { weights: [64, 3, 3, 64], size: 28, density: 1, r: 1, c: 1 };

const families = targets
  .filter((family) => !family.hardwareFault)
  .flatMap((family) => [
    { name: family.name, cpu: undefined },
    ...(family.cpus ?? []).map((cpu) => ({ name: family.name, cpu })),
  ]);

describe.each(families)('$name $cpu', ({ name, cpu }) => {
  const options = cpu === undefined ? {} : { cpu };

  test('a layer without zeros is dense, and nothing asks why', () => {
    const layer = only(layerGraph(conv), name, options);
    expect(layer.chosen.format).toBe('dense');
    expect(layer.whyNotSparse).toBeNull();
    expect(layer.zeros).toBe(0);
  });

  test('at 95 % zeros it is sparse, and faster than dense by the same predictions', () => {
    const { chosen, others, whyNotSparse } = only(layerGraph({ ...conv, density: 0.05 }), name, options);
    expect(chosen.format).not.toBe('dense');
    expect(whyNotSparse).toBeNull();
    const dense = others.find(({ format }) => format === 'dense');
    expect(chosen.ns).toBeLessThan(dense?.ns ?? 0);
    expect(chosen.bytes).toBeLessThan(dense?.bytes ?? 0);
  });

  test.each([
    ['unstructured', 1, 1],
    ['4x1 blocks', 4, 1],
  ])('it flips where it is said to: %s', (pattern, r, c) => {
    const some = only(layerGraph({ ...conv, density: 0.95, r, c }), name, options);
    const { from } = some.alternatives.find((a) => a.pattern === pattern) ?? { from: null };
    expect(from).not.toBeNull();
    const zeros = (from ?? 0) / 100;
    const at = (share: number): string =>
      only(layerGraph({ ...conv, density: 1 - share, r, c }), name, options).chosen.format;
    expect(at(Math.min(0.99, zeros + 0.03))).not.toBe('dense');
    expect(at(Math.max(0, zeros - 0.04))).toBe('dense');
  });

  test('more zeros are never predicted to take longer in the same format', () => {
    const target = targets.find((t) => t.name === name)?.target(options);
    const graph = layerGraph(conv);
    const [weights] = [...weightsOf(graph).values()];
    const byId = nodesById(graph);
    const time = (density: number): Readonly<Record<string, number>> =>
      Object.fromEntries(
        (offersAt(weights.matrix, { r: 1, c: 1 }, density) ?? []).map((offer) => [
          JSON.stringify(offer.encoding),
          target?.predict(workOf(weights.call, offer, byId)).ns ?? 0,
        ]),
      );
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 98 }), fc.integer({ min: 1, max: 60 }), (hundredths, more) => {
        const [few, many] = [time(hundredths / 100), time(Math.min(1, (hundredths + more) / 100))];
        // A narrower index may do for more weights: what it saves is less than a hundredth.
        for (const [format, ns] of Object.entries(few))
          if (many[format] !== undefined) expect(many[format]).toBeGreaterThanOrEqual(ns * 0.99);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the sentences', () => {
  test('why not sparse, and what would change it', () => {
    const { whyNotSparse, alternatives, zeros } = only(layerGraph({ ...conv, density: 0.9 }), 'cpu', {
      cpu: 'x86-64-v4',
    });
    expect(zeros).toBeCloseTo(0.1, 2);
    const { from } = alternatives[0];
    expect(from).toBeGreaterThan(10);
    expect(whyNotSparse).toMatch(/^at 10 % zeros .* would take .* and dense takes /);
    expect(whyNotSparse).toContain(`; unstructured would need ${from} %`);
  });

  test('a layer too small for any index says so', () => {
    const { whyNotSparse } = only(layerGraph({ weights: [8, 1, 1, 8], density: 0.5, r: 1, c: 1 }), 'cpu');
    expect(whyNotSparse).toMatch(/^at 50 % zeros no sparse format is wanted/);
    expect(whyNotSparse).toContain('unstructured would never win');
  });

  test('the best that is not chosen is named with its time', () => {
    const { why, others, chosen } = only(layerGraph({ ...conv, density: 0.1, r: 4, c: 1 }), 'cpu');
    const best = others.find((offer) => offer.wanted);
    expect(why).toContain(best?.format);
    expect(chosen.ns).toBeLessThanOrEqual((best?.ns ?? 0) * 1.03);
  });

  test('what a layer stores, moves and does on a GPU', () => {
    const { totals, layers } = explained(layerGraph({ ...conv, density: 0.1 }), 'webgpu');
    const [{ storedBytes, movedBytes, flops, zeros }] = layers;
    const live = Math.round((1 - zeros) * 64 * 64 * 9);
    expect(flops).toBe(2 * live * 28 * 28);
    // Values that no half holds, a bit for each place, two numbers for each row, biases, and a factor that no row has.
    const rest = storedBytes - 4 * live - (64 * 64 * 9) / 8 - 2 * 4 * 64 - 4 * 64;
    expect(rest).toBeGreaterThanOrEqual(0);
    expect(rest).toBeLessThanOrEqual(16);
    expect(totals.storedBytes).toBe(storedBytes);
    // The picture, its copy with a border, written and read, and the result.
    const picture = 4 * 64 * 28 * 28;
    expect(movedBytes).toBe(2 * picture + 2 * 4 * 64 * 30 * 30 + storedBytes);
    // Layouts are changed before and after.
    expect(totals.movedBytes).toBe(movedBytes + 4 * picture);
    expect(totals.arenaBytes).toBeGreaterThanOrEqual(4 * 64 * 30 * 30);
  });

  test('totals are those of the layers', () => {
    const { totals, layers } = explained(layerGraph({ ...conv, density: 0.1 }), 'wasm');
    expect(totals.ns).toBe(layers[0].chosen.ns);
    expect(totals.bytes).toBe(layers[0].chosen.bytes);
    expect(totals.denseBytes).toBe(4 * 64 * 64 * 9);
    expect(totals.denseNs).toBeGreaterThan(totals.ns);
    expect(totals.halfBytes).toBe(2 * 64 * 64 * 9);
    expect(totals.flops).toBe(layers[0].flops);
  });
});

test('samples stand for the whole: offers for a large layer cost what those of its real mask do', () => {
  const graph = layerGraph({ weights: [256, 1, 1, 512], size: 7, density: 0.1, r: 4, c: 1 });
  const [weights] = [...weightsOf(graph).values()];
  const sampled = samplingOffers()(weights.matrix, { r: 4, c: 1 }, 0.1) ?? [];
  for (const { encoding, cost } of offersFor(weights).offers) {
    const near = sampled.find((offer) => JSON.stringify(offer.encoding) === JSON.stringify(encoding));
    if (!near) continue;
    expect(near.cost.multiplies / cost.multiplies).toBeCloseTo(1, 1);
    expect(near.cost.bytes / cost.bytes).toBeCloseTo(1, 0);
  }
  expect(sampled.length).toBeGreaterThan(3);
});

describe('what to prune to', () => {
  // arXiv 2111.11581, as the rule says: the smallest block within beta of coarse structured pruning.
  test('of 16x8 at 1.15, 8x4 at 1.19 and 4x4 at 1.4 of whole filters, with a fifth to spare, 8x4 is taken', () => {
    const timed = [
      { pattern: '16x8', size: 128, ns: 1.15 },
      { pattern: '8x4', size: 32, ns: 1.19 },
      { pattern: '4x4', size: 16, ns: 1.4 },
    ];
    expect(finestWithin(timed, 1, 0.2)?.pattern).toBe('8x4');
    expect(finestWithin(timed, 1, 0.16)?.pattern).toBe('16x8');
    expect(finestWithin(timed, 1, 0.5)?.pattern).toBe('4x4');
    expect(finestWithin(timed, 1, 0.1)).toBeUndefined();
  });

  const target = targets.find((t) => t.name === 'cpu')?.target({ cpu: 'x86-64-v4' });

  test('depthwise layers stay dense', () => {
    const graph = layerGraph({ ...conv, weights: [64, 3, 3, 1] });
    const nodes = graph.nodes.map((node) =>
      node.kind === 'call'
        ? { ...node, op: { ...node.op, groups: 64 } as typeof node.op }
        : node.kind === 'input'
          ? { ...node, type: { ...node.type, shape: [1, 28, 28, 64] } }
          : node,
    );
    if (!target) throw new Error('no target');
    expect(advise({ ...graph, nodes }, target, 0.9)[0]).toMatchObject({ pattern: 'dense', name: 'layer' });
  });

  test('what is advised is within the tolerance, and the finer the more is tolerated', () => {
    if (!target) throw new Error('no target');
    const graph = layerGraph({ ...conv, weights: [128, 3, 3, 128] });
    const sizes = [0.05, 0.5, 3].map((tolerance) => {
      const [{ ns, structuredNs, pattern }] = advise(graph, target, 0.75, tolerance);
      expect(ns).toBeLessThanOrEqual(structuredNs * (1 + tolerance));
      const [, r = '1', c = '1'] = /^(\d+)x(\d+)/.exec(pattern) ?? [];
      return pattern === 'whole filters' ? Infinity : Number(r) * Number(c);
    });
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(sizes[2]).toBe(1);
  });
});
