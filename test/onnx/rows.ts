/** Models of one node, for tests of rows: a first operand from outside, and others that are stored. */
import { noise } from '../import/kit.ts';
import type { Given } from './against.ts';
import type { Attribute, Message, TestModel } from './kit.ts';
import { int64s, node, port } from './kit.ts';

export interface OneNode {
  readonly op: string;
  readonly opset: number;
  /** The shape of the operand x, which is float. */
  readonly x: readonly number[];
  /** Further operands: lists of int64, tensors, `undefined` where one is left out, or names of further inputs. */
  readonly more?: readonly (readonly number[] | Message | string | undefined)[];
  readonly inputs?: readonly Message[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: readonly string[];
  /** The element type of the outputs; float unless given. */
  readonly gives?: number;
}

export function oneNode({
  op,
  opset,
  x,
  more = [],
  inputs = [],
  attributes,
  outputs = ['y'],
  gives = 1,
}: OneNode): TestModel {
  const names = more.map((operand, i) => {
    if (operand === undefined) return '';
    return typeof operand === 'string' ? operand : `m${i}`;
  });
  const initializers = more.flatMap((operand, i): readonly Message[] => {
    if (operand === undefined || typeof operand === 'string') return [];
    if (!Array.isArray(operand)) return [{ ...(operand as Message), name: `m${i}` }];
    return [int64s(`m${i}`, [operand.length], operand as readonly number[])];
  });
  return {
    opset,
    inputs: [port('x', x), ...inputs],
    outputs: outputs.map((name) => port(name, undefined, gives)),
    initializers,
    nodes: [node(op, ['x', ...names], outputs, attributes)],
  };
}

/** Numbers for x: a few decimals, of both signs. */
export const numbersFor = (shape: readonly number[], seed = 1): readonly number[] => [...noise(seed, ...shape).data];

export const given = (x: readonly number[], more: Given = {}): Given => ({ x: numbersFor(x), ...more });
