/** Values for inputs that shall be none any longer, as people write them: numbers, or the path of an .npy file. */
import { readFileSync } from 'node:fs';
import type { Report } from '../diagnostic.ts';
import type { Fixed } from '../import/importer.ts';
import { readAnyNpy } from './npy.ts';
import { isSystemError, reasonOf } from './system-error.ts';

/** One number, a list of them, the path of an `.npy` file, or numbers with their shape. */
export type ConstantOption = number | readonly number[] | string | Fixed;

export type Constants = Readonly<Record<string, Fixed>>;

/** The values by the name of an input. Undefined after a report. */
export function readConstants(given: Readonly<Record<string, ConstantOption>>, report: Report): Constants | undefined {
  const found: [string, Fixed][] = [];
  for (const [name, option] of Object.entries(given)) {
    const fixed = typeof option === 'string' ? fromFile(option) : asFixed(option);
    if (typeof fixed !== 'string') found.push([name, fixed]);
    else
      report({
        severity: 'error',
        code: 'import/constant',
        message: `the value for "${name}", "${String(option)}", ${fixed}`,
        hint: 'give numbers, or the path of an .npy file',
      });
  }
  return found.length === Object.keys(given).length ? Object.fromEntries(found) : undefined;
}

function asFixed(option: Exclude<ConstantOption, string>): Fixed {
  if (typeof option === 'number') return { data: [option] };
  return 'data' in option ? option : { data: option };
}

/** What the file holds, or why it cannot be taken: the rest of a sentence. */
function fromFile(path: string): Fixed | string {
  try {
    return readAnyNpy(readFileSync(path));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return `cannot be read: ${reasonOf(error)}`;
  }
}
