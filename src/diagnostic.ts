/** Problems are data until the very edge; only a bug in the compiler throws. */

export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'note';
  /** Stable, e.g. `import/unknown-op`. */
  readonly code: string;
  /** Lower case, no final period, the offending thing in quotes. */
  readonly message: string;
  readonly origin?: Origin | undefined;
  readonly hint?: string | undefined;
}

/** Where something came from, in the user's own terms: a file, and a layer's name as the file spells it. */
export interface Origin {
  readonly file: string;
  readonly name?: string | undefined;
}

export type Report = (diagnostic: Diagnostic) => void;

/** Thrown where no input can be at fault. */
export class CompilerBug extends Error {
  override readonly name = 'CompilerBug';
}

export function bug(message: string): never {
  throw new CompilerBug(message);
}

/** One problem as text for people. Names from models are shown escaped, so that they cannot forge lines. */
export function printDiagnostic({ severity, code, message, origin, hint }: Diagnostic): string {
  const where = origin ? `${origin.file}: ${origin.name === undefined ? '' : `${visible(origin.name)}: `}` : '';
  return `${where}${severity}: ${visible(message)} [${code}]${hint ? `\n  hint: ${hint}` : ''}`;
}

/** Control characters and line separators, written as escapes. */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
