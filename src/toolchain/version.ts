/** What a program says about itself. */
import { execFile } from 'node:child_process';
import { findProgram } from './compiler.ts';

/** The first line that the first of these programs prints when asked for its version; undefined if none is installed. */
export async function versionOf(names: readonly string[]): Promise<string | undefined> {
  const program = await findProgram(names);
  if (!program) return undefined;
  return new Promise((done) => {
    execFile(program.path, ['--version'], (error, stdout) => done(error ? undefined : stdout.split('\n')[0].trim()));
  });
}
