/** A model's path, as people give it → its graph. Only files inside the model's folder are read. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import type { ImportOptions } from '../import/importer.ts';
import { importModel } from '../import/index.ts';
import { nearest } from '../import/nearest.ts';
import type { Quality } from '../quantize/quantize.ts';
import type { Shape } from '../tensor/type.ts';
import type { ConstantOption, Constants } from './constants.ts';
import { readConstants } from './constants.ts';
import { openFile, readFile } from './files-in.ts';
import { manifestName } from './manifest.ts';
import { readMasks } from './masks.ts';
import type { QuantizeChoice } from './quantize.ts';
import { quantizeChoiceFor, quantizeWith } from './quantize.ts';
import type { SmartDealOptions } from './smartdeal.ts';
import { smartdealWith } from './smartdeal.ts';
import { exact, storedAs } from './storage.ts';
import { isSystemError, reasonOf } from './system-error.ts';

export interface LoadOptions extends QuantizeChoice {
  /** What to call the graph; made from the file's name unless given. */
  readonly name?: string | undefined;
  /** The size of a leading dimension that the model leaves open; 1 unless given. */
  readonly batch?: number | undefined;
  /** Whole shapes of inputs by name, for models that leave more open. */
  readonly shapes?: Readonly<Record<string, Shape>> | undefined;
  /** Values for inputs by name: an input that has one is none any longer. */
  readonly constants?: Readonly<Record<string, ConstantOption>> | undefined;
  /** The path of a file of masks by the name of a weight: `.npz` or `.json`. */
  readonly masks?: string | undefined;
  /** How weights of real numbers are rounded, so that artefacts store them in fewer bits: see `Config`. Not at all unless given. */
  readonly weights?: string | undefined;
  /** Whether weights are decomposed into powers of two, and how: see `Config`. */
  readonly smartdeal?: boolean | SmartDealOptions | undefined;
}

export interface LoadedModel {
  /** The model's own file: where a folder was given, the one found in it. */
  readonly file: string;
  /** Every file that the importer read, or looked for and did not find: what else in the folder changes matters to no one. */
  readonly files: readonly string[];
  readonly graph: Graph;
  /** What its inputs were fixed to. */
  readonly constants: Constants;
  /** What quantisation cost, where that was asked for: then the graph has been through the passes that make layers final. */
  readonly quality?: Quality;
  /** Where weights alone were rounded, for storage: to what. */
  readonly storage?: string;
  /** Then also the same in real numbers, with what quantises between them. */
  readonly inPairs?: () => Graph;
  /** A few of the data that it was calibrated with. */
  readonly samples?: readonly Named[];
}

/** Kinds of files that are models. */
const kinds = ['.json', '.onnx', '.graph'];

/** What the graph is for: some targets take the scales that a model has without being asked to. */
interface Purpose {
  readonly target?: string | undefined;
}

/** Reads the model at `path`: its file, or the folder that holds it. Undefined, with everything reported, if it cannot. */
export function loadModel(path: string, options: LoadOptions & Purpose, report: Report): LoadedModel | undefined {
  const file = modelFile(path, report);
  if (file === undefined) return undefined;
  const masks = options.masks === undefined ? undefined : readMasks(options.masks, report);
  if (options.masks !== undefined && !masks) return undefined;
  const constants = readConstants(options.constants ?? {}, report);
  if (!constants) return undefined;
  const { name, batch, shapes } = options;
  const given: ImportOptions = {
    ...(name !== undefined && { name }),
    ...(batch !== undefined && { batch }),
    ...(shapes && { shapes }),
    constants,
    ...(masks && { masks }),
  };
  const files = new Set([file]);
  const beside = (path: string): string => {
    const found = join(dirname(file), path);
    files.add(found);
    return found;
  };
  const graph = importModel(file, {
    read: (path) => readFile(beside(path)),
    open: (path) => openFile(beside(path)),
    report,
    options: given,
  });
  const { smartdeal = false, weights = exact } = options;
  if (graph && weights !== exact) {
    const stored = storedAs(graph, { ...options, weights }, report);
    return stored && { file, files: [...files], constants, ...stored };
  }
  const made =
    graph && smartdeal !== false ? smartdealWith(graph, smartdeal === true ? {} : smartdeal, report)?.graph : graph;
  if (!made) return undefined;
  const quantize = quantizeChoiceFor(made, options);
  if (quantize === undefined) return { file, files: [...files], graph: made, constants };
  const quantised = quantizeWith(made, { ...options, quantize }, report);
  return quantised && { file, files: [...files], constants, ...quantised };
}

function modelFile(path: string, report: Report): string | undefined {
  const fail = (code: string, message: string, hint: string): undefined =>
    void report({ severity: 'error', code, message, hint, origin: { file: path } });
  try {
    if (!existsSync(path))
      return fail(
        'import/missing-file',
        'there is no such file or folder',
        besides(path) || 'give the path of a "model.json" or of an ".onnx" file',
      );
    if (!statSync(path).isDirectory()) return path;
    if (existsSync(join(path, manifestName)))
      return fail(
        'import/not-a-model',
        'the folder is an output of espalier build, not a model',
        'give the model that it was built from, or run it with espalier run',
      );
    const names = readdirSync(path).filter((name) => kinds.includes(extname(name).toLowerCase()));
    const [only] = names.includes('model.json') ? ['model.json'] : names;
    if (only !== undefined && (only === 'model.json' || names.length === 1)) return join(path, only);
    return fail(
      'import/not-a-model',
      names.length === 0 ? 'the folder holds no model' : `the folder holds ${names.length} files that may be models`,
      `give the path of a file${names.length === 0 ? ': a "model.json" and its shards, or an ".onnx" file' : `, e.g. ${join(path, names[0])}`}`,
    );
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return fail('import/unreadable', `it cannot be read: ${reasonOf(error)}`, 'check who may read it');
  }
}

/** What a misspelt path may have meant: the first part that does not exist, as the entry that is most like it. */
function besides(path: string): string {
  const [above, part] = firstMissing(path);
  if (part === '' || !statSync(above).isDirectory()) return '';
  const rest = relative(join(above, part), path);
  const there = readdirSync(above).filter((name) => existsSync(join(above, name, rest)));
  const models = there.filter((name) => rest !== '' || [...kinds, ''].includes(extname(name).toLowerCase()));
  const meant = nearest(part, models);
  return meant === undefined ? '' : `did you mean "${join(above, meant, rest)}"?`;
}

/** The deepest folder on a path that exists, and the part below it that does not. */
function firstMissing(path: string): readonly [string, string] {
  const above = dirname(path);
  return existsSync(above) || above === path ? [above, basename(path)] : firstMissing(above);
}
