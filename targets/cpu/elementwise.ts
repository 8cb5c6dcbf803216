/** Functions of single numbers, printed from the operators' own meaning for routines to put to use. */
import type { Arr, Expr } from '../../src/loop/loop.ts';
import { load, local, loop, store } from '../../src/loop/loop.ts';
import { printLoops } from '../print.ts';
import { partNames } from './parts.ts';
import { syntax } from './syntax.ts';

/** How a loop reads an operand: a number for each turn, or the same one in all of them. */
export type Reads = 'each' | 'first';

/** The loop in C that sets y[i] for i below `count` to a function of the operands named. */
export function printLoop(
  count: string | number,
  operands: Readonly<Record<string, Reads>>,
  compute: (values: readonly Expr[]) => Expr,
  indent: string,
): string {
  const array = (name: string): Arr => ({ name, dtype: 'f32', length: 0 });
  const end = typeof count === 'number' ? count : local(count, 'i32');
  const body = loop('i', 0, end, (i) => {
    const values = Object.entries(operands).map(([name, reads]) => load(array(name), reads === 'each' ? i : 0));
    return [store(array('y'), i, compute(values))];
  });
  return printLoops(body, syntax, { reserved: [...partNames, 'p', 'y', ...Object.keys(operands)], indent });
}
