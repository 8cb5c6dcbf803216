/** A real model through the importer, the verifier and `evaluate`, against TensorFlow.js on its WebAssembly backend. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { Diagnostic } from '../../src/diagnostic.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { verify } from '../../src/graph/verify.ts';
import { importModel } from '../../src/import/index.ts';
import type { ModelName } from '../models.ts';
import { inputShapes, modelPath } from '../models.ts';
import { runTfjs } from '../tfjs.ts';
import { errorOf } from './kit.ts';

/** The graph of a real model; nothing about it may be worth a word. */
export function importReal(name: ModelName): Graph {
  const file = modelPath(name);
  const diagnostics: Diagnostic[] = [];
  const graph = importModel(file, {
    read: (path) => new Uint8Array(readFileSync(join(dirname(file), path))),
    report: (d) => void diagnostics.push(d),
    options: { shapes: inputShapes(name) },
  });
  if (graph) verify(graph, (d) => void diagnostics.push(d));
  expect(diagnostics).toEqual([]);
  if (!graph) throw new Error('no graph');
  return graph;
}

/** The largest error of each output: max |a − b| / max |b|. */
export async function compareReal(name: ModelName): Promise<Readonly<Record<string, number>>> {
  const graph = importReal(name);
  const data = randomInputs(graph, 1);
  const inputs = Object.entries(inputShapes(name)).map(([input, shape]) => [
    input,
    { shape, data: data[input] as Float32Array },
  ]);
  const wanted = await runTfjs(modelPath(name), Object.fromEntries(inputs));
  const got = evaluate(graph, data);
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
  return Object.fromEntries(
    Object.entries(wanted).map(([output, { shape, data: reference }]) => {
      const { id } = graph.outputs.find((o) => o.name === output) as { id: string };
      expect(graph.nodes.find((n) => n.id === id)?.type.shape).toEqual(shape);
      return [output, errorOf(got[output], reference)];
    }),
  );
}

export const largest = (errors: Readonly<Record<string, number>>): number => Math.max(...Object.values(errors));
