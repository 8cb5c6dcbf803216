/** Where a subcommand works: its streams, a place to report to, and how its problems reach the user at the end. */
import type { Diagnostic, Report } from '../diagnostic.ts';
import { visible } from '../diagnostic.ts';
import { shown } from '../toolchain/compiler.ts';
import type { Io } from './io.ts';
import { exits } from './io.ts';
import type { Paint } from './paint.ts';
import { paintFor } from './paint.ts';

export interface Desk {
  readonly io: Io;
  /** The command line, as a shell takes it. */
  readonly command: string;
  /** Print one JSON document instead of text. */
  readonly json: boolean;
  readonly report: Report;
  /** Names what is being done, for the spinner. */
  readonly doing: (what: string) => void;
  /** Prints the result: `data` as JSON, or the lines that `text` makes. */
  readonly print: (data: unknown, text: (paint: Paint) => readonly string[]) => void;
}

/** Gives whether all went well; what was reported as an error counts as well. */
export type Work = (desk: Desk) => Promise<boolean>;

/** Does the work, prints its results and problems, and gives the exit code. With `json`, errors replace the result. */
export async function atDesk(io: Io, argv: readonly string[], json: boolean, work: Work): Promise<number> {
  const problems: Diagnostic[] = [];
  const results: string[] = [];
  const done = await work({
    io,
    command: ['espalier', ...argv].map(shown).join(' '),
    json,
    report: (d) => void problems.push(d),
    doing: io.progress,
    print: (data, text) =>
      void results.push(
        json
          ? toJson(data)
          : text(paintFor(io.out))
              .map((line) => `${line}\n`)
              .join(''),
      ),
  });
  io.progress(null);
  const errors = problems.filter((d) => d.severity === 'error');
  if (json && errors.length > 0) io.out.write(errorsAsJson(errors));
  else for (const result of results) io.out.write(result);
  for (const problem of problems) if (!json || problem.severity !== 'error') io.err.write(printProblem(problem, io));
  return done && errors.length === 0 ? exits.ok : exits.failed;
}

/** Prints a problem that ended everything. */
export function printFault(fault: Diagnostic, io: Pick<Io, 'out' | 'err'>, json: boolean): void {
  if (json) io.out.write(errorsAsJson([fault]));
  else io.err.write(printProblem(fault, io));
}

const toJson = (data: unknown): string => `${JSON.stringify(data, null, 2)}\n`;

/** Problems as `{ errors: [{ code, message, file, layer, hint }] }`; what is not known is null. */
export const errorsAsJson = (problems: readonly Diagnostic[]): string =>
  toJson({
    errors: problems.map(({ code, message, origin, hint }) => ({
      code,
      message,
      file: origin?.file ?? null,
      layer: origin?.name ?? null,
      hint: hint ?? null,
    })),
  });

function printProblem({ severity, code, message, origin, hint }: Diagnostic, { err }: Pick<Io, 'err'>): string {
  const paint = paintFor(err);
  const colour = { error: paint.red, warning: paint.yellow, note: paint.cyan }[severity];
  const where = [origin?.file, origin?.name].filter((s) => s !== undefined).map((s) => `${visible(s)}: `);
  const first = `${where.join('')}${colour(severity)}: ${visible(message)} ${paint.dim(`[${code}]`)}\n`;
  return hint ? `${first}  ${paint.dim('hint:')} ${hint}\n` : first;
}
