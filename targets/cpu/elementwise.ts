/** Functions of single numbers, printed from the operators' own meaning for routines to put to use. */
import type { Arr, Expr, Operand } from '../../src/loop/loop.ts';
import { declare, load, local, loop, store } from '../../src/loop/loop.ts';
import type { Activation } from '../../src/ops/scalar.ts';
import { printLoops } from '../print.ts';
import { partNames } from './parts.ts';
import { syntax } from './syntax.ts';

/** Functions that a part of templates/cpu/parts computes at once, faster than from the meaning of their steps. */
const direct: Partial<Record<Activation, string>> = {
  gelu: 'gelu_f32',
  sigmoid: 'sigmoid_f32',
  swish: 'swish_f32',
};

/** The loop in C that sets y[i] for i below `count` to such a function of x[i], if there is one. */
export const directLoop = (fn: Activation, x: string, indent: string): string | undefined =>
  direct[fn] && `${indent}for (int32_t i = 0; i < count; ++i) y[i] = ${direct[fn]}(${x}[i]);`;

/** How a loop reads an operand: a number for each turn, or the same one in all of them. */
export type Reads = 'each' | 'first';

/**
 * The loop in C that sets y[i] for i below `count` to a function of the operands named. They are read whether the
 * function needs them or not: a read that is left out now and then keeps compilers from using vectors.
 */
export function printLoop(
  count: string | number,
  operands: Readonly<Record<string, Reads>>,
  compute: (values: readonly Expr[]) => Expr,
  indent: string,
): string {
  const array = (name: string): Arr => ({ name, dtype: 'f32', length: 0 });
  const end = typeof count === 'number' ? count : local(count, 'i32');
  const values = Object.entries(operands).map(([name, reads]) => ({ name, reads, held: local(`of_${name}`, 'f32') }));
  const read = (when: Reads, i: Operand) =>
    values.filter((v) => v.reads === when).map(({ name, held }) => declare(held, load(array(name), i)));
  const body = [
    ...read('first', 0),
    ...loop('i', 0, end, (i) => [...read('each', i), store(array('y'), i, compute(values.map((v) => v.held)))]),
  ];
  return printLoops(body, syntax, { reserved: [...partNames, 'p', 'y', ...Object.keys(operands)], indent });
}
