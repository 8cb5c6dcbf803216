/**
 * The plugin, once for all bundlers: finds the model that an import means, compiles it, and answers with the binding.
 * What a bundler wants otherwise is in `hosts.ts`.
 */
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import { bug, printDiagnostic } from '../diagnostic.ts';
import type { Manifest } from '../make/manifest.ts';
import type { Cache, Output } from './cache.ts';
import { cacheFolder } from './cache.ts';
import { declareModel } from './declarations.ts';
import { pluginFault } from './fault.ts';
import type { Resolve } from './locate.ts';
import { locate } from './locate.ts';
import type { Made, NotMade } from './make.ts';
import { make } from './make.ts';
import type { Address } from './module.ts';
import { moduleText } from './module.ts';
import type { PluginOptions } from './options.ts';
import { checkedOptions, optionsFor, parseQuery } from './options.ts';
import { besideImport, besideIn, moduleName, parseImport, parseModuleName, unescaped } from './request.ts';

/** What hooks are called on, as far as all bundlers have it. */
export interface Context {
  addWatchFile(file: string): void;
  warn(message: string): void;
  /** Some have nothing for what is no warning. */
  info?(message: string): void;
}

export interface Loaded extends Output {
  /** The name of the binding's module, with addresses as the bundler wants them. */
  text(addressOf: (path: string) => Address): string;
}

export interface Espalier {
  /** The folder that paths are relative to; the current one until a bundler says otherwise. */
  root: string;
  /** The module that answers an import, or undefined if the import is not for us. */
  resolve(specifier: string, importer: string | undefined, ask: Resolve): Promise<string | undefined>;
  load(name: string, context: Context): Promise<Loaded>;
  /** The names of modules that a file is part of. */
  modulesOf(file: string): readonly string[];
}

/** One plugin in one bundler. It keeps in mind what is being compiled, and which files that was made of. */
export function createEspalier(options: PluginOptions = {}): Espalier {
  const running = new Map<string, Promise<Made | NotMade>>();
  const filesOf = new Map<string, readonly string[]>();
  const specifiers = new Map<string, Set<string>>();
  const cache = (root: string): Cache => ({
    root,
    folder: options.cache === undefined ? cacheFolder(root) : resolve(root, options.cache),
  });

  return {
    root: process.cwd(),

    async resolve(specifier, importer, ask) {
      const request = parseImport(specifier);
      if (!request) return undefined;
      // We wrote it ourselves, and know where the model is.
      if (besideIn(request).isBeside) return moduleName({ ...request, path: unescaped(request.path) });
      const path = await locate(request.path, importer, this.root, ask);
      if (path !== undefined) {
        const name = moduleName({ ...request, path });
        specifiers.set(name, (specifiers.get(name) ?? new Set()).add(specifier));
        return name;
      }
      const message = `the model "${request.path}" is not found`;
      const hint = 'begin with "./" for a path beside the file that imports it, or name a file in an installed package';
      const origin = { file: importer ?? this.root };
      throw pluginFault(origin.file, [{ severity: 'error', code: 'plugin/not-found', message, hint, origin }]);
    },

    async load(name, context) {
      const { path, query: whole } = parseModuleName(name);
      const { isBeside, query } = besideIn({ path, query: whole });
      const { root } = this;
      const faults: Diagnostic[] = [];
      const said = checkedOptions(optionsFor(shown(root, path), options), root, (d) => void faults.push(d));
      const asked = checkedOptions(parseQuery(query), resolve(path, '..'), (d) => void faults.push(d));
      if (!said || !asked)
        throw pluginFault(
          path,
          faults.map((d) => ({ ...d, origin: { file: shown(root, path) } })),
        );
      const both = moduleName({ path, query });
      const begun = running.get(both) ?? make(cache(root), { path, options: { ...said, ...asked } });
      running.set(both, begun);
      // One model may be wanted by pages and by a server at once; once it is there, its files are looked at anew.
      const made = await begun.finally(() => running.delete(both));
      filesOf.set(name, made.files);
      for (const file of made.files) context.addWatchFile(file);
      if (!made.ok) {
        const origin = { file: shown(root, path) };
        throw pluginFault(
          path,
          made.diagnostics.map((d) => ({ origin, ...d })),
        );
      }
      for (const diagnostic of made.diagnostics) context.warn(printDiagnostic(diagnostic));
      if (made.isNew) context.info?.(`compiled ${shown(root, path)}`);
      const { folder, files } = partOf(made.output, isBeside);
      const read = (role: string): string => {
        const file = files.find((f) => f.role === role) ?? bug(`the output has no ${role}`);
        return readFileSync(join(folder, file.path), 'utf8');
      };
      if (options.types !== undefined)
        for (const specifier of specifiers.get(name) ?? [])
          declareModel(resolve(root, options.types), root, {
            specifier,
            model: shown(root, path),
            types: read('types'),
          });
      const paths = files.map((f) => f.path);
      return {
        ...made.output,
        text: (addressOf) =>
          moduleText(read('binding'), paths, {
            file: (file) => addressOf(join(folder, file)),
            beside: besideImport(both),
          }),
      };
    },

    modulesOf: (file) => [...filesOf].filter(([, files]) => files.includes(resolve(file))).map(([name]) => name),
  };
}

/** What lies in the output's folder, or what was built beside it, in the one folder that is in there. */
function partOf({ folder, manifest }: Output, isBeside: boolean): Pick<Output, 'folder'> & Pick<Manifest, 'files'> {
  const top = manifest.files.filter((f) => !f.path.includes('/'));
  if (!isBeside) return { folder, files: top };
  const [name] =
    manifest.files.find((f) => f.path.includes('/'))?.path.split('/') ?? bug('nothing was built beside it');
  const below = manifest.files.filter((f) => f.path.startsWith(`${name}/`));
  return { folder: join(folder, name), files: below.map((f) => ({ ...f, path: f.path.slice(name.length + 1) })) };
}

/** A path from the root, as globs and messages have it. */
const shown = (root: string, path: string): string => relative(root, path).replaceAll('\\', '/');
