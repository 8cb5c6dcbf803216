/** Problems as bundlers show them: as an error with a message for people, and without the stack of a compiler. */
import type { Diagnostic } from '../diagnostic.ts';
import { printDiagnostic } from '../diagnostic.ts';

/** Thrown in hooks of bundlers alone, which have no other way to be told. */
export class PluginFault extends Error {
  override readonly name = 'EspalierError';
  /** The model, which Vite shows as the file that is at fault. */
  readonly id: string;

  constructor(model: string, diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(printDiagnostic).join('\n'));
    this.id = model;
    this.stack = `${this.name}: ${this.message}`;
  }
}
