/** Packages of others, where the user installed them: no dependencies of ours. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Package {
  readonly folder: string;
  readonly version: string;
}

/** From the folder that the command runs in, or from where we are installed. Undefined where neither has it. */
export function findPackage(name: string): Package | undefined {
  const starts = [pathToFileURL(join(process.cwd(), 'package.json')), import.meta.url];
  const folder = starts
    .flatMap((from) => createRequire(from).resolve.paths(name) ?? [])
    .map((modules) => join(modules, name))
    // What a package exports is its own affair: its files are read.
    .find((place) => existsSync(join(place, 'package.json')));
  if (folder === undefined) return undefined;
  const { version = '' } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string };
  return { folder, version };
}
