/** Files of which a part can be had: models and their weights may be larger than what anyone wants to have in memory twice. */
import type { ImportContext } from './importer.ts';

export interface OpenFile {
  readonly length: number;
  /** The bytes from one place up to, not including, another; both lie in the file. */
  part(from: number, to: number): Uint8Array<ArrayBuffer>;
}

/** Opens a file beside the model; reads it whole where nothing else is offered. Undefined when there is none. */
export function openFile(path: string, { open, read }: Pick<ImportContext, 'open' | 'read'>): OpenFile | undefined {
  if (open) return open(path);
  const bytes = read(path);
  return bytes && { length: bytes.length, part: (from, to) => bytes.subarray(from, to) };
}

/** Small parts that lie beside each other are had together. */
export function buffered({ length, part }: OpenFile, size = 2 ** 16): OpenFile {
  let start = 0;
  let bytes = new Uint8Array(0);
  return {
    length,
    part(from, to) {
      if (to - from > size) return part(from, to);
      if (from < start || to > start + bytes.length) {
        start = from;
        bytes = part(from, Math.min(length, from + size));
      }
      return bytes.subarray(from - start, to - start);
    },
  };
}
