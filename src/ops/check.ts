/**
 * Checks that shape rules share. Attributes and shapes come from models, so nothing about them is taken for
 * granted. Each gives the rest of the sentence "`linear` …", or undefined when there is nothing to say.
 */
import type { DType, Shape, TensorType } from '../tensor/type.ts';
import { elements, tensor } from '../tensor/type.ts';
import type { Types } from './rules.ts';

/** What an attribute must be, in words and as a test. */
export interface Check {
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
}

/** Elements that one value may have: every index is an i32. */
export const mostElements = 2 ** 31 - 1;

export const mostAxes = 8;

/** More than any stride or border in earnest, and little enough for i32 arithmetic on coordinates. */
export const mostPixels = 2 ** 24;

const isWhole = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

export const whole = (least: number, most: number = mostElements): Check => ({
  what: `a whole number in ${least}..${most}`,
  holds: (value) => isWhole(value, least, most),
});

/** A list of whole numbers, of any length unless `count` is given. */
export const wholes = (count: number | undefined, least: number, most: number = mostElements): Check => ({
  what: `a list of ${count === undefined ? '' : `${count} `}whole number${count === 1 ? '' : 's'} in ${least}..${most}`,
  holds: (value) =>
    Array.isArray(value) &&
    (count === undefined || value.length === count) &&
    value.every((v: unknown) => isWhole(v, least, most)),
});

/** Each of 0..rank − 1 at most once. */
export const axesOf = (rank: number): Check => ({
  what: rank === 0 ? 'an empty list of axes' : `a list of different axes in 0..${rank - 1}`,
  holds: (value) =>
    wholes(undefined, 0, rank - 1).holds(value) &&
    new Set(value as readonly number[]).size === (value as readonly number[]).length,
});

/** Words, the first of them where they are more than anyone would read. */
export const oneOf = (...words: readonly string[]): Check => ({
  get what() {
    const quoted = words.slice(0, 12).map((w) => `"${w}"`);
    if (quoted.length < words.length) return `one of ${words.length} words, ${quoted.join(', ')}, …,`;
    return quoted.join(', ').replace(/, (?=[^,]*$)/, ' or ');
  },
  holds: (value) => words.includes(value as string),
});

export const flag: Check = { what: 'true or false', holds: (value) => typeof value === 'boolean' };

/** Any number at all, NaN and infinities among them. */
export const number: Check = { what: 'a number', holds: (value) => typeof value === 'number' };

export const notNegative: Check = {
  what: 'a number that is not negative',
  holds: (value) => typeof value === 'number' && value >= 0 && value < Infinity,
};

/** The first attribute that is not what it must be. The table has a row for each, so none is forgotten. */
export function attributeFault<O extends { readonly kind: string }>(
  op: O,
  checks: { readonly [A in Exclude<keyof O, 'kind'>]: Check },
): string | undefined {
  for (const [name, { what, holds }] of Object.entries<Check>(checks)) {
    const value: unknown = (op as Readonly<Record<string, unknown>>)[name];
    if (!holds(value)) return `takes ${what} as "${name}" and is given ${printAny(value)}`;
  }
  return undefined;
}

const areSizes = (shape: Shape): boolean => shape.every((d) => Number.isInteger(d) && d > 0);

/** The first operand that does not have the number of axes that it must have. */
export function rankFault(types: Types, ranks: Readonly<Record<string, number>>): string | undefined {
  for (const [name, rank] of Object.entries(ranks)) {
    const { shape } = types[name];
    if (shape.length !== rank) return `takes a ${rank}-D "${name}" and is given ${printSizes(shape)}`;
    if (!areSizes(shape)) return `takes sizes above zero for "${name}" and is given ${printSizes(shape)}`;
  }
  return undefined;
}

export function leastRankFault(types: Types, ranks: Readonly<Record<string, number>>): string | undefined {
  for (const [name, rank] of Object.entries(ranks)) {
    const { shape } = types[name];
    if (shape.length < rank)
      return `takes "${name}" with at least ${rank} ${rank === 1 ? 'axis' : 'axes'} and is given ${printSizes(shape)}`;
  }
  return undefined;
}

/** The first operand, of those named or of all, that is not of the element type. */
export function dtypeFault(
  types: Types,
  dtype: DType,
  names: readonly string[] = Object.keys(types),
): string | undefined {
  const name = names.find((n) => types[n].dtype !== dtype);
  return name === undefined ? undefined : `takes ${dtype} as "${name}" and is given ${types[name].dtype}`;
}

/** The first operand that is not what the first of them all is: f32 or i32. */
export const productFault = (types: Types): string | undefined =>
  dtypeFault(types, Object.values(types)[0]?.dtype === 'i32' ? 'i32' : 'f32');

/** The plain type of a result, unless such a value cannot be. */
export function resultType(dtype: DType, shape: Shape): TensorType | string {
  if (shape.length > mostAxes) return `would give ${printSizes(shape)}, and no value may have over ${mostAxes} axes`;
  if (!areSizes(shape)) return `would give ${printSizes(shape)}, and no size may be below 1`;
  if (elements(shape) > mostElements)
    return `would give ${printSizes(shape)}, and no value may have over ${mostElements} elements`;
  return tensor(dtype, shape);
}

/** `[1, 2, 3]`, cut where it is longer than anyone would read. */
export const printSizes = (shape: Shape): string =>
  shape.length > 12 ? `[${shape.slice(0, 12).join(', ')}, …]` : `[${shape.join(', ')}]`;

function printAny(value: unknown): string {
  if (Array.isArray(value)) return printSizes(value.map(printAny) as unknown as Shape);
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
