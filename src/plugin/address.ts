/** How each bundler is told to ship a file, and code to find it. Paths are absolute. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Address } from './module.ts';

const slashed = (path: string): string => path.replaceAll('\\', '/');

/** An identifier that no binding has. */
const imported = (path: string): string => `espalier_${basename(path).replace(/\W/g, '_')}`;

const importing = (path: string, specifier: string): Address => ({
  imports: `import ${imported(path)} from ${JSON.stringify(specifier)};`,
  url: `new URL(${imported(path)}, import.meta.url)`,
});

/** For pages made by Vite: its own assets, which know of `base`, workers and the dev server. */
export const viteAddress = (path: string): Address => importing(path, `${slashed(path)}?url&no-inline`);

/** For Node while it is developed: the file in the cache. */
export const fileAddress = (path: string): Address => ({ url: `new URL(${JSON.stringify(pathToFileURL(path).href)})` });

/** A place for a file that no other model's file has: the path from the folder above its output, which is named after all that it was made of. */
export const placeOf = (path: string): string =>
  /(?:^|\/)([0-9a-f]{24}\/.*)$/.exec(slashed(path))?.[1] ?? slashed(path).split('/').slice(-2).join('/');

/** For Node, in a build: a place in the output folder, which is known from each chunk once that has a name. */
export const serverAddress = (place: string): Address => ({
  url: `new URL('espalier-place:${place}', import.meta.url)`,
});

const places = /(['"`])espalier-place:([^'"`]+)\1/g;

/** Code of a chunk, with paths that begin there. */
export const serverFiles = (code: string, pathTo: (place: string) => string): string =>
  code.replace(places, (_, quote: string, place: string) => `${quote}${pathTo(place)}${quote}`);

/** For webpack and Rspack, which look for this very expression. */
export const webpackAddress = (path: string): Address => ({
  url: `new URL(${JSON.stringify(path)}, import.meta.url)`,
});

/** What emits files in bundlers of Rollup's kind; gives a reference. */
export interface Emitter {
  emitFile(file: { readonly type: 'asset'; readonly name: string; readonly source: Uint8Array }): string;
}

export const emittedAddress = (path: string, { emitFile }: Emitter): Address => ({
  url: `new URL(import.meta.ROLLUP_FILE_URL_${emitFile({ type: 'asset', name: basename(path), source: readFileSync(path) })})`,
});

/** Imports that esbuild copies beside its output. */
export const esbuildAsset = 'espalier-asset:';

/** What code is written for: `import.meta` is there in modules alone. */
export function esbuildAddress(path: string, format: string): Address {
  const address = importing(path, `${esbuildAsset}${path}`);
  const base: Readonly<Record<string, string>> = {
    cjs: `require('node:url').pathToFileURL(__filename)`,
    iife: `(typeof document === 'undefined' ? self.location.href : espalier_script)`,
  };
  if (base[format] === undefined) return address;
  // The script that runs is known while it is run, and not when the model is loaded. Each file brings it: hence `var`.
  const script = `var espalier_script = typeof document === 'undefined' ? undefined : document.currentScript?.src || document.baseURI;`;
  const imports = [address.imports, format === 'iife' ? script : ''].join('\n');
  return { imports, url: `new URL(${imported(path)}, ${base[format]})` };
}
