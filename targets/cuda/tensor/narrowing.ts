/** Numbers for tensor cores, made of f32 before they are multiplied, and what is left of sums behind. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Argument, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import type { Parameter } from '../kernel.ts';
import { callOf, whole } from '../kernel.ts';
import type { Element } from './elements.ts';

const threads = 256;

/** Numbers of 32 bits, of as many as fit. */
export const packOf = ({ name }: Element): Routine => ({
  name: `pack-${name}`,
  template: `cuda/kernels/tensor/pack-${name === 'u8' ? 's8' : name}.cu.hbs`,
  view: {},
  needs: [],
});

/** What numbers are before they have fewer bits, or sums are. */
export const numbers = (name: string, { sum }: Element, argument: Argument): Parameter => ({
  declare: `const ${sum} *__restrict__ ${name}`,
  argument,
});

const to = (argument: Argument) => ({ declare: 'uint32_t *__restrict__ to', argument });

/** Numbers in 32 bits. */
export const inWord = ({ bytes }: Element): number => 4 / bytes;

export interface Lines {
  readonly from: Arr;
  readonly to: Arr;
  readonly pictures: number;
  /** Of a picture. */
  readonly lines: number;
  readonly length: number;
  /** Numbers in a line of what is made. */
  readonly padded: number;
  /** Which of a line's numbers, or of the lines, is at each of `padded` places; −1 where none is. As they come, unless given. */
  readonly order?: Arr | undefined;
}

/** Where numbers are read, for a place in what is made. */
const placeOf = ({ order }: Lines, place: string, count: string) =>
  order
    ? { at: `channels[${place}]`, inside: `channels[${place}] >= 0`, kind: 'ordered-' }
    : { at: place, inside: `${place} < ${count}`, kind: '' };

const orderOf = ({ order }: Lines): readonly Parameter[] =>
  order ? [{ declare: 'const int *__restrict__ channels', argument: order }] : [];

/** The lines as they are. */
export function narrow(l: Lines, element: Element): RoutineCall {
  const lines = l.pictures * l.lines;
  const { kind, ...read } = placeOf(l, 'first + i', 'length');
  return callOf({
    name: `narrow-${kind}${element.name}`,
    template: 'tensor/narrow',
    view: { type: element.name, inWord: inWord(element), sum: element.sum, ...read },
    needs: [packOf(element)],
    parameters: [
      numbers('from', element, l.from),
      to(l.to),
      whole('lines', lines),
      whole('length', l.length),
      whole('padded', l.padded),
      ...orderOf(l),
    ],
    groups: [Math.ceil((lines * l.padded) / inWord(element) / threads)],
    threads,
  });
}

/** The numbers of a line become lines. */
export function narrowTurned(l: Lines, element: Element): RoutineCall {
  const { kind, ...read } = placeOf(l, 'first_line + i', 'lines');
  return callOf({
    name: `narrow-turned-${kind}${element.name}`,
    template: 'tensor/narrow-turned',
    view: { type: element.name, inWord: inWord(element), sum: element.sum, ...read },
    needs: [packOf(element)],
    parameters: [
      numbers('from', element, l.from),
      to(l.to),
      whole('lines', l.lines),
      whole('length', l.length),
      whole('padded', l.padded),
      ...orderOf(l),
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
