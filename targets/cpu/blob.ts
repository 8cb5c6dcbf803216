/**
 * Constants as one read-only struct, every member at a cache line of its own. Small ones are spelled out in C; the
 * others lie in a binary of the struct's exact layout, which an assembler file puts into the object code.
 */

import { alignUp } from '../../src/plan/arena.ts';
import type { Artefact, Render, Role } from '../../src/target.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { bytesOf } from '../../src/tensor/numbers.ts';
import type { DType } from '../../src/tensor/type.ts';
import { ctype, printNumber } from '../c.ts';

export interface Member {
  readonly name: string;
  readonly dtype: DType;
  readonly data: Numbers;
}

export interface Blob {
  /** Without an extension. */
  readonly file: string;
  /** The C identifier of the struct and of its one value. */
  readonly symbol: string;
  readonly doc: string;
  readonly role: Role;
  readonly members: readonly Member[];
}

/** Bytes up to which constants are spelled out in C. */
const spelledOut = 8192;

export interface BlobFiles {
  readonly artefacts: readonly Artefact[];
  /** The file to compile. */
  readonly source: string;
  /** What that file includes as it is, if anything. */
  readonly binary: string | undefined;
}

export function emitBlob({ file, symbol, doc, role, members }: Blob, render: Render): BlobFiles {
  const bytes = members.reduce((total, m) => total + alignUp(m.data.byteLength), 0);
  const header = {
    guard: `${symbol.toUpperCase()}_H`,
    symbol,
    doc,
    bytes,
    members: members.map(({ name, dtype, data }) => ({ type: ctype[dtype], name, length: data.length })),
  };
  const declared: Artefact = {
    path: `${file}.h`,
    contents: render('cpu/blob.h.hbs', header),
    role: role === 'weights' ? 'header' : role,
  };
  const finite = members.every(({ data }) => !(data instanceof Float32Array) || data.every(Number.isFinite));
  if (bytes <= spelledOut && finite) {
    const view = { ...header, file, members: members.map((m) => ({ name: m.name, values: spelled(m) })) };
    const source = `${file}.c`;
    return {
      artefacts: [declared, { path: source, contents: render('cpu/blob.c.hbs', view), role }],
      source,
      binary: undefined,
    };
  }
  const source = `${file}.S`;
  const binary = `${file}.bin`;
  return {
    artefacts: [
      declared,
      {
        path: source,
        contents: render('c/blob.S.hbs', { ...header, binary }),
        role: role === 'weights' ? 'source' : role,
      },
      { path: binary, contents: bytesOfMembers(members, bytes), role },
    ],
    source,
    binary,
  };
}

function bytesOfMembers(members: readonly Member[], total: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(total);
  let at = 0;
  for (const { data } of members) {
    all.set(bytesOf(data), at);
    at += alignUp(data.byteLength);
  }
  return all;
}

/** Initialisers in lines of bearable length. */
function spelled({ dtype, data }: Member): string {
  const scalar = dtype === 'f32' ? 'f32' : 'i32';
  const numbers = Array.from(data, (v) => bare(printNumber(v, scalar)) + (dtype === 'u32' ? 'u' : ''));
  const perLine = dtype === 'f32' ? 8 : 16;
  const lines: string[] = [];
  for (let i = 0; i < numbers.length; i += perLine) lines.push(`    ${numbers.slice(i, i + perLine).join(', ')},`);
  return lines.join('\n');
}

const bare = (literal: string): string => (literal.startsWith('(') ? literal.slice(1, -1) : literal);
