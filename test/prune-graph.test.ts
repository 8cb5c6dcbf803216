/** Graphs that are pruned: which layers, how much of each, and what stays as it was. */
import { describe, expect, test } from 'vitest';
import type { Constant, Graph } from '../src/graph/graph.ts';
import { verify } from '../src/graph/verify.ts';
import { weightsOf } from '../src/graph/weights.ts';
import { pruneWith } from '../src/make/prune.ts';
import { layersOf } from '../src/prune/layers.ts';
import type { LayerPruning, PruneOptions } from '../src/prune/prune.ts';
import { pruneGraph } from '../src/prune/prune.ts';
import { budgetsFor, erkDensities } from '../src/prune/scope.ts';
import { elements } from '../src/tensor/type.ts';
import { importFiles } from './onnx/kit.ts';
import { builder } from './passes/builder.ts';
import { gaussian, prunerOf } from './prune/kit.ts';
import { smallNet } from './prune/net.ts';

function imported(): Graph {
  const { graph, messages } = importFiles({ 'model.onnx': smallNet() });
  expect(messages).toEqual([]);
  if (!graph) throw new Error('nothing was imported');
  return graph;
}

const usual: Omit<PruneOptions, 'pruner'> = {
  scope: 'layer',
  exempt: ['first', 'depthwise'],
  kinds: ['conv', 'linear'],
  spared: () => undefined,
};

const prune = (graph: Graph, pattern: string, options: Partial<PruneOptions> = {}) =>
  pruneGraph(graph, { ...usual, ...options, pruner: prunerOf(pattern) });

const zerosOf = (layers: readonly LayerPruning[]): readonly number[] =>
  layers.map(({ zerosAfter, weights }) => Math.round((100 * zerosAfter) / weights));

test('a layer is first or last, or depthwise, by where and what it is', () => {
  const layers = layersOf(imported());
  const found = layers.map(({ weights, kind, first, last, depthwise, shared }) => [
    weights.origin,
    kind,
    ...Object.entries({ first, last, depthwise, shared }).flatMap(([what, is]) => (is ? [what] : [])),
  ]);
  expect(found).toEqual([
    ['stem.weight', 'conv', 'first'],
    ['depth.weight', 'conv', 'depthwise'],
    ['wide.weight', 'conv'],
    ['point.weight', 'conv'],
    ['grouped.weight', 'conv'],
    ['mixed.weight', 'linear'],
    ['head.weight', 'linear', 'last'],
  ]);
});

test('only weights of the layers that are named in the report change', () => {
  const graph = imported();
  const { graph: after, layers } = prune(graph, 'unstructured:0.9');
  verify(after, ({ message }) => expect.fail(message));
  expect(zerosOf(layers)).toEqual([0, 0, 90, 90, 90, 90, 90]);
  expect(layers.map(({ reason }) => reason)).toEqual(['is a first layer', 'is depthwise', ...Array(5).fill(null)]);
  const changed = new Set([...weightsOf(graph).values()].slice(2).map(({ constant }) => constant.id));
  expect(after.nodes.map(({ id }) => id)).toEqual(graph.nodes.map(({ id }) => id));
  for (const [i, node] of after.nodes.entries()) expect(node === graph.nodes[i]).toBe(!changed.has(node.id));
  for (const { zerosBefore, kept, reason } of layers) {
    expect(zerosBefore).toBe(0);
    if (reason !== null) expect(kept).toBe(1);
    else expect(kept).toBeLessThan(0.5);
  }
});

test('what has no pattern is left alone, and says why', () => {
  const { layers } = prune(imported(), 'pattern:4/9', { exempt: [] });
  const mute = 'has kernels of 1 tap, and the pattern is of 9';
  expect(layers.map(({ reason }) => reason)).toEqual([null, null, null, mute, null, mute, mute]);
});

test('kinds and names choose layers', () => {
  const graph = imported();
  expect(zerosOf(prune(graph, 'nm:2:4', { kinds: ['linear'] }).layers)).toEqual([0, 0, 0, 0, 0, 50, 44]);
  const spared = (names: readonly string[]) => (names.includes('wide.weight') ? 'is kept' : undefined);
  expect(zerosOf(prune(graph, 'unstructured:0.5', { spared }).layers)).toEqual([0, 0, 0, 50, 50, 50, 50]);
});

test('of whole channels the outputs of the model are exempt', () => {
  const layers = pruneWith(imported(), { out: 'a.onnx', pattern: 'channel:0.5' }, () => {})?.layers ?? [];
  expect(zerosOf(layers)).toEqual([0, 0, 50, 50, 50, 50, 0]);
});

test('weights that two layers share are pruned once; those that something else reads as well are left', () => {
  const b = builder();
  const x = b.input('x', [1, 8]);
  const weights = b.constant([8, 8], (at) => at + 1);
  const bias = b.constant([8], () => 0);
  const once = b.call({ kind: 'linear', activation: 'none' }, [x, weights, bias]);
  const twice = b.call({ kind: 'linear', activation: 'none' }, [once, weights, bias]);
  const shared = prune(b.graph([twice]), 'unstructured:0.5', { exempt: [] });
  expect(zerosOf(shared.layers)).toEqual([50]);
  const sum = b.call({ kind: 'binary', fn: 'add' }, [weights, twice]);
  const { layers } = prune(b.graph([sum]), 'unstructured:0.5', { exempt: [] });
  expect(layers.map(({ reason }) => reason)).toEqual(['shares its weights with an operator that is no layer']);
});

test('what a mask had cut stays cut, and a kept zero counts as kept', () => {
  const b = builder();
  const x = b.input('x', [1, 4]);
  const weights = b.constant([2, 4], (at) => [0, 1, 2, 3, 4, 5, 6, 7][at]);
  const y = b.call({ kind: 'linear', activation: 'none' }, [x, weights, b.constant([2], () => 0)]);
  const plain = b.graph([y]);
  const mask = Uint8Array.of(1, 0, 1, 1, 1, 1, 1, 1);
  const data = Float32Array.of(0, 0, 2, 3, 4, 5, 6, 7);
  const nodes = plain.nodes.map((n) => (n.id === weights ? { ...(n as Constant), data, mask } : n));
  const { graph, layers } = prune({ ...plain, nodes }, 'nm:3:4', { exempt: [] });
  const after = graph.nodes.find(({ id }) => id === weights) as Constant;
  expect([...after.data]).toEqual([0, 0, 2, 3, 0, 5, 6, 7]);
  expect([...(after.mask ?? [])]).toEqual([1, 0, 1, 1, 0, 1, 1, 1]);
  expect([layers[0].zerosBefore, layers[0].zerosAfter]).toEqual([1, 2]);
});

/** Weights of ResNet-50 without its first layer, as [o, kh, kw, i] and [out, in]. */
function resnet50(): readonly (readonly number[])[] {
  const stages = [
    [64, 3],
    [128, 4],
    [256, 6],
    [512, 3],
  ];
  let before = 64;
  const blocks = stages.flatMap(([width, count]) =>
    Array.from({ length: count }, (_, block) => {
      const layers = [
        [width, 1, 1, before],
        [width, 3, 3, width],
        [4 * width, 1, 1, width],
        ...(block === 0 ? [[4 * width, 1, 1, before]] : []),
      ];
      before = 4 * width;
      return layers;
    }),
  );
  return [...blocks.flat(), [1000, 2048]];
}

describe('scopes', () => {
  test.each([0.5, 0.8, 0.9, 0.95, 0.99])('erk of ResNet-50 at %f: the densities meet the overall one', (ratio) => {
    const layers = resnet50().map((shape) => ({ shape, most: elements(shape) }));
    const densities = erkDensities(layers, 1 - ratio);
    const total = layers.reduce((sum, { most }) => sum + most, 0);
    const kept = layers.reduce((sum, { most }, i) => sum + most * densities[i], 0);
    expect(kept / total).toBeCloseTo(1 - ratio, 9);
    expect(Math.max(...densities)).toBeLessThanOrEqual(1);
    if (ratio <= 0.9) expect(densities).toContain(1);
    const raw = ({ shape }: (typeof layers)[number]) => shape.reduce((s, d) => s + d, 0) / elements(shape);
    const scales = densities.flatMap((d, i) => (d < 1 ? [d / raw(layers[i])] : []));
    for (const scale of scales) expect(scale / scales[0]).toBeCloseTo(1, 9);
    for (const [i, d] of densities.entries()) if (d === 1) expect(raw(layers[i]) * scales[0]).toBeGreaterThan(1);
  });

  test('global: one threshold for all layers', () => {
    const quiet = gaussian(20, 9, 16);
    const loud = { ...gaussian(24, 1, 20), data: gaussian(24, 1, 20).data.map((w) => 4 * w) };
    const pruner = prunerOf('unstructured:0.8');
    if (pruner.kind !== 'ranked') throw new Error('not ranked');
    const layers = [quiet, loud].map((matrix) => ({ matrix, shape: [matrix.rows, matrix.columns] }));
    const budgets = budgetsFor('global', layers, pruner);
    expect(budgets[0] + budgets[1]).toBe(Math.round(0.2 * (quiet.data.length + loud.data.length)));
    const masks = layers.map(({ matrix }, i) => pruner.keep(matrix, budgets[i]));
    const sizes = (kept: number) =>
      layers.flatMap(({ matrix }, l) => [...matrix.data].filter((_, at) => masks[l][at] === kept).map(Math.abs));
    expect(Math.min(...sizes(1))).toBeGreaterThanOrEqual(Math.max(...sizes(0)));
    expect(budgets[1] / loud.data.length).toBeGreaterThan(0.5);
  });

  test.each(['global', 'erk'] as const)('%s: all ranked patterns meet the overall share, about', (scope) => {
    for (const pattern of ['unstructured:0.7', 'block:2x2:0.7', 'punched:4x2:0.7', 'gs:8,1:0.7', 'channel:0.7']) {
      const { layers } = prune(imported(), pattern, { scope });
      const taken = layers.filter(({ reason }) => reason === null);
      const sum = (of: (layer: LayerPruning) => number): number => taken.reduce((s, layer) => s + of(layer), 0);
      expect(Math.abs(sum((l) => l.zerosAfter) / sum((l) => l.weights) - 0.7), pattern).toBeLessThan(0.03);
    }
  });

  test('no layer loses everything', () => {
    const { layers } = prune(imported(), 'unstructured:0.9999', { scope: 'global' });
    for (const { weights, zerosAfter } of layers) expect(zerosAfter).toBeLessThan(weights);
  });
});
