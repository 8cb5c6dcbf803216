/** Colours and columns for people. */
import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { visible } from '../diagnostic.ts';
import type { Sink } from './io.ts';

export type Paint = ReturnType<typeof picocolors.createColors>;

export const paintFor = ({ colours }: Pick<Sink, 'colours'>): Paint => picocolors.createColors(colours);

/** A name from a model, cut to so many characters: the end of it is what tells layers apart. */
export const shortName = (name: string, longest = 44): string => {
  const text = Array.from(visible(name));
  return text.length <= longest ? text.join('') : `…${text.slice(1 - longest).join('')}`;
};

type Align = 'left' | 'right';

/** Rows as columns two spaces apart; `align` goes by column, left where it says nothing. */
export function table(rows: readonly (readonly string[])[], align: readonly Align[] = []): readonly string[] {
  const widthOf = (text: string): number => stripVTControlCharacters(text).length;
  const widths = rows.reduce<number[]>((w, row) => row.map((cell, i) => Math.max(w[i] ?? 0, widthOf(cell))), []);
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const room = ' '.repeat(widths[i] - widthOf(cell));
        return align[i] === 'right' ? room + cell : cell + room;
      })
      .join('  ')
      .trimEnd(),
  );
}

const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 1,234,567. */
export const printCount = (n: number): string => count.format(n);

/** Bytes in units of 1000, three digits: `3.14 MB`. */
export function printBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, size] =
    bytes < 999_500 ? ['kB', bytes / 1e3] : bytes < 999.5e6 ? ['MB', bytes / 1e6] : ['GB', bytes / 1e9];
  return `${size.toPrecision(3)} ${unit}`;
}

/** `68.9 %`. */
export const printPercent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** `12.3 ms`, `1.23 s`. */
export function printTime(milliseconds: number): string {
  if (milliseconds >= 999.5) return `${(milliseconds / 1000).toPrecision(3)} s`;
  return `${milliseconds >= 100 ? milliseconds.toFixed(0) : milliseconds.toPrecision(3)} ms`;
}

/** Nanoseconds in millionths of a second: `0.412 us`, `41.2 us`, `41,200 us`. */
export const printMicroseconds = (ns: number): string =>
  `${ns >= 999_500 ? printCount(ns / 1e3) : (ns / 1e3).toPrecision(3)} us`;

/** `1.2e-6`; 0 where there is no error at all. */
export const printError = (error: number): string => (error === 0 ? '0' : error.toExponential(1));
