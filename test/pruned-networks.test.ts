/**
 * Networks as training schedules leave them: round after round of pruning, a layer without weights, layers that are dense
 * while the others are pruned, and one mask with the weights of several runs.
 */
import { describe, expect, test } from 'vitest';
import { pipeline } from '../passes/index.ts';
import type { Graph, Node } from '../src/graph/graph.ts';
import { runPasses } from '../src/pass.ts';
import type { Layer } from '../src/prune/layers.ts';
import { layersOf } from '../src/prune/layers.ts';
import { pruneGraph } from '../src/prune/prune.ts';
import type { Target } from '../src/target.ts';
import { liveness } from '../src/tensor/matrix.ts';
import { cpu } from '../targets/cpu/target.ts';
import { kernels } from '../targets/wasm/kernels/index.ts';
import { wasm } from '../targets/wasm/target.ts';
import { compiled } from './cpu-build.ts';
import { digitGraph } from './digits.ts';
import { random } from './models.ts';
import { expectSameMeaning } from './passes/compare.ts';
import { prunerOf } from './prune/kit.ts';
import { buildModule } from './wasm-module.ts';

const targets = [wasm.target({}), cpu.target({})].map((target) => ({ name: target.name, target }));

/** Which weights of each layer are kept. */
const masksOf = (graph: Graph): readonly Uint8Array[] =>
  layersOf(graph).map(({ matrix }) => liveness(matrix ?? expect.unreachable()));

/** The graph with other values for some weights: of the constant → its numbers. */
const withWeights = (graph: Graph, change: (id: string, data: Float32Array) => Float32Array<ArrayBuffer>): Graph => ({
  ...graph,
  nodes: graph.nodes.map(
    (node): Node =>
      node.kind === 'constant' && node.data instanceof Float32Array
        ? { ...node, data: change(node.id, node.data) }
        : node,
  ),
});

const compiledFor = (graph: Graph, target: Target): Graph => runPasses(graph, pipeline(target), () => {});

/** The format that each layer's weights are stored in, by the name of the layer. */
function formatsOf(graph: Graph, target: Target): Readonly<Record<string, string>> {
  const formatOf = ({ name, weights }: Layer): readonly [string, string] => [name, weights.type.encoding.format];
  return Object.fromEntries(layersOf(compiledFor(graph, target)).map(formatOf));
}

test('ten rounds, each of which cuts a fifth of what is left of all layers together: each mask lies within the one before', () => {
  let graph = digitGraph('digits-dense');
  let before = masksOf(graph);
  const total = before.reduce((sum, mask) => sum + mask.length, 0);
  for (let round = 1; round <= 10; round++) {
    const pruner = prunerOf(`unstructured:${1 - 0.8 ** round}`);
    const options = {
      pruner,
      scope: 'global',
      exempt: [],
      kinds: ['conv', 'linear'],
      spared: () => undefined,
    } as const;
    graph = pruneGraph(graph, options).graph;
    const after = masksOf(graph);
    const kept = after.reduce((sum, mask) => sum + mask.reduce((s, m) => s + m, 0), 0);
    expect(Math.abs(kept - total * 0.8 ** round)).toBeLessThanOrEqual(1);
    for (const [layer, mask] of after.entries()) expect(mask.every((m, at) => m <= before[layer][at])).toBe(true);
    before = after;
  }
});

describe.each(targets)('on $name', ({ target }) => {
  test('a layer without weights leaves what its bias makes, and what fed it goes', () => {
    const whole = digitGraph('digits-pruned');
    const dead = withWeights(whole, (id, data) =>
      id === 'conv2_kernel' ? new Float32Array(data.length) : data.slice(),
    );
    const after = compiledFor(dead, target);
    expectSameMeaning(dead, after);
    const weights = (graph: Graph) => layersOf(graph).reduce((sum, layer) => sum + layer.weights.data.length, 0);
    expect(weights(whole)).toBe(28_944);
    expect(weights(after)).toBeLessThan(5760 + 100);
  });

  // As grow-and-prune trains: one part at a time is dense (Ma et al., ICLR 2022).
  test.each(['conv2', 'conv3', 'logits'])('while %s is dense it is stored so, and the others are not', (grown) => {
    const dense = new Map(digitGraph('digits-dense').nodes.map((node) => [node.id, node]));
    const pruned = digitGraph('digits-pruned');
    const mixed = {
      ...pruned,
      nodes: pruned.nodes.map((n) => (n.id === `${grown}_kernel` ? (dense.get(n.id) ?? n) : n)),
    };
    const { conv1: _first, ...formats } = formatsOf(mixed, target);
    const sparse = Object.keys(formats).filter((name) => formats[name] !== 'dense');
    expect(sparse).toEqual(['conv2', 'conv3', 'logits'].filter((name) => name !== grown));
  });
});

describe('the same mask with other weights', () => {
  const next = random(3);
  const trained = digitGraph('digits-pruned');
  // Halves, as the trained weights are.
  const drawn = (w: number): number => (w === 0 ? 0 : (1 + Math.floor(next() * 1000)) / 1024);
  const both = [trained, withWeights(trained, (_, data) => data.map(drawn))] as const;

  test('gives the same module, but for its data', async () => {
    const texts = both.map(async (graph) => (await buildModule(compiledFor(graph, wasm.target({})), kernels)).text);
    const [one, two] = await Promise.all(texts);
    expect(two === one).toBe(true);
  });

  test('gives the same C', () => {
    const [one, two] = both.map((graph) => compiled(graph).artefacts);
    expect(two.map(({ path }) => path)).toEqual(one.map(({ path }) => path));
    const differ = one.filter(({ contents }, i) => Buffer.compare(Buffer.from(contents), Buffer.from(two[i].contents)));
    // Weights, and what was recorded of them: nothing that a compiler translates for running the network.
    expect(differ.map(({ path }) => path)).toEqual(['digits_pruned_weights.bin', 'digits_pruned_recorded.c']);
  });
});
