/** Bytes that an assembler file puts into the object code, under a name. */
import { bug } from '../../src/diagnostic.ts';
import type { Artefact, Render, Role } from '../../src/target.ts';

export interface Blob {
  readonly artefacts: readonly Artefact[];
  /** The file to assemble, and what that file includes as it is. */
  readonly source: string;
  readonly binary: string;
}

export interface BlobOf {
  /** Without an extension. */
  readonly file: string;
  readonly symbol: string;
  readonly role: Role;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function emitBlob({ file, symbol, role, bytes }: BlobOf, render: Render): Blob {
  if (!/^\w+$/.test(symbol)) bug(`"${symbol}" is no symbol`);
  // An empty one has a byte, so that its name stands for something.
  const contents = bytes.length > 0 ? bytes : new Uint8Array(1);
  const [source, binary] = [`${file}.S`, `${file}.bin`];
  return {
    artefacts: [
      {
        path: source,
        contents: render('c/blob.S.hbs', { symbol, binary, bytes: contents.length }),
        role: role === 'weights' ? 'source' : role,
      },
      { path: binary, contents, role },
    ],
    source,
    binary,
  };
}
