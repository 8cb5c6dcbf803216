/**
 * One node of a graph-model as its reader sees it: operands and attributes by name, checked as they are taken.
 * What is missing or of another kind makes the layer fail, and something harmless stands in for it.
 */
import type { Value } from '../builder.ts';
import type { Scope } from '../scope.ts';
import type { Attribute, NodeDef } from './json.ts';
import { sizesOf } from './json.ts';

export interface Layer extends Scope {
  readonly operands: readonly Value[];
  operand(index: number): Value;
  /** The whole numbers of an operand that must be known; `what` it is, for the message. */
  numbers(index: number, what: string): readonly number[];
  number(index: number, what: string): number;

  has(attribute: string): boolean;
  int(attribute: string, otherwise?: number): number;
  float(attribute: string, otherwise?: number): number;
  bool(attribute: string, otherwise?: boolean): boolean;
  text(attribute: string, otherwise?: string): string;
  ints(attribute: string, otherwise?: readonly number[]): readonly number[];
  texts(attribute: string, otherwise?: readonly string[]): readonly string[];
  /** An element type: `float32`, `int32`, `bool`, or what the model says where it is another one. */
  dtype(attribute: string, otherwise?: string): string;
  /** Sizes, −1 where open. */
  shape(attribute: string): readonly number[] | undefined;
}

/** Sizes, axes and the like come in small numbers. */
const mostNumbers = 2 ** 16;

/** A row of the table of operators: gives the outputs of a layer. */
export type Row = (layer: Layer) => Value | readonly Value[];

export type Rows = Readonly<Record<string, Row>>;

export function layerOf(scope: Scope, { attr = {} }: NodeDef, operands: readonly Value[]): Layer {
  const attributeOf = (name: string): Attribute | undefined => (Object.hasOwn(attr, name) ? attr[name] : undefined);
  const take = <T>(
    name: string,
    kind: string,
    read: (a: Attribute) => T | undefined,
    otherwise: T | undefined,
    any: T,
  ): T => {
    const attribute = attributeOf(name);
    const value = attribute && read(attribute);
    if (value !== undefined) return value;
    if (otherwise !== undefined && attribute === undefined) return otherwise;
    scope.fail(`has no ${kind} as attribute "${name}"`, 'convert the model again');
    return any;
  };
  const operand = (index: number): Value =>
    operands[index] ?? scope.fail(`has ${operands.length} inputs and needs at least ${index + 1}`);
  const numbers = (index: number, what: string): readonly number[] => {
    const value = operand(index);
    if (scope.failed) return [];
    if (value.data && value.data.length <= mostNumbers && [...value.data].every(Number.isInteger))
      return [...value.data];
    scope.fail(
      `needs to know its ${what} when the model is compiled, and is given ${value.data ? 'something else than a few whole numbers' : `one that is computed from ${scope.sources(value)}`}`,
      'give every input its shape with --shape, or make the operand a constant and convert the model again',
    );
    return [];
  };
  return {
    ...scope,
    get failed() {
      return scope.failed;
    },
    operands,
    operand,
    numbers,
    number: (index, what) => numbers(index, what)[0] ?? 0,
    has: (name) => attributeOf(name) !== undefined,
    int: (name, otherwise) =>
      take(name, 'whole number', ({ i }) => (i === undefined ? undefined : Number(i)), otherwise, 0),
    float: (name, otherwise) =>
      take(name, 'number', ({ f }) => (f === undefined ? undefined : Number(f)), otherwise, 0),
    bool: (name, otherwise) => take(name, 'truth value', ({ b }) => b, otherwise, false),
    text: (name, otherwise) =>
      take(name, 'text', ({ s }) => (s === undefined ? undefined : decodeText(s)), otherwise, ''),
    ints: (name, otherwise) =>
      take(name, 'list of whole numbers', ({ list }) => list && (list.i ?? []).map(Number), otherwise, []),
    texts: (name, otherwise) =>
      take(name, 'list of texts', ({ list }) => list && (list.s ?? []).map(decodeText), otherwise, []),
    dtype: (name, otherwise) =>
      take(name, 'type', ({ type }) => (type === undefined ? undefined : typeName(type)), otherwise, 'float32'),
    shape: (name) => sizesOf(attributeOf(name)?.shape),
  };
}

const decodeText = (text: string | readonly number[]): string =>
  typeof text === 'string' ? Buffer.from(text, 'base64').toString('utf8') : Buffer.from(text).toString('utf8');

/** Types by name and by number; wider and narrower ones are read as TensorFlow.js reads them. */
const types: Readonly<Record<string, string>> = {
  DT_FLOAT: 'float32',
  1: 'float32',
  DT_HALF: 'float32',
  19: 'float32',
  DT_DOUBLE: 'float32',
  2: 'float32',
  DT_INT32: 'int32',
  3: 'int32',
  DT_INT64: 'int32',
  9: 'int32',
  DT_INT8: 'int32',
  6: 'int32',
  DT_UINT8: 'int32',
  4: 'int32',
  DT_BOOL: 'bool',
  10: 'bool',
};

export const typeName = (type: string | number): string =>
  Object.hasOwn(types, String(type)) ? types[String(type)] : String(type);
