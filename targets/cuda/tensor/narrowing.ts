/** Numbers for tensor cores, made of wide ones, or of pieces that lie otherwise: what is launched where a layer does not find its pixels as it reads them. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Argument, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
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

const to = (argument: Argument) => ({ declare: 'void *__restrict__ to', argument });

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
  /** From one line of what is read to the next, where that is more than `length`. */
  readonly pitch?: number;
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

export interface Source {
  readonly kind: string;
  readonly parameter: Parameter;
  /** C++ of a number. */
  read(number: string): string;
}

/** Sums of the same kind, and whole numbers, are read as they are. */
export function sourceOf({ from }: Pick<Lines, 'from'>, { sum }: Element): Source {
  const declared = (type: string): Parameter => ({ declare: `const ${type} *__restrict__ from`, argument: from });
  if (from.dtype === 'f16')
    return { kind: '-from-f16', parameter: declared('uint16_t'), read: (n) => `half_to_float(${n})` };
  if (from.dtype === 'bf16')
    return { kind: '-from-bf16', parameter: declared('uint16_t'), read: (n) => `bf16_to_float(${n})` };
  if (from.dtype === 'i8') return { kind: '-from-i8', parameter: declared('int8_t'), read: (n) => n };
  return { kind: '', parameter: declared(sum), read: (n) => n };
}

/** The lines as they are. */
export function narrow(l: Lines, element: Element): RoutineCall {
  const lines = l.pictures * l.lines;
  const { kind, parameter, read } = sourceOf(l, element);
  const place = placeOf(l, 'first + i', 'length');
  return callOf({
    name: `narrow-${place.kind}${element.name}${kind}`,
    template: 'tensor/narrow',
    view: {
      ...{ type: element.name, inWord: inWord(element), sum: element.sum },
      ...{ inside: place.inside, read: read(`line[${place.at}]`) },
    },
    needs: [packOf(element)],
    parameters: [
      parameter,
      to(l.to),
      ...[whole('lines', lines), whole('pitch', l.pitch ?? l.length)],
      ...(l.order ? [] : [whole('length', l.length)]),
      whole('padded', l.padded),
      ...orderOf(l),
    ],
    groups: [Math.ceil((lines * l.padded) / inWord(element) / threads)],
    threads,
  });
}

/** The numbers of a line become lines. */
export function narrowTurned(l: Lines, element: Element): RoutineCall {
  const { kind, parameter, read } = sourceOf(l, element);
  const place = placeOf(l, 'first_line + i', 'lines');
  const pitch = l.pitch ?? l.length;
  return callOf({
    name: `narrow-turned-${place.kind}${element.name}${kind}`,
    template: 'tensor/narrow-turned',
    view: {
      ...{ type: element.name, inWord: inWord(element), sum: element.sum },
      ...{ inside: place.inside, read: read(`picture[(long long)(${place.at}) * pitch + first + across]`) },
    },
    needs: [packOf(element)],
    parameters: [
      parameter,
      to(l.to),
      ...[whole('lines', l.lines), whole('length', l.length), whole('pitch', pitch)],
      whole('padded', l.padded),
      ...orderOf(l),
    ],
    groups: [Math.ceil(l.length / 32), Math.ceil(l.padded / 64), l.pictures],
    threads,
  });
}
