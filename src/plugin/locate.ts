/** The path that an import means: beside the importer, as the bundler resolves it, or in a package. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** What a bundler makes of a specifier; undefined where it makes nothing of it. */
export type Resolve = (specifier: string, folder: string) => Promise<string | undefined>;

/** Undefined if nobody knows. A path beside the importer is given whether something is there or not. */
export async function locate(
  specifier: string,
  importer: string | undefined,
  root: string,
  ask: Resolve,
): Promise<string | undefined> {
  const from = importer?.replace(/[?#].*$/, '');
  const folder = from !== undefined && isAbsolute(from) ? dirname(from) : root;
  if (/^\.{1,2}(?:[\\/]|$)/.test(specifier)) return resolve(folder, specifier);
  // What begins with a slash is a place on the disk, or one in the page's address: below the root, or what is served as it is.
  const places = isAbsolute(specifier) ? [specifier, join(root, specifier), join(root, 'public', specifier)] : [];
  const there = places.find((place) => existsSync(place));
  if (there !== undefined) return there;
  const found = (await ask(specifier, folder))?.replace(/[?#].*$/, '');
  if (found !== undefined && isAbsolute(found)) return found;
  try {
    return createRequire(resolve(folder, 'importer.js')).resolve(specifier);
  } catch {
    // Node throws for whatever it does not find, and says no more than that.
    return undefined;
  }
}
