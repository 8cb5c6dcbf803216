/** Tables of an engine as C++: small ones where they are used, large ones in data files. */
import type { Artefact } from '../../../src/target.ts';
import { leastType, numberLines } from './cpp.ts';

export interface Table {
  readonly text: string;
  readonly artefacts: readonly Artefact[];
}

/** Numbers that may stand in a source. */
const mostInline = 64;

/** An array of numbers, whose type is the least that holds them unless it is given. */
export function numberTable(stem: string, name: string, values: ArrayLike<number>, type?: string): Table {
  const all = Array.from(values);
  const spelled = type ?? leastType(Math.min(...all, 0), Math.max(...all, 0));
  const printed = (indent: string): string => numberLines(all, indent);
  return placed(stem, name, `${spelled} ${name}[${all.length}]`, all.length, printed);
}

/** An array of rows of so many numbers. */
export function rowsTable(stem: string, name: string, values: Int32Array, each: number, type: string): Table {
  const rows = values.length / each;
  const row = (r: number, indent: string): string =>
    `${indent}{\n${numberLines(values.subarray(r * each, (r + 1) * each), `${indent}    `)}\n${indent}},`;
  const printed = (indent: string): string => Array.from({ length: rows }, (_, r) => row(r, indent)).join('\n');
  return placed(stem, name, `${type} ${name}[${rows}][${each}]`, values.length, printed);
}

function placed(
  stem: string,
  name: string,
  declared: string,
  count: number,
  printed: (indent: string) => string,
): Table {
  const inline = count <= mostInline;
  const path = `data/${stem}_${name}.inc`;
  return {
    text: `  static const ${declared} = {\n${inline ? printed('    ') : `#include "${path}"`}\n  };`,
    artefacts: inline ? [] : [{ path: `src/${path}`, contents: `${printed('')}\n`, role: 'weights' }],
  };
}
