/** ONNX's Einsum: the equation read, and its names given sizes. */
import { mostAxes } from '../../../ops/check.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { cast } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import type { Term } from './einsum.ts';
import { einstein } from './einsum.ts';

const einsum: Row = (l) => {
  const equation = l.text('equation').replaceAll(' ', '');
  const values = l.operands.map((_, i) => l.operand(i));
  if (values.length === 0 || values.includes(broken)) return l.operand(0);
  const [left, right] = equation.split('->');
  const inputs = left.split(',');
  if (equation.split('->').length > 2 || ![...inputs, right ?? ''].every(isTerm))
    return l.fail('has an equation that is not letters, commas, "..." and "->"');
  if (inputs.length !== values.length)
    return l.fail(`has an equation of ${inputs.length} operands and is given ${values.length}`);
  const dots = Math.max(0, ...inputs.map((text, i) => values[i].type.shape.length - lettersOf(text).length));
  const to = values.every((v) => v.type.dtype === 'i32') ? 'i32' : 'f32';
  const terms = inputs.map((text, i) => termOf(l, text, cast(l, values[i], to), dots));
  const sizes = sizesOf(l, terms);
  if (l.failed) return broken;
  const result = resultOf(left, right, inputs.some(hasDots) ? dots : 0);
  const missing = result.find((name) => !sizes.has(name));
  if (missing !== undefined) return l.fail('names an axis of its result that no operand has');
  if (new Set(result).size !== result.length) return l.fail('names an axis of its result twice');
  return einstein(l, terms, result, sizes);
};

const isTerm = (text: string): boolean => /^[A-Za-z]*(?:\.\.\.)?[A-Za-z]*$/.test(text);
const hasDots = (text: string): boolean => text.includes('...');
const lettersOf = (text: string): string => text.replace('...', '');
/** Names of the axes that the dots stand for, counted from the last. */
const dotNames = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `.${count - 1 - i}`);

function termOf(l: Layer, text: string, value: Value, dots: number): Term {
  const rank = value.type.shape.length;
  const own = rank - lettersOf(text).length;
  if (own < 0 || own > Math.min(dots, mostAxes) || (own > 0 && !hasDots(text)))
    l.fail(`names ${lettersOf(text).length} axes of an operand with ${rank}`);
  return { value, names: l.failed ? [] : namesOf(text, own) };
}

function namesOf(text: string, dots: number): readonly string[] {
  const [before, after = ''] = text.split('...');
  return [...before, ...(hasDots(text) ? dotNames(dots) : []), ...after];
}

/** Where an operand has 1, another may have more. */
function sizesOf(l: Layer, terms: readonly Term[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { value, names } of terms)
    for (const [axis, name] of names.entries()) {
      const [size, other = 1] = [value.type.shape[axis], sizes.get(name)];
      if (size !== 1 && other !== 1 && size !== other) l.fail(`gives one axis the sizes ${other} and ${size}`);
      sizes.set(name, Math.max(size, other));
    }
  return sizes;
}

/** Without one, the result has what the dots stand for and then, in the order of the alphabet, all letters that occur once. */
function resultOf(left: string, right: string | undefined, dots: number): readonly string[] {
  if (right !== undefined) return namesOf(right, dots);
  const letters = [...left].filter((c) => c !== ',' && c !== '.');
  const once = letters.filter((c) => letters.indexOf(c) === letters.lastIndexOf(c));
  return [...dotNames(dots), ...once.sort()];
}

export const einsumRows: Rows = { Einsum: einsum };
