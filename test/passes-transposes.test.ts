/** Transposes on any graph: meaning kept, never more to move, nothing left to do; and the cut that decides is a minimum. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pipeline } from '../passes/index.ts';
import { network, sink, source } from '../passes/matching/minimum-cut.ts';
import { moveTransposes } from '../passes/move-transposes.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { runPasses } from '../src/pass.ts';
import { elements } from '../src/tensor/type.ts';
import { largestError } from './passes/compare.ts';
import { fakeTarget } from './passes/fake-target.ts';
import { randomOrders } from './passes/random-orders.ts';

const silent = (): void => {};

/** Elements that transposes of a graph move: those whose longer axes change places. */
function moved(graph: Graph): number {
  const byId = nodesById(graph);
  return graph.nodes.reduce((sum, node) => {
    if (node.kind !== 'call' || node.op.kind !== 'transpose') return sum;
    const x = byId.get(node.inputs[0]);
    const long = node.op.perm.filter((axis) => (x?.type.shape[axis] ?? 1) > 1);
    const still = x?.kind === 'constant' || long.every((axis, i) => i === 0 || long[i - 1] < axis);
    return still ? sum : sum + elements(node.type.shape);
  }, 0);
}

function errorOf(before: Graph, after: Graph): number {
  const inputs = randomInputs(before, 1);
  return largestError(evaluate(before, inputs), evaluate(after, inputs)).error;
}

describe('move-transposes', () => {
  test('keeps what a graph means, and moves no more than before', () => {
    let better = 0;
    fc.assert(
      fc.property(randomOrders, (graph) => {
        const after = runPasses(graph, [moveTransposes], silent);
        expect(errorOf(graph, after)).toBeLessThan(1e-5);
        expect(moved(after)).toBeLessThanOrEqual(moved(graph));
        expect(moveTransposes.run(after, silent), 'a second run changes nothing').toBe(after);
        if (moved(after) < moved(graph)) better++;
      }),
      { numRuns: Number(process.env.RUNS ?? 300) },
    );
    expect(better).toBeGreaterThan(50);
  });

  test('and all passes after it', () => {
    fc.assert(
      fc.property(randomOrders, (graph) => {
        const after = runPasses(graph, pipeline(fakeTarget), silent);
        expect(errorOf(graph, after)).toBeLessThan(1e-4);
      }),
      { numRuns: Number(process.env.RUNS ?? 100) },
    );
  });
});

describe('a minimum cut', () => {
  const edges = fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.nat(9)), { maxLength: 20 });

  test('costs as little as any other', () => {
    fc.assert(
      fc.property(edges, (list) => {
        const net = network();
        for (let n = 2; n < 7; n++) net.add();
        for (const [from, to, capacity] of list) net.join(from, to, capacity);
        const cost = (side: (node: number) => boolean): number =>
          list.reduce((sum, [from, to, capacity]) => (side(from) && !side(to) ? sum + capacity : sum), 0);
        const cut = net.cut();
        expect([cut[source], cut[sink]]).toEqual([true, false]);
        const all = Array.from({ length: 32 }, (_, bits) =>
          cost((node) => node === source || (node !== sink && ((bits >> (node - 2)) & 1) === 1)),
        );
        expect(cost((node) => cut[node])).toBe(Math.min(...all));
      }),
    );
  });

  test('follows paths as long as a network is', () => {
    const net = network();
    let last = source;
    for (let n = 0; n < 20000; n++) {
      const next = net.add();
      net.join(last, next, n === 777 ? 1 : 2);
      last = next;
    }
    net.join(last, sink, 2);
    expect(net.cut().filter((onSource) => onSource).length).toBe(778);
  });
});
