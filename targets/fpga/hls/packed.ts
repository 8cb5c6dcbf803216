/** Tables as packed words: the text of data files, which are included between the braces of an array. */
import type { Artefact } from '../../../src/target.ts';
import type { Field } from '../contract/rom.ts';

/** Fields of a word in order, the first in the lowest bits, each as often as it has values a word. */
export interface Packed {
  readonly depth: number;
  /** Words of 64 bits that one word of the table takes. */
  readonly words: number;
  /** Where each field begins, by name. */
  readonly from: Readonly<Record<string, number>>;
  /** depth × 2·words: the low half of each 64 bits first. */
  readonly halves: Uint32Array<ArrayBuffer>;
}

/** The fields as one table. A word is rounded up to a multiple of `multiple` times 64 bits. */
export function packed(depth: number, fields: readonly Field[], multiple = 1): Packed {
  const from: Record<string, number> = {};
  let width = 0;
  for (const { name, bits, each } of fields) {
    from[name] = width;
    width += bits * each;
  }
  const words = Math.max(1, Math.ceil(width / (64 * multiple))) * multiple;
  const halves = new Uint32Array(depth * 2 * words);
  for (const { name, bits, each, values } of fields) {
    if (bits === 0) continue;
    const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
    // In one kind of array, so that the loop is one.
    const wholes = new Int32Array(values);
    const first = from[name];
    for (let at = 0, next = 0; at < depth; at++)
      for (let i = 0, bit = first; i < each; i++, bit += bits) {
        const value = (wholes[next++] & mask) >>> 0;
        const half = at * 2 * words + (bit >>> 5);
        halves[half] |= value << (bit & 31);
        if ((bit & 31) + bits > 32) halves[half + 1] |= value >>> (32 - (bit & 31));
      }
  }
  return { depth, words, from, halves };
}

/** A file never has more: compilers, editors and reviews choke on lines without end. */
const mostBytes = 2 ** 18;

/** The digits of every byte: looked up, since there are millions. */
const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hex = (value: number): string =>
  digits[value >>> 24] + digits[(value >>> 16) & 255] + digits[(value >>> 8) & 255] + digits[value & 255];

/** The words in braces, in files of bounded size, and the lines that include them from a source in src/. */
export function dataFiles(
  name: string,
  { words, halves }: Packed,
): { readonly artefacts: readonly Artefact[]; readonly includes: string } {
  const perLine = Math.max(1, Math.floor(110 / (21 * words)));
  const entries: string[] = [];
  for (let at = 0; at < halves.length; at += 2 * words) {
    const parts: string[] = [];
    for (let i = 0; i < words; i++) parts.push(`0x${hex(halves[at + 2 * i + 1])}${hex(halves[at + 2 * i])}`);
    entries.push(`{${parts.join(', ')}},`);
  }
  const lines: string[] = [];
  for (let at = 0; at < entries.length; at += perLine) lines.push(entries.slice(at, at + perLine).join(' '));
  const perFile = Math.max(1, Math.floor(mostBytes / ((lines[0]?.length ?? 0) + 1)));
  const artefacts: Artefact[] = [];
  for (let at = 0; at < lines.length; at += perFile)
    artefacts.push({
      path: `src/data/${name}${artefacts.length === 0 ? '' : `_${artefacts.length}`}.inc`,
      contents: `${lines.slice(at, at + perFile).join('\n')}\n`,
      role: 'weights',
    });
  return { artefacts, includes: artefacts.map(({ path }) => `#include "${path.slice('src/'.length)}"`).join('\n') };
}
