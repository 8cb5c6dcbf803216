/** `population:0.5`, or a file of one number for each layer in its place → which rows of kernels are pruned. */
import { readFileSync } from 'node:fs';
import type { Report } from '../diagnostic.ts';
import type { DecomposeOptions } from '../smartdeal/graph.ts';
import type { VectorMode } from '../smartdeal/vectors.ts';
import { vectorModes } from '../smartdeal/vectors.ts';
import { isSystemError, reasonOf } from './system-error.ts';

const number = /^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

/** For a graph of so many layers. Undefined after a report. */
export function readVectors(text: string, layers: number, report: Report): DecomposeOptions['vectors'] {
  const fail = (message: string, file?: string): undefined =>
    void report({
      severity: 'error',
      code: 'smartdeal/rows',
      message,
      hint: `give ${vectorModes.map((mode) => `${mode}:0.5`).join(', ')} or a file with one number for each layer, e.g. population:rows.txt`,
      ...(file !== undefined && { origin: { file } }),
    });
  const [word, ...rest] = text.split(':');
  const mode = vectorModes.find((m) => m === word);
  const value = mode ? rest.join(':') : text;
  if (value === '' || (!mode && number.test(value))) return fail(`"${text}" does not say which rows are pruned`);
  const given = number.test(value) ? [Number(value)] : numbersIn(value);
  if (typeof given === 'string') return fail(given, value);
  const chosen: VectorMode = mode ?? 'population';
  const odd = given.find((amount) => !(amount >= 0 && (chosen === 'value' ? amount < Infinity : amount < 1)));
  if (odd !== undefined)
    return fail(
      chosen === 'value'
        ? `rows are not pruned below ${odd}`
        : `a share of ${odd} is none of 0 up to, not including, 1`,
    );
  if (number.test(value)) return { mode: chosen, amount: given[0] };
  if (given.length !== layers) return fail(`it has ${given.length} numbers, and the model ${layers} layers`, value);
  return { mode: chosen, amounts: given };
}

function numbersIn(file: string): readonly number[] | string {
  try {
    const words = readFileSync(file, 'utf8')
      .split(/[\s,]+/)
      .filter(Boolean);
    const odd = words.find((word) => !number.test(word));
    return odd === undefined ? words.map(Number) : `"${odd.slice(0, 40)}" is no number`;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return `it cannot be read: ${reasonOf(error)}`;
  }
}
