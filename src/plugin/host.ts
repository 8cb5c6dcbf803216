/** What all bundlers have in common: hooks that find a module and load it. */
import type { UnpluginFactory, UnpluginOptions } from 'unplugin';
import type { Resolve } from './locate.ts';
import type { Address } from './module.ts';
import type { PluginOptions } from './options.ts';
import type { Context, Espalier } from './plugin.ts';
import { asked, ours } from './request.ts';

export type Factory = UnpluginFactory<PluginOptions | undefined, false>;

/** What bundlers want otherwise. */
export interface Host<C extends Context> {
  /** How the bundler finds a path that is not beside the importer. */
  readonly resolve: (context: C, importer: string | undefined) => Resolve;
  /** How it is told to ship a file. */
  readonly address: (context: C) => (path: string) => Address;
  /** Whether names stand in what the bundler writes, where a `\0` would make a text binary. */
  readonly namesAreShown?: boolean;
}

export function hooks<C extends Context>(
  espalier: Espalier,
  { resolve, address, namesAreShown = false }: Host<C>,
): UnpluginOptions {
  return {
    name: 'espalier',
    enforce: 'pre',
    resolveId: {
      filter: { id: asked },
      async handler(specifier, importer) {
        const name = await espalier.resolve(specifier, importer, resolve(contextOf<C>(this), importer));
        return namesAreShown ? name?.slice(1) : name;
      },
    },
    load: {
      filter: { id: namesAreShown ? /^espalier:/ : ours },
      async handler(name) {
        const context = contextOf<C>(this);
        const loaded = await espalier.load(namesAreShown ? `\0${name}` : name, context);
        return loaded.text(address(context));
      },
    },
  };
}

/** The types of unplugin know what all bundlers give, and one bundler gives more. */
export const contextOf = <C extends Context>(context: unknown): C => context as C;
