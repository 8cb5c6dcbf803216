/** Numbers for tensor cores, made of f32 before they are multiplied, and what is left of sums behind. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Argument, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import type { Parameter } from '../kernel.ts';
import { callOf, whole } from '../kernel.ts';
import type { Element } from './elements.ts';

const threads = 256;

const pack = ({ name }: Element): Routine => ({
  name: `pack-${name}`,
  template: `cuda/kernels/tensor/pack-${name}.cu.hbs`,
  view: {},
  needs: [],
});

/** What numbers are before they have fewer bits, or sums are. */
const numbers = (name: string, { sum }: Element, argument: Argument): Parameter => ({
  declare: `const ${sum} *__restrict__ ${name}`,
  argument,
});

const to = (argument: Argument) => ({ declare: 'uint32_t *__restrict__ to', argument });

const inWord = ({ bytes }: Element): number => 4 / bytes;

export interface Lines {
  readonly from: Arr;
  readonly to: Arr;
  readonly pictures: number;
  /** Of a picture. */
  readonly lines: number;
  readonly length: number;
  /** Numbers in a line of what is made. */
  readonly padded: number;
}

/** The lines as they are. */
export function narrow(l: Lines, element: Element): RoutineCall {
  const lines = l.pictures * l.lines;
  return callOf({
    name: `narrow-${element.name}`,
    template: 'tensor/narrow',
    view: { type: element.name, inWord: inWord(element), sum: element.sum },
    needs: [pack(element)],
    parameters: [
      numbers('from', element, l.from),
      to(l.to),
      whole('lines', lines),
      whole('length', l.length),
      whole('padded', l.padded),
    ],
    groups: [Math.ceil((lines * l.padded) / inWord(element) / threads)],
    threads,
  });
}

/** The numbers of a line become lines. */
export function narrowTurned(l: Lines, element: Element): RoutineCall {
  return callOf({
    name: `narrow-turned-${element.name}`,
    template: 'tensor/narrow-turned',
    view: { type: element.name, inWord: inWord(element), sum: element.sum },
    needs: [pack(element)],
    parameters: [
      numbers('from', element, l.from),
      to(l.to),
      whole('lines', l.lines),
      whole('length', l.length),
      whole('padded', l.padded),
    ],
    groups: [Math.ceil(l.length / 32), Math.ceil(l.padded / 64), l.pictures],
    threads,
  });
}

export interface Parts {
  readonly parts: Arr;
  readonly splits: number;
  /** Elements of each part, which lie as those of the result. */
  readonly count: number;
  readonly rows: number;
  readonly toRow: number;
  readonly result: Arr;
}

export const addParts = (p: Parts, ending: Ending, element: Element): RoutineCall =>
  callOf({
    name: `add-parts-${ending.kind}`,
    template: 'tensor/add-parts',
    view: {
      sum: element.sum,
      add: element.sum === 'int' ? 'wrap_add(sum, other)' : 'sum + other',
      finish: ending.result('sum', 'row', 'at'),
    },
    needs: ending.needs,
    parameters: [
      numbers('parts_of', element, p.parts),
      ...[whole('part_count', p.splits), whole('count', p.count), whole('row_count', p.rows), whole('to_row', p.toRow)],
      ...ending.parameters,
      { declare: `${element.sum} *__restrict__ result`, argument: p.result },
    ],
    groups: [Math.ceil(p.count / threads)],
    threads,
  });
