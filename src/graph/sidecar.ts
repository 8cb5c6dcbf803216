/**
 * The file beside a graph's text that holds its long constants: `NAME.graph.npz`, a numpy archive with the bytes of
 * each constant under its digest. `numpy.load(file)[digest].view('<f4')` are the numbers of one of type f32.
 */
import type { Unzipped } from 'fflate';
import { unzipSync, zipSync } from 'fflate';
import { dump, parse } from 'npyjs';
import type { Sidecar } from './print.ts';
import { digestOf } from './print.ts';

/** Where the constants of the text at `path` are. */
export const sidecarPath = (path: string): string => `${path}.npz`;

/** The first moment that an archive can name, in whichever zone it is read: the same constants give the same bytes. */
const epoch = new Date(1980, 0, 1);

export function packSidecar(sidecar: Sidecar): Uint8Array<ArrayBuffer> {
  const entries = [...sidecar].sort(([a], [b]) => (a < b ? -1 : 1));
  const files = entries.map(([digest, bytes]) => [`${digest}.npy`, new Uint8Array(dump(bytes, [bytes.length]))]);
  return zipSync(Object.fromEntries(files), { level: 1, mtime: epoch });
}

/** Reads what `packSidecar` wrote. Throws SyntaxError where it cannot, or where bytes are not those that a digest names. */
export function unpackSidecar(archive: Uint8Array): Sidecar {
  const sidecar = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [path, file] of Object.entries(unzip(archive))) {
    const digest = path.replace(/\.npy$/, '');
    const bytes = arrayIn(file, path);
    if (digestOf(bytes) !== digest) throw new SyntaxError(`the constant "${digest}" in the sidecar is damaged`);
    sidecar.set(digest, bytes);
  }
  return sidecar;
}

/** Deflate makes nothing larger than this many times its size: a file that claims more is a lie. */
const mostInflation = 1032;

function unzip(archive: Uint8Array): Unzipped {
  try {
    return unzipSync(archive, {
      filter: ({ size, originalSize }) => {
        if (originalSize > (size + 1) * mostInflation || size > archive.length)
          throw new SyntaxError('sizes are wrong');
        return true;
      },
    });
  } catch (error) {
    throw new SyntaxError(`the sidecar is not an archive that can be read: ${reasonOf(error)}`);
  }
}

function arrayIn(file: Uint8Array, path: string): Uint8Array<ArrayBuffer> {
  try {
    const { data } = parse(Uint8Array.from(file).buffer);
    if (data instanceof Uint8Array) return Uint8Array.from(data);
  } catch (error) {
    throw new SyntaxError(`"${path}" in the sidecar is not an array that can be read: ${reasonOf(error)}`);
  }
  throw new SyntaxError(`"${path}" in the sidecar is not an array of bytes`);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
