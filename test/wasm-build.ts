/** Graphs compiled for the target wasm and written to folders of their own, for tests. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../src/compile.ts';
import { printDiagnostic } from '../src/diagnostic.ts';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import type { Pass } from '../src/pass.ts';
import type { Emission, TargetOptions } from '../src/target.ts';
import { assembleWat } from '../src/toolchain/wabt.ts';
import { wasm } from '../targets/wasm/target.ts';
import { render } from './wasm-module.ts';

/** The artefacts, and the module that the recipe makes of them. */
export interface Built extends Emission {
  readonly module: Uint8Array<ArrayBuffer>;
}

export async function buildWasm(
  graph: Graph,
  passes: readonly Pass[] = [],
  options: TargetOptions = {},
): Promise<Built> {
  const out = compile({ graph, passes, target: wasm.target(options), render });
  if (!out.ok) throw new Error(out.diagnostics.map(printDiagnostic).join('\n'));
  const [task] = out.recipe;
  if (task?.kind !== 'assemble-wat') throw new Error('the recipe does not assemble');
  const textOf = (source: string): string => String(out.artefacts.find((a) => a.path === source)?.contents);
  return { ...out, module: await assembleWat(task, textOf) };
}

/** Writes everything to a new folder, which goes when the test run does. */
export function writeBuilt({ artefacts, recipe, module }: Built): string {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-wasm-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const { path, contents } of artefacts) writeFileSync(join(folder, path), contents);
  for (const task of recipe) writeFileSync(join(folder, task.output), module);
  return folder;
}

/** The text of an artefact by the end of its path. */
export const textOf = ({ artefacts }: Emission, suffix: string): string =>
  String(artefacts.find(({ path }) => path.endsWith(suffix))?.contents);

/** A binding, as a user imports it. */
export async function importBinding(folder: string, name: string): Promise<Binding> {
  const text = readFileSync(join(folder, `${name}.js`), 'base64');
  return (await import(`data:text/javascript;base64,${text}`)) as Binding;
}

type Arrays = Record<string, Float32Array | Int32Array>;

export interface Binding {
  readonly shapes: { readonly inputs: object; readonly outputs: object };
  readonly InputError: new (input: string, message: string) => TypeError & { readonly input: string };
  readonly ModelError: new (reason: string, message: string) => Error & { readonly reason: string };
  load(source?: unknown, options?: object): Promise<BoundModel>;
}

export interface BoundModel {
  readonly kernels: 'portable' | 'relaxed';
  readonly inputs: Arrays;
  readonly outputs: Arrays;
  run(inputs?: unknown): Arrays;
  dispose(): void;
}

/** Two inputs and two outputs, of real numbers and of whole ones. */
export const twoTypes = parse(`graph sum of "sum"
  %a = input "a" : f32[2x3]
  %b = input "b" : i32[3]
  %f = cast(%b) to=f32 : f32[3]
  %y = binary(%a, %f) fn=add : f32[2x3]
  %z = binary(%b, %b) fn=add : i32[3]
return "sum"=%y, "twice"=%z
`);
