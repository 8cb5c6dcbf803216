/** Masks beside a model: which weights are kept, by the name of each weight. `.npz` as numpy saves it, or JSON. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { unzipSync } from 'fflate';
import { parse } from 'npyjs';
import type { Report } from '../diagnostic.ts';
import { isSystemError, reasonOf } from './system-error.ts';

export type Masks = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

type Flags = ArrayLike<number | bigint | boolean>;

/** 0 where a weight is dropped and 1 where it is kept, in the order of the weight in the model. Undefined after a report. */
export function readMasks(file: string, report: Report): Masks | undefined {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'import/masks', message, hint, origin: { file } });
  const kinds = 'give an .npz of arrays by the name of a weight, or JSON of lists of 0 and 1';
  try {
    const bytes = new Uint8Array(readFileSync(file));
    const kind = extname(file).toLowerCase();
    if (kind !== '.npz' && kind !== '.json') return fail(`masks are not read from "${kind}" files`, kinds);
    const found = kind === '.npz' ? fromNpz(bytes) : fromJson(bytes);
    if (typeof found === 'string') return fail(found, kinds);
    const masks = found.map(([name, flags]) => [name, asMask(flags)] as const);
    const odd = masks.find(([, mask]) => mask === undefined);
    if (odd) return fail(`the mask of "${odd[0]}" holds something other than 0 and 1`, kinds);
    return Object.fromEntries(masks) as Masks;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return fail(`the masks cannot be read: ${reasonOf(error)}`, kinds);
  }
}

/** A number that is not 0 or 1 is no answer to whether a weight is kept. */
function asMask(flags: Flags): Uint8Array<ArrayBuffer> | undefined {
  const mask = new Uint8Array(flags.length);
  for (let i = 0; i < mask.length; i++) {
    const flag = Number(flags[i]);
    if (flag !== 0 && flag !== 1) return undefined;
    mask[i] = flag;
  }
  return mask;
}

type Found = readonly (readonly [string, Flags])[] | string;

/** Bytes of one mask, once unpacked: more than any weight has numbers. */
const largest = 2 ** 31;

function tooLarge(size: number): never {
  throw new RangeError(`a mask takes ${size} bytes, and may take ${largest}`);
}

/** fflate and npyjs throw on files that are damaged. */
function fromNpz(bytes: Uint8Array): Found {
  try {
    const files = unzipSync(bytes, { filter: ({ originalSize }) => originalSize <= largest || tooLarge(originalSize) });
    return Object.entries(files).map(([name, entry]) => {
      const { data, shape, fortranOrder } = parse(Uint8Array.from(entry).buffer);
      if (fortranOrder && shape.length > 1) throw new Error('Fortran order');
      return [name.replace(/\.npy$/, ''), data as unknown as Flags] as const;
    });
  } catch (error) {
    return `the masks cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function fromJson(bytes: Uint8Array): Found {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'the masks are no JSON object';
    return Object.entries(json).map(([name, value]) => [name, flat(value)] as const);
  } catch (error) {
    return `the masks cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Lists may be nested as the weight's shape is. What is no number comes out as one that no mask holds. */
const flat = (value: unknown): Flags =>
  Array.isArray(value)
    ? value.flat(Infinity).map((v) => (typeof v === 'boolean' || typeof v === 'number' ? Number(v) : NaN))
    : [NaN];
