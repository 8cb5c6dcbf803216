/** Element types of tensor cores: how numbers are stored, and the instructions that multiply them. */
import { toBfloat16 } from '../../../src/tensor/bfloat16.ts';
import { toHalves } from '../../../src/tensor/f16.ts';
import type { Narrow } from '../../../src/tensor/type.ts';

export type ElementName = 'f16' | 'bf16' | 'tf32' | 's8' | 'u8';

export interface Element {
  readonly name: ElementName;
  /** As users call it. */
  readonly doc: string;
  readonly bytes: 1 | 2 | 4;
  /** What values in pieces of it are called; absent where they lie in no such layout. */
  readonly narrow?: Narrow;
  /** What sums are in C++, and how `asm` calls their registers. */
  readonly sum: 'float' | 'int';
  readonly letter: 'f' | 'r';
  /** Shapes and types, after `mma.sync.aligned.` and after `mma.sp.sync.aligned.` */
  readonly dense: string;
  readonly sparse: string;
  /** Neighbouring columns of which sparse weights keep half. */
  readonly group: 2 | 4;
  /** Numbers as the instructions take them. */
  store(values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
}

const bytesOf = (words: { readonly buffer: ArrayBuffer; readonly byteOffset: number; readonly byteLength: number }) =>
  new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

const real = { sum: 'float', letter: 'f' } as const;

export const elements: Readonly<Record<ElementName, Element>> = {
  f16: {
    ...{ name: 'f16', doc: 'f16', narrow: 'f16', bytes: 2, group: 4, ...real },
    ...{ dense: 'm16n8k16.row.col.f32.f16.f16.f32', sparse: 'm16n8k32.row.col.f32.f16.f16.f32' },
    store: (values) => bytesOf(toHalves(values)),
  },
  bf16: {
    ...{ name: 'bf16', doc: 'bf16', narrow: 'bf16', bytes: 2, group: 4, ...real },
    ...{ dense: 'm16n8k16.row.col.f32.bf16.bf16.f32', sparse: 'm16n8k32.row.col.f32.bf16.bf16.f32' },
    store: (values) => bytesOf(Uint16Array.from(values, toBfloat16)),
  },
  tf32: {
    ...{ name: 'tf32', doc: 'tf32', bytes: 4, group: 2, ...real },
    ...{ dense: 'm16n8k8.row.col.f32.tf32.tf32.f32', sparse: 'm16n8k16.row.col.f32.tf32.tf32.f32' },
    store: (values) => bytesOf(toTf32(values)),
  },
  s8: {
    ...{ name: 's8', doc: '8 bits', narrow: 'i8', bytes: 1, group: 4, sum: 'int', letter: 'r' },
    ...{ dense: 'm16n8k32.row.col.s32.s8.s8.s32', sparse: 'm16n8k64.row.col.s32.s8.s8.s32' },
    store: (values) => bytesOf(Int8Array.from(values)),
  },
  // Weights of 8 bits with a sign, times what has none.
  u8: {
    ...{ name: 'u8', doc: '8 bits without a sign', bytes: 1, group: 4, sum: 'int', letter: 'r' },
    ...{ dense: 'm16n8k32.row.col.s32.s8.u8.s32', sparse: 'm16n8k64.row.col.s32.s8.u8.s32' },
    store: (values) => bytesOf(Int8Array.from(values)),
  },
};

/** Those nearest with ten bits of fraction, ties to even. Infinity and NaN stay. */
function toTf32(values: Float32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(values.slice().buffer);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if ((word & 0x7f800000) !== 0x7f800000) words[i] = (word + 0xfff + ((word >>> 13) & 1)) & ~0x1fff;
  }
  return words;
}

/** Elements in the 16 bytes that are copied and multiplied as one piece. */
export const perPiece = ({ bytes }: Element): number => 16 / bytes;

/** Columns of a step: 128 bytes of what weights are multiplied with. */
export const perStep = ({ bytes }: Element): number => 128 / bytes;

/** By what values in pieces are called. */
export const inPieces: Readonly<Record<Narrow, ElementName>> = { f16: 'f16', bf16: 'bf16', i8: 's8' };
