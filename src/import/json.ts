/** JSON from a file that nobody vouches for: parsed, checked against a schema, and every fault named by its place. */
import type { z } from 'zod';
import type { Report } from '../diagnostic.ts';

/** Faults that are shown of one file; a broken file has many of a kind. */
const shown = 10;

/** The JSON in `bytes`, or undefined after a report. */
export function parseJson(bytes: Uint8Array, file: string, report: Report): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    report({
      severity: 'error',
      code: 'import/json',
      message: `is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      origin: { file },
      hint: 'give the "model.json" that the TensorFlow.js converter wrote; if it was downloaded, download it again',
    });
    return undefined;
  }
}

/** `value` as the schema gives it, or undefined after a report of the first faults, each with its path. */
export function checkJson<T>(
  schema: z.ZodType<T>,
  value: unknown,
  file: string,
  report: Report,
  place = '',
): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues.slice(0, shown))
    report({
      severity: 'error',
      code: 'import/json',
      message: `"${pathText(place, path)}" is not as it must be: ${lowerFirst(message)}`,
      origin: { file, name: nameOn(path, value) },
      hint: 'the file is damaged, or was not written by the TensorFlow.js converter',
    });
  return undefined;
}

/** `modelTopology.node[3].attr`. */
const pathText = (place: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}${text && '.'}${String(key)}`),
    place,
  ) || 'the whole file';

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

/** The innermost `name` on the way to a fault: the layer or the weight that it is in. */
function nameOn(path: readonly PropertyKey[], value: unknown): string | undefined {
  let name: string | undefined;
  let here: unknown = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) break;
    here = (here as Record<PropertyKey, unknown>)[key];
    if (typeof here === 'object' && here !== null && 'name' in here && typeof here.name === 'string') name = here.name;
  }
  return name;
}
