/** The shapes of inputs: what the model says, completed by what the user says, and 1 where nobody says anything. */
import type { Report } from '../diagnostic.ts';
import { elements, printShape } from '../tensor/type.ts';
import type { ImportOptions } from './importer.ts';
import { suggestion } from './nearest.ts';

/** An input as the model declares it: −1 for sizes it leaves open, no sizes where not even their number is known. */
export interface Declared {
  readonly name: string;
  readonly sizes: readonly number[] | undefined;
  /** The operators that take it, where the message is to name them. */
  readonly takenBy?: () => string;
}

export interface Shaped {
  readonly shape: readonly number[];
  /** Whether sizes other than the batch were taken to be 1. */
  readonly guessed: boolean;
}

/** The shape of one input, or undefined after a report. */
export function shapeOfInput(
  { name, sizes, takenBy }: Declared,
  file: string,
  { batch = 1, shapes = {} }: ImportOptions,
  report: Report,
): Shaped | undefined {
  const fault = (message: string, hint: string): undefined => {
    report({ severity: 'error', code: 'import/input-shape', message, origin: { file, name }, hint });
  };
  const given = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  const taken = (): string => (takenBy ? ` that ${takenBy()} takes` : '');
  const shape = given ?? sizes?.map((d, axis) => (d >= 0 ? d : axis === 0 ? batch : 1));
  if (!shape)
    return fault('the model does not say what shape this input has', `give it with ${shapeOption(name, undefined)}`);
  if (given && sizes && (given.length !== sizes.length || !sizes.every((d, i) => d < 0 || d === given[i])))
    return fault(
      `the shape ${printShape(given)} does not fit [${sizes.map((d) => (d < 0 ? '?' : d)).join(', ')}]${taken()}`,
      `give one that does, as with ${shapeOption(name, sizes)}`,
    );
  if (!shape.every((d) => Number.isInteger(d) && d > 0))
    return fault(
      `an input of shape [${shape.join(', ')}]${taken()} holds nothing`,
      given
        ? 'give sizes above zero'
        : `convert the model again, or give the shape with ${shapeOption(name, undefined)}`,
    );
  if (elements(shape) > 2 ** 31 - 1)
    return fault(
      `an input of shape [${shape.join(', ')}] is too large`,
      'no value may have more than 2147483647 elements',
    );
  const guessed = given === undefined && (sizes ?? []).some((d, axis) => d < 0 && axis > 0);
  return { shape, guessed };
}

/** `--shape NAME=1,64,64,3`: an example with the sizes that are known. */
export const shapeOption = (name: string, sizes: readonly number[] | undefined): string =>
  `--shape ${name}=${(sizes ?? [-1, -1, -1, 3]).map((d, axis) => (d >= 0 ? d : axis === 0 ? 1 : 64)).join(',')}`;

/** Shapes given for inputs that there are not. */
export function checkShapeNames(
  names: readonly string[],
  file: string,
  { shapes = {}, batch = 1 }: ImportOptions,
  report: Report,
): boolean {
  const all = checkInputNames('shape', Object.keys(shapes), names, file, report);
  const fine = Number.isInteger(batch) && batch > 0;
  if (!fine)
    report({
      severity: 'error',
      code: 'import/batch',
      message: `the batch size ${batch} is not a whole number above zero`,
      origin: { file },
      hint: 'give another with --batch',
    });
  return fine && all;
}

/** Whether every input that the caller gives something for is there. */
export function checkInputNames(
  what: string,
  given: readonly string[],
  names: readonly string[],
  file: string,
  report: Report,
): boolean {
  const unknown = given.filter((name) => !names.includes(name));
  for (const name of unknown)
    report({
      severity: 'error',
      code: 'import/input-name',
      message: `there is a ${what} for the input "${name}", and the model has no such input`,
      origin: { file },
      hint: suggestion(name, names) || `its inputs are ${names.map((n) => `"${n}"`).join(', ')}`,
    });
  return unknown.length === 0;
}

/** What to say where shapes do not fit: the sizes that were guessed are the first to blame. */
export const hintOfShapes = (guessed: readonly Declared[]): string =>
  guessed.length === 0
    ? 'the model is damaged or was written by a newer converter; convert it again'
    : `the model leaves sizes open, which were taken to be 1: give them with ${guessed
        .map(({ name, sizes }) => shapeOption(name, sizes))
        .join(' ')}`;
