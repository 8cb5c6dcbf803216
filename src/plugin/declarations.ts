/**
 * The file that the option `types` names: a module for each model that was imported, as precise as the compiler knows it,
 * and after them what `espalier/client` says of any other. Of several patterns TypeScript takes the first that fits.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { packageFolder } from '../make/package.ts';

export interface Declared {
  /** As the import spells it. */
  readonly specifier: string;
  /** The model's path from the root. */
  readonly model: string;
  /** The binding's declarations. */
  readonly types: string;
}

const head = '// Written by Espalier, for models that are imported. It takes the place of "espalier/client".\n';

/** A module of the file, with the model that it is about. Its own lines are indented, or begin with a comment. */
const block = /^\/\/ (.+)\ndeclare module ('.+') \{\n([\s\S]*?)^\}\n/gm;

/** Adds a model to the file, or brings it up to date. Models that are gone leave it. */
export function declareModel(file: string, root: string, { specifier, model, types }: Declared): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const blocks = new Map(
    Array.from(before.matchAll(block), ([text, path, pattern]) => [pattern, { path, text }] as const).filter(
      ([, { path }]) => existsSync(resolve(root, path)),
    ),
  );
  const pattern = patternOf(specifier);
  blocks.set(pattern, { path: model, text: `// ${model}\ndeclare module ${pattern} {\n${bodyOf(types)}}\n` });
  const sorted = [...blocks].sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1)).map(([, { text }]) => text);
  const others = readFileSync(new URL('templates/plugin/client.d.ts', packageFolder()), 'utf8').replace(
    /^\/\*\*[\s\S]*?\*\/\n/,
    '',
  );
  const after = `${head}\n${[...sorted, others].join('\n')}`;
  if (after === before) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, after);
}

/** Imports beside the importer are matched by how they end: TypeScript has no other way for paths that are not there. */
function patternOf(specifier: string): string {
  const ending = specifier.replace(/^(?:\.{1,2}\/)+/, '');
  return `'${(ending === specifier ? specifier : `*/${ending}`).replace(/[\\']/g, '\\$&')}'`;
}

const bodyOf = (types: string): string =>
  types
    .replaceAll('export declare ', 'export ')
    .replace(/^(?=.)/gm, '  ')
    .replace(/\n*$/, '\n');
