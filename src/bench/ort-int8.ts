/** A model for ONNX Runtime's kernels of 8-bit integers, made from what espalier export writes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadOrt } from '../check/ort.ts';
import { inputShapes } from '../check/peer.ts';
import { bug, type Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { randomInputs } from '../graph/samples.ts';
import type { ModelProto } from '../import/onnx/schema.ts';
import { decode, encode } from '../import/onnx/schema.ts';
import type { Extent } from './integers.ts';
import { extentOf } from './integers.ts';
import { quantise, tensorsToSee } from './qdq.ts';

/** Random inputs to see values of. */
const samples = 2;

/** Reads an ONNX file of floats that holds the graph, and writes the other. False after a report. */
export async function writeQuantised(graph: Graph, from: string, to: string, report: Report): Promise<boolean> {
  const model = decode<ModelProto>('ModelProto', readFileSync(from));
  const own = model.graph ?? bug(`"${from}" holds no graph`);
  const given = new Set(own.output.map(({ name }) => name));
  const seen = tensorsToSee(own);
  // Inputs are seen already; everything else becomes an output.
  const inputs = new Set(own.input.map(({ name }) => name));
  const asked = seen.filter((name) => !given.has(name) && !inputs.has(name));
  writeFileSync(
    to,
    encode('ModelProto', {
      ...model,
      graph: { ...own, output: [...own.output, ...asked.map((name) => ({ name }))] },
    }),
  );
  const peer = await loadOrt(to, inputShapes(graph), { threads: 1 }, report);
  if (!peer) return false;
  const extents = new Map<string, Extent>();
  try {
    for (let i = 0; i < samples; i++) {
      const sample = randomInputs(graph, 1 + 1000 * i);
      const values = await peer.run(sample);
      if (!values) return false;
      for (const name of seen) {
        const data = inputs.has(name) ? sample[name] : values[name];
        if (data instanceof Float32Array) extents.set(name, joined(extents.get(name), extentOf(data)));
      }
    }
  } finally {
    peer.dispose();
  }
  writeFileSync(to, quantise(model, own, extents));
  return true;
}

const joined = (a: Extent | undefined, b: Extent): Extent =>
  a ? { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) } : b;
