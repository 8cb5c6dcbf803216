/** Output files appear whole or not at all: they are written under other names beside their places, then renamed. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Report } from '../diagnostic.ts';
import type { ExportedFile } from '../export/exporter.ts';
import type { Journal } from './journal.ts';
import { isSystemError, reasonOf } from './system-error.ts';

/** Whether a file may be written at `path`, which is not the one that is read; reports why not. */
export function mayWriteFile(path: string, read: string | undefined, report: Report): boolean {
  const fail = (code: string, message: string, hint: string): boolean => {
    report({ severity: 'error', code, message, hint, origin: { file: path } });
    return false;
  };
  try {
    if (!existsSync(path)) {
      accessSync(folderAbove(path), constants.W_OK | constants.X_OK);
      return true;
    }
    if (!statSync(path).isFile())
      return fail('output/not-a-file', 'there is a folder where the output is to be written', 'name a file with -o');
    if (read !== undefined && existsSync(read) && realpathSync(path) === realpathSync(read))
      return fail('output/in-use', 'the output would replace the model that is read', 'name another file with -o');
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return fail('output/not-writable', `the output cannot be written: ${reasonOf(error)}`, 'name another file with -o');
  }
}

/** Whether nothing is at `path` yet that nobody said may be replaced; reports it if there is. */
export function isFree(path: string, report: Report): boolean {
  if (!existsSync(path)) return true;
  report({
    severity: 'error',
    code: 'output/exists',
    message: 'the output exists',
    origin: { file: path },
    hint: 'name another file with -o, or replace it with --force',
  });
  return false;
}

/** The deepest folder on the way to a file that is to be made. A file in its place is a fault of the system's. */
function folderAbove(path: string): string {
  let above = dirname(resolve(path));
  while (!existsSync(above)) above = dirname(above);
  if (!statSync(above).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR', syscall: 'open' });
  return above;
}

/** Writes files beside `path`, which is the first of them. Gives whether they are there; reports if not. */
export function writeFiles(path: string, files: readonly ExportedFile[], journal: Journal, report: Report): boolean {
  const folder = dirname(resolve(path));
  const fresh = files.map((file) => ({
    ...file,
    made: join(folder, `.${basename(file.path)}.espalier-${process.pid}`),
  }));
  const begun: string[] = [];
  try {
    mkdirSync(folder, { recursive: true });
    for (const { made, contents } of fresh) {
      journal.hold(made);
      begun.push(made);
      writeFileSync(made, contents);
    }
    // The last one first: whoever finds the file asked for finds what lies beside it.
    for (const { made, path: name } of fresh.toReversed()) renameSync(made, join(folder, name));
    journal.keep(resolve(path));
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    report({
      severity: 'error',
      code: 'output/not-writable',
      message: `the output cannot be written: ${reasonOf(error)}`,
      origin: { file: path },
      hint: 'choose a folder that you may write to with -o',
    });
    return false;
  } finally {
    for (const made of begun) {
      rmSync(made, { force: true });
      journal.release(made);
    }
  }
}
