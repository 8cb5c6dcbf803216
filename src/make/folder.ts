/** An output folder appears whole or not at all: it is filled under another name beside its place, then renamed. */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Report } from '../diagnostic.ts';
import type { Journal } from './journal.ts';
import type { Manifest } from './manifest.ts';
import { manifestName, manifestSchema } from './manifest.ts';
import { isSystemError, reasonOf } from './system-error.ts';

export interface FolderOptions {
  readonly journal: Journal;
  /** Replace an output folder of ours even if other files lie in it. */
  readonly force?: boolean;
}

type Fault = { readonly code: string; readonly message: string; readonly hint: string };

/** Whether a folder may be written at `path`; reports why not. */
export function mayWrite(path: string, { force = false }: Pick<FolderOptions, 'force'>, report: Report): boolean {
  const fault = faultOf(path, force);
  if (fault) report({ severity: 'error', ...fault, origin: { file: path } });
  return !fault;
}

/**
 * Fills a new folder and puts it at `path`, in place of an older output. What `fill` leaves unfinished (it gives
 * false or throws) is removed, and the older output stays. Gives whether the folder is there.
 */
export async function writeFolder(
  path: string,
  fill: (folder: string) => Promise<boolean>,
  { journal, force = false }: FolderOptions,
  report: Report,
): Promise<boolean> {
  if (!mayWrite(path, { force }, report)) return false;
  const place = existsSync(path) ? realpathSync(path) : resolve(path);
  let made: string | undefined;
  const held: string[] = [];
  const hold = (name: string, restoreTo?: string): void => {
    held.push(name);
    journal.hold(name, restoreTo);
  };
  try {
    made = mkdirSync(dirname(place), { recursive: true });
    if (made !== undefined) hold(made);
    const fresh = mkdtempSync(join(dirname(place), `.${basename(place)}.espalier-`));
    hold(fresh);
    const done = await fill(fresh);
    // What is temporary is private. Whoever serves the folder to pages is often somebody else.
    chmodSync(fresh, 0o777 & ~process.umask());
    if (done) swap(fresh, place, hold, journal);
    if (done && made !== undefined) journal.release(held.splice(held.indexOf(made), 1)[0]);
    return done;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    report({ severity: 'error', code: 'output/not-writable', origin: { file: path }, ...unwritable(path, error) });
    return false;
  } finally {
    for (const name of held.toReversed()) {
      rmSync(name, { recursive: true, force: true });
      journal.release(name);
    }
  }
}

/** A folder cannot be renamed over one that is not empty: the older one steps aside for a moment. */
function swap(fresh: string, place: string, hold: Journal['hold'], journal: Journal): void {
  if (!existsSync(place)) {
    renameSync(fresh, place);
    journal.keep(place);
    return;
  }
  const aside = `${fresh}-old`;
  hold(aside, place);
  renameSync(place, aside);
  try {
    renameSync(fresh, place);
  } catch (error) {
    renameSync(aside, place);
    throw error;
  }
  journal.keep(place);
}

const unwritable = (path: string, error: unknown): Omit<Fault, 'code'> => ({
  message: `cannot write the output folder "${path}": ${reasonOf(error)}`,
  hint: 'choose a folder that you may write to with -o',
});

function faultOf(path: string, force: boolean): Fault | undefined {
  const place = resolve(path);
  const away = relative(place, process.cwd());
  if (away === '' || (away !== '..' && !away.startsWith(`..${sep}`) && away !== resolve(away)))
    return {
      code: 'output/in-use',
      message: `the output folder "${path}" is the current folder, or holds it`,
      hint: 'the output folder is replaced as a whole: name one inside the current folder with -o',
    };
  try {
    if (!existsSync(place)) return parentFault(path, place);
    if (!statSync(place).isDirectory())
      return {
        code: 'output/not-a-folder',
        message: `the output folder "${path}" is a file`,
        hint: 'choose another folder with -o',
      };
    const top = readdirSync(place).sort();
    if (top.length === 0) return undefined;
    const manifest = readManifest(place);
    if (!manifest)
      return {
        code: 'output/not-ours',
        message: `the output folder "${path}" holds files that espalier did not write: ${some(top)}`,
        hint: 'choose another folder with -o, or empty this one',
      };
    const known = new Set([manifestName, ...manifest.files.map((f) => f.path)]);
    const strange = filesBelow(place).filter((file) => !known.has(file));
    if (strange.length === 0 || force) return undefined;
    return {
      code: 'output/other-files',
      message: `the output folder "${path}" holds an older output and other files, which would be lost: ${some(strange)}`,
      hint: 'move them away, choose another folder with -o, or lose them with --force',
    };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { code: 'output/not-writable', ...unwritable(path, error) };
  }
}

/** Whether the folder can be made where it shall be, known before any work is done. */
function parentFault(path: string, place: string): Fault | undefined {
  let above = dirname(place);
  while (!existsSync(above)) above = dirname(above);
  if (!statSync(above).isDirectory())
    return { code: 'output/not-writable', ...unwritable(path, Object.assign(new Error(), { code: 'ENOTDIR' })) };
  accessSync(above, constants.W_OK | constants.X_OK);
  return undefined;
}

const some = (files: readonly string[]): string =>
  files
    .slice(0, 3)
    .map((file) => `"${file}"`)
    .join(', ') + (files.length > 3 ? ` and ${files.length - 3} more` : '');

/** Paths with `/` between folders. By hand: the first releases of Node 20 do not read folders in depth. */
const filesBelow = (folder: string, above = ''): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name), `${above}${entry.name}/`) : [`${above}${entry.name}`],
    )
    .sort();

/** The manifest of an output folder; undefined where there is none that can be read. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(readFileSync(join(folder, manifestName), 'utf8'))).data;
  } catch {
    return undefined;
  }
}
