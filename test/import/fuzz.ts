/** What must hold of whatever is made of files, damaged or not. */
import { expect } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { parse } from '../../src/graph/parse.ts';
import { print } from '../../src/graph/print.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { verify } from '../../src/graph/verify.ts';
import { elements } from '../../src/tensor/type.ts';
import type { Files } from './kit.ts';
import { importFiles } from './kit.ts';

/** Elements that one damaged model may compute. */
const most = 2 ** 20;

export const small = (graph: Graph): boolean => graph.nodes.reduce((n, { type }) => n + elements(type.shape), 0) < most;

/** Refused with reasons, or a sound graph that text can say and that runs. */
export function check(files: Files): Graph | undefined {
  const { graph, diagnostics } = importFiles(files);
  const errors = diagnostics.filter((d) => d.severity === 'error');
  expect(errors.length > 0).toBe(graph === null);
  for (const d of errors) {
    expect(d.origin?.file).toBe('folder/model.json');
    expect(d.hint).toBeTruthy();
  }
  if (!graph) return undefined;
  verify(graph, (d) => expect(d).toBeUndefined());
  const { text, sidecar } = print(graph);
  expect(print(parse(text, sidecar)).text).toBe(text);
  if (small(graph)) evaluate(graph, randomInputs(graph, 1));
  return graph;
}
