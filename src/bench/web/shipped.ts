/** What people download: bytes as they are and as servers compress them, code apart from weights. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Shipped } from './kit.ts';

export interface Sizes {
  readonly raw: number;
  readonly gzip: number;
  readonly brotli: number;
}

export interface Shipment {
  readonly code: Sizes;
  readonly weights: Sizes;
}

/** Each file by itself, as a server sends it. */
export async function shipmentOf(files: readonly Shipped[]): Promise<Shipment> {
  let [code, weights] = [nothing, nothing];
  for (const { path, role } of files) {
    const bytes = new Uint8Array(await readFile(path));
    const parts = role === 'module' ? takenApart(bytes) : { code: [], weights: [], [role]: [bytes] };
    code = sum(code, await sizesOf(Buffer.concat(parts.code)));
    weights = sum(weights, await sizesOf(Buffer.concat(parts.weights)));
  }
  return { code, weights };
}

const nothing: Sizes = { raw: 0, gzip: 0, brotli: 0 };

export const sum = (a: Sizes, b: Sizes): Sizes => ({
  raw: a.raw + b.raw,
  gzip: a.gzip + b.gzip,
  brotli: a.brotli + b.brotli,
});

/** Brotli at its best takes minutes for what this takes seconds for, and saves a tenth of the bytes. */
const quality = { fine: 9, coarse: 5, most: 32 << 20 };

export async function sizesOf(bytes: Uint8Array): Promise<Sizes> {
  if (bytes.length === 0) return nothing;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: bytes.length > quality.most ? quality.coarse : quality.fine,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const [zipped, brotli] = await Promise.all([
    promisify(gzip)(bytes, { level: 6 }),
    promisify(brotliCompress)(bytes, { params }),
  ]);
  return { raw: bytes.length, gzip: zipped.length, brotli: brotli.length };
}

interface Apart {
  readonly code: readonly Uint8Array[];
  readonly weights: readonly Uint8Array[];
}

/** What is in sections of data is weights, and everything else of a WebAssembly module is code. */
const dataSection = 11;

/** A module, of which we know that it is one. */
export function takenApart(bytes: Uint8Array): Apart {
  const [code, weights] = [[bytes.subarray(0, 8)], [] as Uint8Array[]];
  for (let at = 8; at < bytes.length; ) {
    const { value, next } = unsigned(bytes, at + 1);
    const end = next + value;
    (bytes[at] === dataSection ? weights : code).push(bytes.subarray(at, end));
    at = end;
  }
  return { code, weights };
}

/** LEB128. */
function unsigned(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return { value, next: at };
  }
}

/** Milliseconds that so many bytes take: nothing but their number, without the time that a server takes to answer. */
export const downloadMs = ({ code, weights }: Shipment, bitsPerSecond: number): number =>
  (8000 * (code.brotli + weights.brotli)) / bitsPerSecond;
