/** Invocations of a grid as the body of a shader. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr, Stmt } from '../../src/loop/loop.ts';
import type { Routine } from '../../src/plan/kernel.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import { arraysIn } from '../arrays.ts';
import type { Grid } from '../gpu/parallel.ts';
import type { Places } from '../gpu/places.ts';
import { printerFor } from './print-wgsl.ts';
import { mostArgs } from './words.ts';

export interface PrintedGrid {
  readonly text: string;
  readonly needs: ReadonlySet<Routine>;
  /** Where these begin is what a call is told, in order. */
  readonly arrays: readonly Arr[];
  readonly groups: readonly number[];
}

/** As the template says. */
const groupSize = 64;

/** Along one dimension, in every implementation. */
const mostGroups = 65535;

/** `whole` is the body that the grid is a part of. */
export function printGrid({ axes, body }: Grid, whole: readonly Stmt[], { at }: Places): PrintedGrid {
  const touched = arraysIn(body);
  // Of more the shader knows where they begin, and is this step's alone.
  const told = touched.length <= mostArgs ? touched : [];
  const names = new Map(told.map((array, i) => [array, `a${i}`]));
  const printer = printerFor(whole, (array) => {
    const { buffer, offset } = at.get(array) ?? bug(`"${array.name}" has no place`);
    return { buffer, at: names.get(array) ?? String(offset / bytesPer[array.dtype]) };
  });
  const count = axes.reduce((product, axis) => product * axis.count, 1);
  const lines = [
    '  let invocation = i32((group.y * groups.x + group.x) * 64u + lane);',
    `  if (invocation >= ${count}) { return; }`,
    ...told.map((_, i) => `  let a${i} = args[${i >> 2}].${'xyzw'[i & 3]};`),
    ...axes.map((axis, i) => {
      const below = axes.slice(0, i).reduce((product, { count }) => product * count, 1);
      const quotient = below === 1 ? 'invocation' : `invocation / ${below}`;
      const place = i === axes.length - 1 ? quotient : `${quotient} % ${axis.count}`;
      return `  let ${printer.name(axis.index)} = ${place}${axis.from === 0 ? '' : ` + ${axis.from}`};`;
    }),
    ...printer.statements(body, '  '),
  ];
  return { text: lines.join('\n'), needs: printer.needs, arrays: told, groups: spread(Math.ceil(count / groupSize)) };
}

/** So many groups or a few more, along two dimensions where one is too short. */
export function spread(groups: number): readonly number[] {
  const down = Math.ceil(groups / mostGroups);
  return [Math.ceil(groups / down), down, 1];
}
