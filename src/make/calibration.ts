/** Calibration data, as people have it: arrays by the name of an input in an .npz file, or a folder of arrays or pictures. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { Graph, Input } from '../graph/graph.ts';
import { randomInputs } from '../graph/samples.ts';
import { suggestion } from '../import/nearest.ts';
import { spread } from '../quantize/runs.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { zeros } from '../tensor/numbers.ts';
import type { Shape } from '../tensor/type.ts';
import { elements, sameShape } from '../tensor/type.ts';
import type { NpyFile } from './npy.ts';
import { parsed } from './npy.ts';
import { readPng } from './png.ts';
import type { Range } from './range.ts';
import { isSystemError, reasonOf } from './system-error.ts';

export interface CalibrationOptions {
  /** At most so many samples, spread over all there are. */
  readonly samples: number;
  /** What black and white in pictures become. */
  readonly range: Range;
}

const kinds =
  'give an .npz file with an array for each input, a folder of .npy, .npz or .png files, or random:SEED to try things out';

/** Thrown and caught in this file alone: what is wrong with the data, and what to do. */
class Unfit extends Error {
  readonly hint: string;
  readonly file: string | undefined;
  constructor(message: string, hint: string, file?: string) {
    super(message);
    this.hint = hint;
    this.file = file;
  }
}

/** Whether the data is no data, but random numbers. */
export const isDrawn = (path: string): boolean => /^random(?::\d{1,9})?$/.test(path);

/** Values for all inputs, each for one run. Undefined after a report. */
export function readCalibration(
  path: string,
  graph: Graph,
  options: CalibrationOptions,
  report: Report,
): readonly Named[] | undefined {
  const inputs = graph.nodes.filter((n): n is Input => n.kind === 'input');
  try {
    if (isDrawn(path)) return drawn(graph, Number(path.split(':')[1] ?? 1), options);
    return joined(read(path, inputs, options), inputs, options);
  } catch (error) {
    if (!(error instanceof Unfit) && !isSystemError(error)) throw error;
    const [message, hint, file] =
      error instanceof Unfit
        ? [error.message, error.hint, error.file ?? path]
        : [`the calibration data cannot be read: ${reasonOf(error)}`, kinds, path];
    return void report({ severity: 'error', code: 'quantize/calibration', message, hint, origin: { file } });
  }
}

/** Random numbers say little about what a model is used for: a few are enough. */
const mostDrawn = 16;

const drawn = (graph: Graph, seed: number, { samples }: CalibrationOptions): readonly Named[] =>
  Array.from({ length: Math.min(samples, mostDrawn) }, (_, i) => randomInputs(graph, seed + 1000 * i));

/** An array of samples for one input. */
interface Stack {
  readonly count: number;
  readonly sample: (i: number) => Numbers;
}

type Stacks = ReadonlyMap<string, readonly Stack[]>;

function read(path: string, inputs: readonly Input[], options: CalibrationOptions): Stacks {
  if (!existsSync(path)) throw new Unfit('there is no such file or folder', kinds);
  if (!statSync(path).isDirectory()) return readFile(path, inputs, options);
  const names = readdirSync(path)
    .filter((name) => ['.npy', '.npz', '.png'].includes(extname(name).toLowerCase()))
    .sort();
  if (names.length === 0) throw new Unfit('the folder holds no .npy, .npz or .png file', kinds);
  const stacks = new Map<string, Stack[]>();
  for (const name of names)
    for (const [input, found] of readFile(join(path, name), inputs, options))
      stacks.set(input, [...(stacks.get(input) ?? []), ...found]);
  return stacks;
}

function readFile(file: string, inputs: readonly Input[], { range }: CalibrationOptions): Stacks {
  const bytes = new Uint8Array(readFileSync(file));
  const kind = extname(file).toLowerCase();
  const stem = basename(file, extname(file));
  if (kind === '.npz') return fromNpz(bytes, file, inputs);
  const named = inputs.find((input) => input.name === stem);
  if (!named && inputs.length > 1)
    throw new Unfit(`"${stem}" is no input, and the model has ${inputs.length}`, namesOf(inputs), file);
  const [input] = named ? [named] : inputs;
  if (kind === '.png') {
    if (input.type.dtype !== 'f32')
      throw new Unfit(`it is a picture, and the input takes ${input.type.dtype}`, kinds, file);
    const picture = readPng(bytes, input.type.shape, range);
    if (typeof picture === 'string') throw new Unfit(`it ${picture}`, 'all pictures are what the input takes', file);
    return new Map([[input.name, [{ count: 1, sample: () => picture }]]]);
  }
  if (kind !== '.npy') throw new Unfit(`calibration data is not read from "${kind}" files`, kinds, file);
  return new Map([[input.name, [stackOf(parsed(bytes), 'it', input, file)]]]);
}

/** Bytes of one array, once unpacked. */
const largest = 2 ** 31;

function fromNpz(bytes: Uint8Array, file: string, inputs: readonly Input[]): Stacks {
  const arrays = new Map<string, Uint8Array>();
  try {
    for (const [name, data] of Object.entries(
      unzipSync(bytes, { filter: ({ originalSize }) => originalSize <= largest }),
    ))
      arrays.set(name.replace(/\.npy$/, ''), data);
  } catch {
    throw new Unfit('it is no .npz file that can be read', 'save it with numpy.savez(file, NAME=array)', file);
  }
  const names = [...arrays.keys()];
  const only = inputs.length === 1 && names.length === 1;
  return new Map(
    inputs.map((input) => {
      const name = only ? names[0] : input.name;
      const data = arrays.get(name);
      if (!data)
        throw new Unfit(
          `it has no array for the input "${input.name}"`,
          suggestion(input.name, names) || `its arrays are ${names.map((n) => `"${n}"`).join(', ') || 'none'}`,
          file,
        );
      return [input.name, [stackOf(parsed(data), `the array "${name}"`, input, file)]];
    }),
  );
}

/** Samples stand one after the other along a first axis, with a batch of their own or without. */
function stackOf(array: NpyFile | undefined, what: string, { name, type }: Input, file: string): Stack {
  const fail = (message: string, hint: string): never => {
    throw new Unfit(`${what} ${message}`, hint, file);
  };
  if (!array) return fail('is no array that can be read', 'save it with numpy.save or numpy.savez');
  const { data, shape, dtype, fortranOrder } = array;
  const takes = `the input "${name}" takes ${type.dtype} [${type.shape.join(', ')}]`;
  if (fortranOrder && shape.length > 1) return fail('is in Fortran order', 'save it with numpy.ascontiguousarray');
  const isReal = /^<?f/.test(dtype);
  if (type.dtype === 'f32' && !isReal)
    return fail(
      `holds ${dtype}, and ${takes}`,
      'scale it as the model is given it, and save it with astype("float32")',
    );
  if (type.dtype === 'i32' && !/^<?[iu]/.test(dtype))
    return fail(`holds ${dtype}, and ${takes}`, 'save it with astype("int32")');
  const size = elements(type.shape);
  const count = countOf(shape, type.shape);
  if (count === undefined || data.length !== elements(shape))
    return fail(
      `has shape [${shape.join(', ')}], and ${takes}`,
      'put samples one after the other along a first axis, each of the shape of the input',
    );
  if (count === 0) return fail('holds no sample', 'give some inputs like those that the model is used with');
  return {
    count,
    sample(i) {
      const numbers = zeros(type.dtype, size);
      for (let k = 0; k < size; k++) numbers[k] = Number(data[i * size + k]);
      return numbers;
    },
  };
}

const withoutOnes = (shape: Shape): Shape => shape.filter((d) => d !== 1);
const isLike = (a: Shape, b: Shape): boolean => sameShape(withoutOnes(a), withoutOnes(b));

/** How many samples of a shape an array holds; sizes of 1 may be left out. */
function countOf(array: Shape, sample: Shape): number | undefined {
  if (array.length > 0 && isLike(array.slice(1), sample)) return array[0];
  if (isLike(array, sample)) return 1;
  const [batch, ...rest] = sample;
  const fits = array.length > 0 && isLike(array.slice(1), rest) && array[0] % batch === 0;
  return fits ? array[0] / batch : undefined;
}

function joined(stacks: Stacks, inputs: readonly Input[], { samples }: CalibrationOptions): readonly Named[] {
  const counts = inputs.map(({ name }) => (stacks.get(name) ?? []).reduce((sum, { count }) => sum + count, 0));
  for (const [i, { name }] of inputs.entries()) {
    if (counts[i] === 0) throw new Unfit(`there is nothing for the input "${name}"`, namesOf(inputs));
    if (counts[i] !== counts[0])
      throw new Unfit(
        `the input "${inputs[0].name}" has ${counts[0]} samples, and "${name}" has ${counts[i]}`,
        'give as many of each: they are run together, in order',
      );
  }
  const picked = spread(
    Array.from({ length: counts[0] ?? 0 }, (_, i) => i),
    samples,
  );
  return picked.map((at) => Object.fromEntries(inputs.map(({ name }) => [name, sampleAt(stacks.get(name) ?? [], at)])));
}

function sampleAt(stacks: readonly Stack[], at: number): Numbers {
  let left = at;
  for (const { count, sample } of stacks) {
    if (left < count) return sample(left);
    left -= count;
  }
  throw new RangeError(`there is no sample ${at}`);
}

const namesOf = (inputs: readonly Input[]): string =>
  `name files or arrays as the inputs: ${inputs.map(({ name }) => `"${name}"`).join(', ')}`;
