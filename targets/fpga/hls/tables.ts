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
  const inline = all.length <= mostInline;
  const path = `data/${stem}_${name}.inc`;
  const body = inline ? numberLines(all, '    ') : `#include "${path}"`;
  return {
    text: `  static const ${spelled} ${name}[${all.length}] = {\n${body}\n  };`,
    artefacts: inline ? [] : [{ path: `src/${path}`, contents: `${numberLines(all, '')}\n`, role: 'weights' }],
  };
}
