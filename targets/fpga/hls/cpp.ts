/** How numbers, streams and names are spelled in C++. */
import { visible } from '../../../src/diagnostic.ts';
import type { Stream } from '../pipeline/pipeline.ts';

/** The class of a number of so many signed bits: see numbers.h of the component. */
export const numberType = (bits: number): string => `sint<${bits}>`;

export const beatType = (bits: number, beat: number): string => `beat<${numberType(bits)}, ${beat}>`;

export const streamType = ({ bits, beat }: Pick<Stream, 'bits' | 'beat'>): string =>
  `hls::stream<${beatType(bits, beat)}>`;

/** Of a number that is one of `low`..`high`, as plain C has it. */
export const leastType = (low: number, high: number): string => {
  if (low >= 0) return high < 2 ** 8 ? 'uint8_t' : high < 2 ** 16 ? 'uint16_t' : 'uint32_t';
  return low >= -(2 ** 7) && high < 2 ** 7 ? 'int8_t' : low >= -(2 ** 15) && high < 2 ** 15 ? 'int16_t' : 'int32_t';
};

/** What a model calls something, as it may stand in a comment: it can end neither the comment nor the line. */
export const inComment = (text: string): string =>
  visible(text)
    .replace(/[^\p{L}\p{N} ._:;,/+=()[\]-]/gu, '_')
    .slice(0, 120);

/** What all shifts have in common: 1 at least, as shifts are. */
export const leastShift = (shifts: ArrayLike<number> = []): number =>
  shifts.length === 0 ? 1 : Array.from(shifts).reduce((a, b) => Math.min(a, b));

/** C++ has no literal for the lowest number. */
export const literal = (value: number): string => (value === -(2 ** 31) ? '-2147483647 - 1' : String(value));

/** Numbers with commas between, in lines of a bearable length. */
export function numberLines(values: ArrayLike<number>, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (let i = 0; i < values.length; i++) {
    const word = `${literal(values[i])},`;
    if (line.length + word.length + 1 + indent.length > 120) {
      lines.push(`${indent}${line}`);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, `${indent}${line}`].join('\n');
}
