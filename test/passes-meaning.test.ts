/** Whatever the graph, passes keep what it means, one by one and all together. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pipeline } from '../passes/index.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { print } from '../src/graph/print.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { runPasses } from '../src/pass.ts';
import { largestError } from './passes/compare.ts';
import { fakeTarget } from './passes/fake-target.ts';
import { randomGraph } from './passes/random-graph.ts';

const passes = pipeline(fakeTarget);
const silent = (): void => {};

/** How far apart outputs may be: parts of the largest number on the way, since sums may cancel. */
function errorOf(before: Graph, after: Graph, seed: number): number {
  const inputs = randomInputs(before, seed);
  let largest = 1e-3;
  const want = evaluate(before, inputs, {
    watch: (_, data) => {
      for (const v of data) if (Math.abs(v) > largest) largest = Math.abs(v);
    },
  });
  const got = evaluate(after, inputs);
  const apart = Object.entries(want).map(([name, data]) => {
    const { error } = largestError({ [name]: data }, { [name]: got[name] });
    return error * Math.max(...Array.from(data, Math.abs));
  });
  return Math.max(...apart) / largest;
}

test('the whole pipeline', () => {
  fc.assert(
    fc.property(randomGraph, fc.nat(1000), (graph, seed) => {
      expect(errorOf(graph, runPasses(graph, passes, silent), seed)).toBeLessThan(1e-5);
    }),
    { numRuns: 300 },
  );
});

describe.each([...new Set(passes)])('$name', (pass) => {
  test('alone, on any graph', () => {
    fc.assert(
      fc.property(randomGraph, (graph) => {
        const after = runPasses(graph, [pass], silent);
        expect(errorOf(graph, after, 1)).toBeLessThan(1e-5);
        expect(pass.run(after, silent), 'a second run changes nothing').toBe(after);
      }),
      { numRuns: 60 },
    );
  });
});

test('every output is a plain call of its own, and every dump reads back', () => {
  fc.assert(
    fc.property(randomGraph, (graph) => {
      const after = runPasses(graph, passes, silent);
      const ends = after.outputs.map(({ id }) => after.nodes.find((n) => n.id === id));
      expect(ends.every((n) => n?.kind === 'call' && n.type.layout.kind === 'plain')).toBe(true);
      expect(new Set(ends).size).toBe(ends.length);
      const { text, sidecar } = print(after);
      expect(print(parse(text, sidecar)).text).toBe(text);
    }),
    { numRuns: 50 },
  );
});
