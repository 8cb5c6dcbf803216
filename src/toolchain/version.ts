/** What a program says about itself. */
import { execFile } from 'node:child_process';
import { findProgram } from './compiler.ts';
import { cudaToolkit, toolkitFolders } from './toolkit.ts';

/** The first line that the first of these programs prints when asked for its version, of nvcc the one that has it; undefined if none is installed. */
export async function versionOf(names: readonly string[]): Promise<string | undefined> {
  const program = await findProgram(names, undefined, names.includes(cudaToolkit.compiler) ? toolkitFolders() : []);
  if (!program) return undefined;
  return new Promise((done) => {
    execFile(program.path, ['--version'], (error, stdout) => done(error ? undefined : versionLine(stdout)));
  });
}

function versionLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.find((line) => /^Cuda compilation tools, release/.test(line)) ?? lines[0];
}
