/** A request → the folder of what it was compiled to, from the cache or through the library. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import type { BuildModelOptions, Built, Graph, Result } from '../index.ts';
import type { Cache, Output, Wanted } from './cache.ts';
import { find, keep, outputFolder, outputIn } from './cache.ts';
import type { ModelOptions } from './options.ts';

export interface Made {
  readonly ok: true;
  readonly output: Output;
  readonly diagnostics: readonly Diagnostic[];
  /** Whether it was not in the cache. */
  readonly isNew: boolean;
  /** All that it was made of: if one of them changes, it has to be made again. */
  readonly files: readonly string[];
}

export interface NotMade {
  readonly ok: false;
  readonly diagnostics: readonly Diagnostic[];
  /** Where the fault may be: if one of them changes, it is worth another try. */
  readonly files: readonly string[];
}

/** Compiles unless the very same was compiled before. */
export async function make(cache: Cache, wanted: Wanted): Promise<Made | NotMade> {
  const known = find(cache, wanted);
  if (known) return { ok: true, output: known, isNew: false, diagnostics: [], files: known.files };
  const { options } = wanted;
  // Messages name files, and people know them from where they stand.
  const model = relative('', wanted.path) || '.';
  const fail = (diagnostics: readonly Diagnostic[]): NotMade => ({ ok: false, diagnostics, files: around(wanted) });
  const library = await import('../index.ts');
  const { name, batch, shapes, constants, masks, prune, target: asked = 'wasm', ...rest } = options;
  const reading = { name, batch, shapes, constants, masks };
  const imported = await library.importModel(model, reading);
  if (!imported.ok) return fail(imported.diagnostics);
  const files = [...new Set([...imported.files.map((file) => resolve(file)), ...filesOf(options)])];
  const folder = outputFolder(cache, wanted, files);
  const before = outputIn(folder);
  if (before) {
    keep(cache, wanted, files, folder);
    return { ok: true, output: before, isNew: false, diagnostics: [], files };
  }
  const target = { target: asked, out: folder, force: true };
  const built =
    prune === undefined
      ? await library.build(model, { ...said({ ...reading, ...rest }), ...target })
      : await buildPruned(library, imported.graph, prune, { ...said(rest), ...target });
  if (!built.ok) return fail(built.diagnostics);
  keep(cache, wanted, files, folder);
  return { ok: true, output: { folder, manifest: built.manifest }, isNew: true, diagnostics: built.diagnostics, files };
}

type Library = typeof import('../index.ts');

/** What is left to do with a pruned model is done as if somebody had pruned it before: it is a file for a while. */
async function buildPruned(
  library: Library,
  graph: Graph,
  prune: NonNullable<ModelOptions['prune']>,
  options: BuildModelOptions,
): Promise<Result<Built>> {
  const how = typeof prune === 'string' ? { pattern: prune } : prune;
  const out = `${options.out}.graph`;
  const pruned = await library.prune(graph, { ...how, out });
  if (!pruned.ok) return pruned;
  const built = await library.build(out, options);
  for (const { path } of pruned.files) rmSync(join(dirname(out), path), { force: true });
  return built;
}

/** Options that are given, as the library takes them: without those that are undefined. */
const said = (options: object): Partial<BuildModelOptions> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** Files that options name; of a folder, those in it. */
function filesOf({ masks, calibrate, constants, smartdeal }: ModelOptions): readonly string[] {
  const { decomposition } = typeof smartdeal === 'object' ? smartdeal : {};
  return [masks, calibrate, decomposition, ...Object.values(constants ?? {})]
    .filter((path) => typeof path === 'string')
    .flatMap((path) => (isFolder(path) ? filesIn(path) : existsSync(path) ? [path] : []));
}

/** Whoever mends a model replaces its file or one beside it. */
function around({ path, options }: Wanted): readonly string[] {
  const folder = isFolder(path) ? path : dirname(path);
  return [...new Set([path, ...(isFolder(folder) ? filesIn(folder).slice(0, mostBeside) : []), ...filesOf(options)])];
}

const mostBeside = 64;

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name));
