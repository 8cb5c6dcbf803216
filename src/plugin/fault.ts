/** Problems as bundlers show them: as an error with a message for people, and without the stack of a compiler. */
import type { Diagnostic } from '../diagnostic.ts';
import { printDiagnostic } from '../diagnostic.ts';

export const faultName = 'EspalierError';

/**
 * To be thrown in hooks of bundlers alone, which have no other way to be told. It is a plain error, since webpack keeps
 * errors from run to run and knows no others. Vite shows `id` as the file that is at fault.
 */
export function pluginFault(model: string, diagnostics: readonly Diagnostic[]): Error {
  const message = diagnostics.map(printDiagnostic).join('\n');
  return Object.assign(new Error(message), { name: faultName, id: model, stack: `${faultName}: ${message}` });
}
