/** Files as importers take them: whole, or part by part. Undefined for whatever is no plain file that may be read. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import type { OpenFile } from '../import/open-file.ts';
import { isSystemError } from './system-error.ts';

export const readFile = (path: string): Uint8Array<ArrayBuffer> | undefined =>
  ifThere(() => {
    if (!statSync(path).isFile()) return undefined;
    const { buffer, byteOffset, byteLength } = readFileSync(path);
    // Small files come out of a pool that is shared, and whose offset need not suit wider numbers.
    return new Uint8Array(
      byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength),
    );
  });

/** The file is opened for each part anew, so that nobody has to close it. */
export const openFile = (path: string): OpenFile | undefined =>
  ifThere(() => {
    if (!statSync(path).isFile()) return undefined;
    const length = withFile(path, (file) => fstatSync(file).size);
    return { length, part: (from, to) => withFile(path, (file) => partOf(file, from, to)) };
  });

function withFile<T>(path: string, use: (file: number) => T): T {
  const file = openSync(path, 'r');
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

/** A file that got shorter meanwhile ends in zeros. */
function partOf(file: number, from: number, to: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(to - from);
  let done = 0;
  for (let n = 1; n > 0 && done < bytes.length; done += n)
    n = readSync(file, bytes, done, bytes.length - done, from + done);
  return bytes;
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
