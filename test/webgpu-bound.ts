/** Models that are built for WebGPU, as a user imports them. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { Graph } from '../src/graph/graph.ts';
import { build } from '../src/index.ts';
import type { Numbers } from '../src/tensor/numbers.ts';

export type Values = Record<string, Numbers>;
export type Failure = Error & { readonly reason?: string; readonly input?: string };

export interface Loaded {
  readonly backend: string;
  readonly reason: string | undefined;
  readonly arithmetic: string;
  readonly arithmeticReason: string | undefined;
  readonly subgroups: boolean;
  readonly subgroupsReason: string | undefined;
  readonly device: GPUDevice | undefined;
  run(inputs: unknown, options: { readonly output: 'buffer' }): Promise<Record<string, GPUBuffer>>;
  run(inputs: unknown): Promise<Values>;
  dispose(): void;
}

export interface Bound {
  readonly shapes: { readonly inputs: object; readonly outputs: object };
  load(options?: object): Promise<Loaded>;
}

/** Builds a graph in a folder, about which there is nothing to say, and imports what was written. */
export async function bindingOf(graph: Graph, out: string): Promise<Bound> {
  expect((await build(graph, { target: 'webgpu', out, force: true })).diagnostics).toEqual([]);
  return (await import(pathToFileURL(join(out, `${graph.name}.js`)).href)) as Bound;
}

/** What goes wrong, as something has to. */
export const failure = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => Promise.reject(new Error('nothing was wrong')),
    (cause: Failure) => cause,
  );
