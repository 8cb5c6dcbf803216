/** The weights of a TensorFlow.js model, by name: checked against the bytes that are there, then decoded. */
import type { Report } from '../../diagnostic.ts';
import type { Numbers } from '../../tensor/numbers.ts';
import type { Quantised, Quantity } from '../../tensor/quantity.ts';
import type { Shape } from '../../tensor/type.ts';
import type { ImportContext } from '../importer.ts';
import { suggestion } from '../nearest.ts';
import { readShards } from '../shards.ts';
import type { Decoded } from './decode.ts';
import { decode } from './decode.ts';
import type { Manifest, WeightEntry } from './json.ts';

export interface Weight {
  readonly dtype: 'f32' | 'i32';
  readonly shape: Shape;
  readonly data: Numbers;
  readonly mask?: Uint8Array<ArrayBuffer>;
  readonly quantity?: Quantity;
}

const bytesPer: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };
const readable = ['float32', 'int32', 'bool'];

/** Every weight, or undefined after reports of everything that is wrong with them. */
export function readWeights(
  manifest: Manifest,
  file: string,
  context: ImportContext,
): ReadonlyMap<string, Weight> | undefined {
  if (!checkNames(manifest, file, context.report)) return undefined;
  let complete = true;
  const weights = new Map<string, Weight>();
  for (const { paths, weights: entries } of manifest) {
    const bytes = readShards(paths, file, context);
    const fits = bytes !== undefined && checkSizes(entries, paths, bytes.length, file, context.report);
    if (!fits) {
      complete = false;
      continue;
    }
    let at = 0;
    for (const entry of entries) {
      const length = byteLength(entry);
      weights.set(entry.name, weightOf(entry, decode(bytes.subarray(at, at + length), entry)));
      at += length;
    }
  }
  if (!complete) return undefined;
  for (const [name, { data }] of weights) warnOfStrangeNumbers(name, data, file, context.report);
  return withMasks(weights, file, context);
}

/** Bytes that a weight takes in its shard; NaN where that is not known or beyond counting. */
function byteLength({ shape, dtype, quantization }: WeightEntry): number {
  const count = shape.reduce((n, d) => n * d, 1);
  const bytes = count * (bytesPer[quantization?.dtype ?? dtype] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : Number.NaN;
}

function checkNames(manifest: Manifest, file: string, report: Report): boolean {
  const names = new Set<string>();
  let fine = true;
  const fault = (name: string, code: string, message: string, hint: string): void => {
    fine = false;
    report({ severity: 'error', code, message, origin: { file, name }, hint });
  };
  for (const { weights } of manifest)
    for (const { name, dtype, quantization } of weights) {
      if (names.has(name))
        fault(name, 'import/duplicate-name', 'two weights have this name', 'rename one of them in "weightsManifest"');
      names.add(name);
      if (!readable.includes(dtype))
        fault(
          name,
          'import/dtype',
          `weights of type "${dtype}" are not read; those of type ${readable.join(', ')} are`,
          'take the part of the model that uses it out of the graph, and convert the model again',
        );
      else if (quantization && (dtype === 'bool' || (dtype === 'int32' && quantization.dtype === 'float16')))
        fault(
          name,
          'import/dtype',
          `weights of type "${dtype}" cannot be stored as "${quantization.dtype}"`,
          'convert the model again, or mend "weightsManifest"',
        );
    }
  return fine;
}

/** Before anything is allocated: whether the weights of a group take exactly the bytes that its shards have. */
function checkSizes(
  entries: readonly WeightEntry[],
  paths: readonly string[],
  have: number,
  file: string,
  report: Report,
): boolean {
  const shards = paths.map((p) => `"${p}"`).join(', ') || 'no shards';
  let at = 0;
  for (const entry of entries) {
    const length = byteLength(entry);
    if (!(at + length <= have)) {
      report({
        severity: 'error',
        code: 'import/shard-size',
        message: `a weight of shape [${entry.shape.join(', ')}] ends beyond its shards: ${shards} has ${have} bytes, and ${
          Number.isNaN(length) ? 'more than can be counted' : at + length
        } are needed`,
        origin: { file, name: entry.name },
        hint: 'the shard is truncated or the shape in "weightsManifest" is wrong: download or convert the model again',
      });
      return false;
    }
    at += length;
  }
  if (at === have) return true;
  report({
    severity: 'error',
    code: 'import/shard-size',
    message: `${shards} has ${have} bytes, and the weights in it take ${at}`,
    origin: { file },
    hint: 'the shard belongs to another "model.json", or shapes and types in "weightsManifest" are wrong',
  });
  return false;
}

function weightOf(entry: WeightEntry, data: Decoded): Weight {
  const { shape, dtype } = entry;
  if (dtype === 'float32')
    return { dtype: 'f32', shape, ...(inSteps(entry, data) ?? { data: Float32Array.from(data) }) };
  // A truth value is 0 or 1, and there are bytes in the world that are neither.
  return { dtype: 'i32', shape, data: Int32Array.from(data, dtype === 'bool' ? (v) => Number(v !== 0) : undefined) };
}

/** How far from a whole number the zero of weights may be that were stored with one: the file says it in decimals. */
const nearlyWhole = 2 ** -20;

/**
 * Weights stored as bytes or pairs of them that count from a whole zero, in steps of a scale that is rounded to f32: no
 * further off than the weights themselves are, rounded. Vectors are left as they are: nothing stores them in steps.
 */
function inSteps({ shape, quantization }: WeightEntry, data: Decoded): Quantised | undefined {
  if (!quantization || quantization.dtype === 'float16' || shape.length < 2) return undefined;
  const { min } = quantization;
  const scale = Math.fround(quantization.scale);
  const zero = Math.round(-min / quantization.scale) + 0;
  const isNear = Math.abs(-min / quantization.scale - zero) <= nearlyWhole;
  if (!isNear || !(scale > 0 && scale < Infinity) || Math.abs(zero) > mostZero) return undefined;
  const steps = Float32Array.from(data, (value) => Math.round(value / quantization.scale) * scale + 0);
  return { data: steps, quantity: { scale: [scale], zero: [zero], axis: -1 } };
}

/** What two bytes count. */
const mostZero = 65535;

function warnOfStrangeNumbers(name: string, data: Numbers, file: string, report: Report): void {
  let [nan, infinite] = [0, 0];
  for (const value of data) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) infinite++;
  }
  if (nan + infinite === 0) return;
  report({
    severity: 'warning',
    code: 'import/not-finite',
    message: `of ${data.length} numbers ${nan} are NaN and ${infinite} are infinite; they are kept`,
    origin: { file, name },
    hint: 'outputs that depend on them will be NaN or infinite too',
  });
}

/** The weights with the masks that the caller gave; a weight that is not kept becomes 0. */
function withMasks(
  weights: ReadonlyMap<string, Weight>,
  file: string,
  { report, options }: ImportContext,
): ReadonlyMap<string, Weight> | undefined {
  const masked = new Map(weights);
  let complete = true;
  const fault = (name: string, message: string, hint: string): void => {
    complete = false;
    report({ severity: 'error', code: 'import/mask', message, origin: { file, name }, hint });
  };
  for (const [name, given] of Object.entries(options.masks ?? {})) {
    const weight = weights.get(name);
    if (!weight)
      fault(name, 'there is a mask for a weight that the model does not have', suggestion(name, weights.keys()));
    else if (weight.dtype !== 'f32') fault(name, 'there is a mask for a weight of whole numbers', 'leave the mask out');
    else if (given.length !== weight.data.length)
      fault(
        name,
        `the mask has ${given.length} elements and the weight ${weight.data.length}`,
        `the weight has the shape [${weight.shape.join(', ')}], and a mask has one element for each of its`,
      );
    else {
      const mask = given.map((kept) => (kept === 0 ? 0 : 1));
      masked.set(name, { ...weight, mask, data: Float32Array.from(weight.data, (v, i) => (mask[i] === 1 ? v : 0)) });
    }
  }
  return complete ? masked : undefined;
}
