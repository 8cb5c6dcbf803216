/** Damaged ONNX files: messages changed in any place, bytes cut and flipped, and what must hold of whatever comes of them. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { parse } from '../../src/graph/parse.ts';
import { print } from '../../src/graph/print.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { verify } from '../../src/graph/verify.ts';
import { operators } from '../../src/import/onnx/ops.ts';
import { decode, encode } from '../../src/import/onnx/schema.ts';
import { small } from '../import/fuzz.ts';
import type { Json } from '../import/mutate.ts';
import { mutated, mutatedBytes } from '../import/mutate.ts';
import type { Files } from './kit.ts';
import { importFiles } from './kit.ts';

/** What came of one file. */
export interface Checked {
  readonly graph: Graph | null;
  /** Milliseconds that the importer took. */
  readonly took: number;
}

/** Refused with reasons, or a sound graph that text can say and that runs. */
export function check(files: Files): Checked {
  const since = performance.now();
  const { graph, diagnostics } = importFiles(files);
  const took = performance.now() - since;
  const errors = diagnostics.filter((d) => d.severity === 'error');
  expect(errors.length > 0).toBe(graph === null);
  for (const d of errors) {
    expect(d.origin?.file).toBe('folder/model.onnx');
    expect(d.hint, d.message).toBeTruthy();
  }
  if (!graph) return { graph, took };
  verify(graph, (d) => expect(d).toBeUndefined());
  if (small(graph)) {
    const { text, sidecar } = print(graph);
    expect(print(parse(text, sidecar)).text).toBe(text);
    evaluate(graph, randomInputs(graph, 1));
  }
  return { graph, took };
}

/** A decoded message as JSON: 64-bit numbers as text, bytes as base64, as protobufjs takes both. */
export function plain(value: unknown): Json {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : 0;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && 'toNumber' in value) return String(value);
  return Object.fromEntries(Object.entries(value as object).map(([key, v]) => [key, plain(v)]));
}

export const plainModel = (bytes: Uint8Array): Json => plain(decode('ModelProto', bytes));

/** Files with one or several changes; undefined where what came of them is no message at all. */
export function damaged(bytes: Uint8Array<ArrayBuffer>): fc.Arbitrary<Uint8Array<ArrayBuffer> | undefined> {
  const model = plainModel(bytes);
  const names = [...JSON.stringify(model).matchAll(/"(?:name|input|output)":"([^"]{1,40})"/g)].map(([, name]) => name);
  return fc.oneof(
    { weight: 5, arbitrary: mutated(model, [...operators, ...names, 'x', '']).map(encoded) },
    { weight: 2, arbitrary: mutatedBytes(bytes) },
  );
}

/** protobufjs throws where a message has something of another kind. */
function encoded(model: Json): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(encode('ModelProto', model as object));
  } catch {
    return undefined;
  }
}
