/** The law in src/export/exporter.ts: what runtimes make of an exported file is what `evaluate` makes of the graph. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exporters, exportGraph } from '../src/export/index.ts';
import type { Named } from '../src/graph/evaluate.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { importModel } from '../src/import/index.ts';
import type { Kind } from '../src/ops/index.ts';
import { rules } from '../src/ops/index.ts';
import { printShape } from '../src/tensor/type.ts';
import { caseOf, runtimeOwn } from './export/graphs.ts';
import { runOnnx, runtime } from './export/runtime.ts';
import { arbitraries } from './ops/arbitrary.ts';
import { awkward } from './ops/awkward.ts';
import { examples } from './ops/examples.ts';
import type { Sample } from './ops/law.ts';
import { inferred } from './ops/law.ts';
import { largestError } from './passes/compare.ts';
import { randomGraph } from './passes/random-graph.ts';

const kinds = Object.keys(rules) as readonly Kind[];
const tolerance = 1e-5;

/** The files by name, and nothing to complain about. */
function exported(graph: Graph, file: string): ReadonlyMap<string, Uint8Array> {
  const said: string[] = [];
  const files = exportGraph(graph, { file, report: (d) => void said.push(d.message), options: { version: '1.2.3' } });
  expect(said).toEqual([]);
  return new Map(files?.map(({ path, contents }) => [path, contents]));
}

function readBack(graph: Graph, file: string): Graph {
  const files = exported(graph, file);
  const said: string[] = [];
  const read = (path: string): Uint8Array<ArrayBuffer> | undefined =>
    files.has(path) ? new Uint8Array(files.get(path) ?? []) : undefined;
  const graph2 = importModel(file, { read, report: (d) => void said.push(d.message), options: {} });
  expect(said).toEqual([]);
  if (!graph2) throw new Error('nothing was read');
  return graph2;
}

const errorOf = (graph: Graph, inputs: Named, got: Named): number => largestError(evaluate(graph, inputs), got).error;

const runError = async (graph: Graph, inputs: Named): Promise<number> =>
  errorOf(graph, inputs, await runOnnx(exported(graph, 'one.onnx').get('one.onnx') ?? new Uint8Array(), graph, inputs));

const titled = (samples: readonly Sample[]) =>
  samples.map((sample) => {
    const { kind: _, ...attributes } = sample.op;
    const shapes = sample.values.map((v) => printShape(v.type.shape) || 'scalar').join(', ');
    return { title: `${JSON.stringify(attributes)} of ${shapes}`, sample };
  });

const both = [{ constants: true }, { constants: false }];

describe.each(kinds)('%s', (kind) => {
  const samples: readonly Sample[] = [...examples[kind], ...awkward[kind]];

  test.each(titled(samples))('is read back with the same meaning: $title', ({ sample }) => {
    for (const options of both) {
      const { graph, inputs } = caseOf(sample, options);
      for (const file of ['one.onnx', 'one.graph']) {
        if (file === 'one.onnx' && runtimeOwn(sample)) continue;
        const got = evaluate(readBack(graph, file), inputs);
        expect(errorOf(graph, inputs, got), file).toBeLessThanOrEqual(tolerance);
      }
    }
  });

  const plain = samples.filter((sample) => !runtimeOwn(sample));
  test.skipIf(!runtime).each(titled(plain))('onnxruntime-node agrees on $title', async ({ sample }) => {
    for (const options of both) {
      const { graph, inputs } = caseOf(sample, options);
      expect(await runError(graph, inputs)).toBeLessThanOrEqual(tolerance);
    }
  });

  test.skipIf(!runtime)('onnxruntime-node agrees whatever the order in which operands lie', async () => {
    const drawn: fc.Arbitrary<Sample> = arbitraries[kind];
    await fc.assert(
      fc.asyncProperty(drawn, fc.boolean(), fc.nat(), async (sample, constants, seed) => {
        fc.pre(typeof inferred(sample) !== 'string' && !runtimeOwn(sample));
        const { graph, inputs } = caseOf(sample, { constants, orderFor: shuffled(seed) });
        expect(await runError(graph, inputs)).toBeLessThanOrEqual(tolerance);
      }),
      { numRuns: 50 },
    );
  });
});

/** Some order of so many axes. */
const shuffled =
  (seed: number) =>
  (rank: number): readonly number[] => {
    const left = Array.from({ length: rank }, (_, axis) => axis);
    return Array.from({ length: rank }, (_, i) => left.splice((seed >> (3 * i)) % left.length, 1)[0]);
  };

test.skipIf(!runtime)('onnxruntime-node agrees on networks', async () => {
  await fc.assert(
    fc.asyncProperty(randomGraph, fc.nat(1000), async (graph, seed) => {
      expect(await runError(graph, randomInputs(graph, seed))).toBeLessThanOrEqual(1e-4);
    }),
    { numRuns: 100 },
  );
});

test('networks are read back with the same meaning', () => {
  fc.assert(
    fc.property(randomGraph, fc.nat(1000), (graph, seed) => {
      const inputs = randomInputs(graph, seed);
      for (const file of ['one.onnx', 'one.graph'])
        expect(errorOf(graph, inputs, evaluate(readBack(graph, file), inputs))).toBeLessThanOrEqual(tolerance);
    }),
    { numRuns: 100 },
  );
});

test('the same graph gives the same bytes', () => {
  fc.assert(
    fc.property(randomGraph, (graph) => {
      for (const file of ['one.onnx', 'one.graph']) expect(exported(graph, file)).toEqual(exported(graph, file));
    }),
    { numRuns: 20 },
  );
});

test('exporters are named once, and say what they write', () => {
  expect(new Set(exporters.map((e) => e.name)).size).toBe(exporters.length);
  expect(exporters.filter((e) => e.doc === '')).toEqual([]);
});
