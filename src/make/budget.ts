/** How large what is shipped may be, and what takes the space in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { targets } from '../../targets/index.ts';
import type { Compiled } from '../compile.ts';
import { budgetPattern, budgetRule } from '../config.ts';
import type { Report } from '../diagnostic.ts';
import { visible } from '../diagnostic.ts';
import type { Arr } from '../loop/loop.ts';
import { bytesOf } from '../tensor/numbers.ts';
import type { Manifest } from './manifest.ts';

/** Bytes as they are, or as a server compresses each file. */
export type Counted = 'raw' | 'gzip' | 'brotli';

export interface Budget {
  readonly bytes: number;
  readonly counted: Counted;
}

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Undefined where the text is no size: see `budgetRule`. */
export function parseBudget(text: string): Budget | undefined {
  const [, number, unit = '', counted = 'raw'] = budgetPattern.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * units[unit.toLowerCase()]);
  return bytes > 0 ? { bytes, counted: counted.toLowerCase() as Counted } : undefined;
}

/** The budget of a build; undefined, and reported, if there can be none. */
export function budgetFor(
  text: string,
  { target, sourceOnly = false }: { readonly target: string; readonly sourceOnly?: boolean | undefined },
  report: Report,
): Budget | undefined {
  const fail = (code: string, message: string, hint: string): undefined =>
    void report({ severity: 'error', code, message, hint });
  const budget = parseBudget(text);
  if (!budget) return fail('budget/unknown', `the budget cannot be "${text}"`, `it ${budgetRule}`);
  if (targets.some(({ name, hardwareFault }) => name === target && hardwareFault))
    return fail(
      'budget/target',
      `the target "${target}" ships no files, and a budget of ${text} is given`,
      'leave out --budget; --lut, --dsp and --bram are budgets of hardware',
    );
  if (sourceOnly)
    return fail(
      'budget/no-binary',
      `sources alone are written, and the size of the binary is to be at most ${text}`,
      'leave out --budget, or --source-only',
    );
  return budget;
}

/** What takes space: the constants of a layer, or everything that is no constant. */
export interface Share {
  /** As the user named the layer, not to be trusted; null for what is no layer's. */
  readonly layer: string | null;
  readonly what: string;
  readonly raw: number;
  /** By itself, quickly: what a server makes of the whole is a little less. */
  readonly brotli: number;
}

/** What people download or install. */
export interface Weighed {
  readonly budget: Budget;
  readonly files: readonly { readonly path: string; readonly raw: number; readonly counted: number }[];
  /** As the budget counts. */
  readonly bytes: number;
  /** The largest first. Only of what is over its budget. */
  readonly shares: readonly Share[];
}

/** The files that a page or a program needs: not sources, types, examples and checks. */
export function shippedFiles({ files }: Pick<Manifest, 'files'>): readonly string[] {
  const made = files.filter(({ role }) => role === 'binary').map(({ path }) => path);
  const shaders = made.filter((path) => path.endsWith('.wgsl'));
  // What lies in a folder beside them is loaded in their place.
  if (shaders.length > 0)
    return [
      ...shaders,
      ...files
        .filter(({ path, role }) => !path.includes('/') && (role === 'binding' || role === 'weights'))
        .map(({ path }) => path),
    ];
  const modules = made.filter((path) => path.endsWith('.wasm'));
  if (modules.length > 0) {
    const beside = files.filter(({ role }) => role === 'binding' || role === 'weights');
    return [...modules, ...beside.map(({ path }) => path)];
  }
  const libraries = made.filter((path) => path.endsWith('.so'));
  return libraries.length > 0 ? libraries : made.filter((path) => path.endsWith('.o'));
}

/** What a folder ships, held against a budget. Undefined, and reported, if that cannot be known. */
export function weigh(
  folder: string,
  manifest: Manifest,
  compiled: Pick<Compiled, 'plan'>,
  budget: Budget,
  report: Report,
): Weighed | undefined {
  const paths = shippedFiles(manifest);
  if (paths.length === 0)
    return void report({
      severity: 'error',
      code: 'budget/no-binary',
      message: 'there is no binary, and its size is to be held against a budget',
      hint: 'leave out --budget, or install a compiler',
    });
  const files = paths.map((path) => {
    const bytes = readFileSync(join(folder, path));
    return { path, raw: bytes.length, counted: countedAs(budget.counted, bytes) };
  });
  const bytes = files.reduce((sum, file) => sum + file.counted, 0);
  const isOver = bytes > budget.bytes;
  return { budget, files, bytes, shares: isOver ? sharesOf(folder, files, compiled) : [] };
}

function countedAs(counted: Counted, bytes: Uint8Array): number {
  if (counted === 'raw') return bytes.length;
  return counted === 'gzip' ? gzipSync(bytes, { level: 9 }).length : brotli(bytes, best);
}

/** As servers have it whose files are compressed once. */
const best = 11;
/** Beyond so many bytes the best takes minutes for a few hundredths. */
const mostBest = 8 << 20;
const quick = 5;

function brotli(bytes: Uint8Array, quality: number): number {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: bytes.length > mostBest ? Math.min(quality, 9) : quality,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).length;
}

function sharesOf(folder: string, files: Weighed['files'], { plan }: Pick<Compiled, 'plan'>): readonly Share[] {
  const stored = new Map(
    plan.constants.map(({ array, data, stored }) => [
      array,
      stored?.pieces.map(({ bytes }) => bytes) ?? [bytesOf(data)],
    ]),
  );
  const shares = plan.steps.flatMap(({ call, reads, work }): readonly Share[] => {
    // What layers share is said of the first.
    const own = reads.flatMap((array) => taken(array, stored));
    if (own.length === 0) return [];
    const bytes = Buffer.concat(own);
    const what = work.kind === 'routines' ? `${call.op.kind}, ${work.kernel}` : call.op.kind;
    return [{ layer: call.origin ?? call.id, what, raw: bytes.length, brotli: brotli(bytes, quick) }];
  });
  const all = files.map(({ path }) => brotli(readFileSync(join(folder, path)), quick));
  const rest = {
    raw: files.reduce((sum, { raw }) => sum + raw, 0) - shares.reduce((sum, share) => sum + share.raw, 0),
    brotli: all.reduce((sum, bytes) => sum + bytes, 0) - shares.reduce((sum, share) => sum + share.brotli, 0),
  };
  const code = { layer: null, what: 'code', raw: Math.max(0, rest.raw), brotli: Math.max(0, rest.brotli) };
  return [...shares, code].sort((a, b) => b.raw - a.raw);
}

function taken(array: Arr, stored: Map<Arr, readonly Uint8Array[]>): readonly Uint8Array[] {
  const pieces = stored.get(array) ?? [];
  stored.delete(array);
  return pieces;
}

/** Whether it fits; reported if not. */
export function fits({ budget, bytes, shares }: Weighed, report: Report): boolean {
  if (bytes <= budget.bytes) return true;
  const [largest] = shares;
  const as = budget.counted === 'raw' ? '' : ` as ${budget.counted}`;
  const most = largest.layer === null ? largest.what : `"${visible(largest.layer)}"`;
  report({
    severity: 'error',
    code: 'budget/over',
    message: `what is shipped takes ${bytes} bytes${as}, and the budget is ${budget.bytes}`,
    hint: `most is taken by ${most}, ${largest.raw} bytes; --weights f16 or int8 rounds weights, espalier prune sets some to zero`,
  });
  return false;
}
