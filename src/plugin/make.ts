/** A request → the folder of what it was compiled to, from the cache or through the library. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import type { BuildModelOptions, Imported, LoadOptions, Model, Result } from '../index.ts';
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
  const { masks, batch, shapes, constants, name } = options;
  const plain = { masks, batch, shapes, constants, name };
  const imported = await library.importModel(model, plain);
  if (!imported.ok) return fail(imported.diagnostics);
  const files = [...new Set([...imported.files.map((file) => resolve(file)), ...filesOf(options)])];
  const folder = outputFolder(cache, wanted, files);
  const before = outputIn(folder);
  if (before) {
    keep(cache, wanted, files, folder);
    return { ok: true, output: before, isNew: false, diagnostics: [], files };
  }
  const graph = await prepared(library, imported, model, options, `${folder}.graph`);
  if (!graph.ok) return fail(graph.diagnostics);
  const built = await library.build(graph.graph, { ...compiling(options), target: 'wasm', out: folder, force: true });
  if (!built.ok) return fail(built.diagnostics);
  keep(cache, wanted, files, folder);
  return { ok: true, output: { folder, manifest: built.manifest }, isNew: true, diagnostics: built.diagnostics, files };
}

type Library = typeof import('../index.ts');

/** The graph to compile: pruned and quantised, where that is wanted. */
async function prepared(
  library: Library,
  imported: Imported,
  model: string,
  options: ModelOptions,
  scratch: string,
): Promise<Result<{ readonly graph: Exclude<Model, string> }>> {
  const { prune, quantize, calibrate, calibrateRange, smartdeal } = options;
  const quantising = { quantize, calibrate, calibrateRange };
  const plain: Result<{ readonly graph: Exclude<Model, string> }> = {
    ok: true,
    diagnostics: [],
    graph: imported.graph,
  };
  if (prune === undefined) {
    if (quantize === undefined && (smartdeal ?? false) === false) return plain;
    const { masks, batch, shapes, constants, name } = options;
    return library.importModel(model, {
      masks,
      batch,
      shapes,
      constants,
      name,
      smartdeal,
      ...quantising,
    } as LoadOptions);
  }
  const how = typeof prune === 'string' ? { pattern: prune } : prune;
  const pruned = await library.prune(imported.graph, { ...how, out: scratch });
  for (const file of pruned.ok ? pruned.files : []) rmSync(join(dirname(scratch), file.path), { force: true });
  if (!pruned.ok || quantize === undefined) return pruned;
  return library.quantize(pruned.graph, quantising);
}

/** What is left of the options once there is a graph: what its target takes. */
function compiling(options: ModelOptions): Partial<BuildModelOptions> {
  const {
    name: _name,
    prune: _prune,
    batch: _batch,
    shapes: _shapes,
    constants: _constants,
    masks: _masks,
    quantize: _quantize,
    calibrate: _calibrate,
    calibrateRange: _range,
    smartdeal: _smartdeal,
    ...rest
  } = options;
  const said = Object.entries(rest).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as Partial<BuildModelOptions>;
}

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
