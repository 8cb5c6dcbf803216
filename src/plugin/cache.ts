/**
 * What was compiled before, by its content: a folder for each output, named after the bytes of all that it was made of,
 * and for each request the list of files that it was made of. No file's time matters.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { z } from 'zod';
import { readFile } from '../make/files-in.ts';
import type { Manifest } from '../make/manifest.ts';
import { manifestName, manifestSchema } from '../make/manifest.ts';
import { packageFolder, packageVersion } from '../make/package.ts';
import { isSystemError } from '../make/system-error.ts';
import type { ModelOptions } from './options.ts';

export interface Cache {
  readonly folder: string;
  /** Paths are kept relative to it, so that the cache may be carried elsewhere with the project. */
  readonly root: string;
}

export interface Wanted {
  readonly path: string;
  readonly options: ModelOptions;
}

export interface Output {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The folder of the cache where nobody names one: beside the package.json that is next above the root. */
export function cacheFolder(root: string): string {
  const above = dirname(root);
  if (existsSync(join(root, 'package.json')) || above === root) return join(root, 'node_modules/.cache/espalier');
  return cacheFolder(above);
}

/** Outputs of one request that are kept, the newest first. */
const kept = 4;

const noteSchema = z.object({ files: z.array(z.string()), outputs: z.array(z.string().regex(/^[0-9a-f]+$/)) });
type Note = z.infer<typeof noteSchema>;

/** What was compiled of the same bytes before, and the files it was made of; undefined if nothing was. */
export function find(cache: Cache, wanted: Wanted): (Output & { readonly files: readonly string[] }) | undefined {
  const files = noteOf(cache, wanted)?.files.map((file) => join(cache.root, file));
  const output = files && outputIn(outputFolder(cache, wanted, files));
  return output && { ...output, files };
}

/** Where what is compiled of these files belongs. */
export const outputFolder = (cache: Cache, wanted: Wanted, files: readonly string[]): string =>
  join(cache.folder, hash([...saidOf(cache, wanted), ...files.map((file) => [shown(cache, file), contents(file)])]));

/** Remembers of which files an output was made, and removes what is left of much older ones. */
export function keep(cache: Cache, wanted: Wanted, files: readonly string[], folder: string): void {
  const name = relative(cache.folder, folder);
  const before = (noteOf(cache, wanted)?.outputs ?? []).filter((other) => other !== name);
  const note: Note = {
    files: files.map((file) => shown(cache, file)),
    outputs: [name, ...before].slice(0, kept),
  };
  const place = notePath(cache, wanted);
  const fresh = `${place}.${process.pid}`;
  mkdirSync(cache.folder, { recursive: true });
  writeFileSync(fresh, JSON.stringify(note));
  renameSync(fresh, place);
  for (const old of before.slice(kept - 1)) rmSync(join(cache.folder, old), { recursive: true, force: true });
}

/** An output folder that is whole; undefined for anything else. */
export function outputIn(folder: string): Output | undefined {
  const manifest = parsed(join(folder, manifestName), manifestSchema);
  const whole = manifest?.files.every(({ path, bytes }) => readFile(join(folder, path))?.length === bytes);
  return manifest && whole ? { folder, manifest } : undefined;
}

const noteOf = (cache: Cache, wanted: Wanted): Note | undefined => parsed(notePath(cache, wanted), noteSchema);

const notePath = (cache: Cache, wanted: Wanted): string => join(cache.folder, `${hash(saidOf(cache, wanted))}.json`);

/** What is asked for, and of whom. */
const saidOf = (cache: Cache, { path, options }: Wanted): readonly unknown[] => [
  compiler(),
  shown(cache, path),
  JSON.stringify(options, (_, value: unknown) =>
    typeof value === 'string' && isAbsolute(value) ? shown(cache, value) : value,
  ),
];

const shown = ({ root }: Cache, path: string): string => relative(root, path).replaceAll('\\', '/');

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24);

function contents(file: string): string | null {
  const bytes = readFile(file);
  return bytes ? createHash('sha256').update(bytes).digest('hex') : null;
}

let known: string | undefined;

/** This very compiler: its version, and its files, since in a clone the version says little. */
function compiler(): string {
  if (known !== undefined) return known;
  const sum = createHash('sha256').update(packageVersion());
  const above = new URL('../../', import.meta.url);
  const rooms = ['src/', 'passes/', 'targets/'].map((room) => new URL(room, above));
  for (const room of [...rooms, new URL('templates/', packageFolder())])
    for (const name of readdirSync(room, { recursive: true, encoding: 'utf8' }).sort())
      if (/\.(?:ts|js|hbs)$/.test(name)) sum.update(name).update(readFileSync(new URL(name, room)));
  known = sum.digest('hex');
  return known;
}

function parsed<T>(file: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch (error) {
    if (isSystemError(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
