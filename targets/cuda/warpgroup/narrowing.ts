/** What warpgroups multiply weights with, made of f32: blocks of pixels, 64 of their channels after another, as shared memory swizzles them. */
import type { RoutineCall } from '../../../src/plan/kernel.ts';
import { callOf, functionName, real, whole } from '../kernel.ts';
import type { Element } from '../tensor/elements.ts';
import type { Lines } from '../tensor/narrowing.ts';
import { packOf } from '../tensor/narrowing.ts';
import { routine } from './instructions.ts';

const threads = 256;

const readEight = routine('read-eight', 'read-eight');

/** Where lines are whole pieces. Arrays are aligned. */
const readWhole = routine('read-whole', 'read-whole');

/** The lines as they are, each a pixel. `padded` counts numbers in whole steps of 64. */
export function narrowWide({ from, to, lines, length, padded }: Lines, pixels: number, element: Element): RoutineCall {
  const pieces = (Math.ceil(lines / pixels) * pixels * padded) / 8;
  const read = length % 8 === 0 ? readWhole : readEight;
  return callOf({
    name: `narrow-wide-${element.name}-${pixels}${read === readWhole ? '-whole' : ''}`,
    template: 'warpgroup/narrow',
    view: { pixels, type: element.name, read: functionName(read.name) },
    needs: [packOf(element), read],
    parameters: [
      real('from', from),
      toWords(to),
      ...[whole('lines', lines), whole('length', length), whole('steps', padded / 64)],
    ],
    groups: [Math.ceil(pieces / threads)],
    threads,
  });
}

/** What has one place in all lines of a picture becomes a pixel. */
export function narrowWideTurned(l: Lines, pixels: number, element: Element): RoutineCall {
  const all = l.pictures * l.length;
  const spare = Math.ceil(all / pixels) * pixels - all;
  return callOf({
    name: `narrow-wide-turned-${element.name}-${pixels}`,
    template: 'warpgroup/narrow-turned',
    view: { pixels, type: element.name },
    needs: [packOf(element)],
    parameters: [
      ...[real('from', l.from), toWords(l.to)],
      ...[whole('lines', l.lines), whole('length', l.length), whole('steps', l.padded / 64)],
    ],
    groups: [Math.ceil((l.length + spare) / 32), l.padded / 64, l.pictures],
    threads,
  });
}

const toWords = (argument: Lines['to']) => ({ declare: 'uint32_t *__restrict__ to', argument });
