/** What the plugin may be told: in the bundler's config, for all models and for some, and in the query of an import. */
import { resolve } from 'node:path';
import type { Config } from '../config.ts';
import { configKeys, configSchema, issueText, matches } from '../config.ts';
import type { Report } from '../diagnostic.ts';
import { suggestion } from '../import/nearest.ts';
import type { PruneModelOptions } from '../make/prune.ts';

/** What a config file says that makes no sense where a bundler asks for a module. */
type Foreign = 'model' | 'cpu' | 'out' | 'sourceOnly' | 'prefix' | 'hardware';

/** How one model is compiled. Paths are relative to the bundler's root, in a query to the model's folder. */
export interface ModelOptions extends Omit<Config, Foreign | 'target'> {
  /** `wasm` unless given; `webgpu` has the same model as WebAssembly with it, for where there is no WebGPU. */
  readonly target?: ModuleTarget | undefined;
  /** What to call the graph, and so the files; made from the model's path unless given. */
  readonly name?: string | undefined;
  /** Weights to set to zero before anything else, e.g. `unstructured:0.8`, or as `prune` takes it. */
  readonly prune?: string | Omit<PruneModelOptions, 'out'> | undefined;
}

export interface PluginOptions extends ModelOptions {
  /** What single models are to be, by their path from the root or a glob; where several match, the last one wins. */
  readonly models?: Readonly<Record<string, ModelOptions>> | undefined;
  /** The folder of what was compiled before; `node_modules/.cache/espalier` beside the next package.json unless given. */
  readonly cache?: string | undefined;
  /** A file to write types to, exact ones for each model that is imported: it takes the place of `espalier/client`. */
  readonly types?: string | undefined;
}

/** What is built for these is a module that a page can load. */
const moduleTargets = ['wasm', 'webgpu'] as const;

export type ModuleTarget = (typeof moduleTargets)[number];

const isModuleTarget = (target: unknown): target is ModuleTarget => moduleTargets.some((name) => name === target);

const foreign: readonly string[] = ['model', 'cpu', 'out', 'sourceOnly', 'prefix', 'hardware'] satisfies Foreign[];

const own = ['name', 'prune'];

/** Options as they were written → as the compiler takes them, paths resolved. Undefined, and reported, if one makes no sense. */
export function checkedOptions(given: object, folder: string, report: Report): ModelOptions | undefined {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'plugin/option', message, hint });
  const { name, prune, target, ...rest } = given as ModelOptions;
  const refused = Object.keys(rest).find((key) => foreign.includes(key));
  if (refused !== undefined)
    return fail(
      `the option "${refused}" is not for modules`,
      'a module runs in pages and in Node, and where it goes the bundler says',
    );
  if (target !== undefined && !isModuleTarget(target))
    return fail(
      `the target "${String(target)}" is not for modules`,
      `modules are made for ${moduleTargets.join(' or ')}`,
    );
  if (name !== undefined && typeof name !== 'string') return fail('"name" is no text', 'write name=pose');
  if (prune !== undefined && typeof prune !== 'string' && typeof prune?.pattern !== 'string')
    return fail('"prune" is no pattern', 'write prune=unstructured:0.8, or see espalier prune --help');
  const { data, error } = configSchema.safeParse(rest);
  const [issue] = error?.issues ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const path = [...issue.path.map(String), issue.keys[0]].join('.');
    const known = [...configKeys.filter((key) => !foreign.includes(key)), ...own];
    return fail(`there is no option "${path}"`, suggestion(issue.keys[0], known) || `options are ${known.join(', ')}`);
  }
  if (issue || !data)
    return fail(
      `the option "${issue?.path.map(String).join('.')}" ${issue && issueText(issue)}`,
      'see the type PluginOptions',
    );
  const { target: _, ...plain } = data;
  return rooted(
    {
      ...plain,
      ...(target !== undefined && { target }),
      ...(name !== undefined && { name }),
      ...(prune !== undefined && { prune }),
    },
    folder,
  );
}

/** The options of one model: what holds for all, then what globs say, from the config of the bundler. */
export function optionsFor(path: string, { models = {}, cache: _, types: _types, ...all }: PluginOptions): object {
  const found = Object.entries(models).filter(([glob]) => matches(glob, path));
  return Object.assign({}, all, ...found.map(([, options]) => options));
}

/** `batch=2&shapes.input=1,240,320,3` → `{ batch: 2, shapes: { input: [1, 240, 320, 3] } }`. */
export function parseQuery(query: string): object {
  const options: Record<string, unknown> = Object.create(null);
  for (const [key, text] of new URLSearchParams(query)) {
    const [, group, member] = /^(\w+)\.(.+)$/.exec(key) ?? [];
    if (group === undefined) options[key] = valueOf(text);
    else options[group] = { ...(options[group] as object | undefined), [member]: valueOf(text) };
  }
  return { ...options };
}

const number = /^-?\d+(\.\d+)?(e-?\d+)?$/;

function valueOf(text: string): unknown {
  if (text === '' || text === 'true') return true;
  if (text === 'false') return false;
  const parts = text.split(',');
  if (!parts.every((part) => number.test(part))) return text;
  return parts.length === 1 ? Number(text) : parts.map(Number);
}

function rooted(options: ModelOptions, folder: string): ModelOptions {
  const path = (value: string): string => resolve(folder, value);
  const { masks, calibrate, constants, smartdeal, ...rest } = options;
  const values = Object.entries(constants ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' ? path(value) : value,
  ]);
  const { decomposition } = typeof smartdeal === 'object' ? smartdeal : {};
  return {
    ...rest,
    ...(masks !== undefined && { masks: path(masks) }),
    ...(calibrate !== undefined && { calibrate: calibrate.startsWith('random') ? calibrate : path(calibrate) }),
    ...(constants && { constants: Object.fromEntries(values) }),
    ...(smartdeal !== undefined && { smartdeal }),
    ...(decomposition !== undefined && { smartdeal: { ...(smartdeal as object), decomposition: path(decomposition) } }),
  };
}
