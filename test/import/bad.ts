/** What tests of bad input share: files that are changed before they are read, and what must hold of every refusal. */
import { expect } from 'vitest';
import type { Diagnostic } from '../../src/diagnostic.ts';
import { printDiagnostic } from '../../src/diagnostic.ts';
import type { ImportOptions } from '../../src/import/importer.ts';
import type { Files, TestModel, TestNode } from './kit.ts';
import { bytes, filesOf, importFiles, modelJson, noise, whole } from './kit.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests reach into the file and change anything
export type Json = any;

/** The files of a model with its `model.json` changed, and perhaps others in place of its shards. */
export function changed(model: TestModel, change: (json: Json) => void, files: Files = filesOf(model)): Files {
  const json = modelJson(model);
  change(json);
  return { ...files, 'model.json': bytes(JSON.stringify(json)) };
}

/** The diagnostics of files that cannot be imported. Each says where, what, and what to do. */
export function faults(files: Files, options: ImportOptions = {}, file = 'folder/model.json'): readonly Diagnostic[] {
  const { graph, diagnostics } = importFiles(files, options, file);
  expect(graph).toBeNull();
  expect(diagnostics.length).toBeGreaterThan(0);
  for (const d of diagnostics) {
    expect(d.origin?.file).toBe(file);
    expect(d.hint).toBeTruthy();
    expect(d.message).not.toMatch(/\.$/);
    expect(printDiagnostic(d)).not.toMatch(/^\s+at /m);
  }
  return diagnostics;
}

/** The same as lines: code, layer, message. */
export const messages = (files: Files, options?: ImportOptions): readonly string[] =>
  faults(files, options).map(({ code, message, origin }) => `${code} ${origin?.name ?? '-'}: ${message}`);

/** A node that does nothing of interest. */
export const relu = (name: string, from: string): TestNode => ({ name, op: 'Relu', input: [from] });

/** Nodes on an input `x` and constants `k` and `n`; the last one is the output. */
export const modelOf = (...nodes: TestNode[]): TestModel => ({
  inputs: { x: noise(1, 1, 4, 4, 2) },
  constants: { k: noise(2, 3, 3, 2, 2), n: whole([2]) },
  nodes,
  outputs: [nodes[nodes.length - 1].name],
});
