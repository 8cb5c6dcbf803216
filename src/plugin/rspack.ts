/** The plugin for Rspack, which has webpack's interface: `import { espalier } from 'espalier/rspack'`. */
import { createUnplugin } from 'unplugin';
import type { PluginOptions } from './options.ts';
import { webpackFactory } from './webpack-host.ts';

export type { ModelOptions, PluginOptions } from './options.ts';

/** What Rspack takes as a plugin; its own types come with a compiler of 50 MB. */
export interface RspackPlugin {
  apply(compiler: unknown): void;
}

/** Compiles models that are imported as `./model.json?espalier`. */
export const espalier: (options?: PluginOptions) => RspackPlugin = createUnplugin(webpackFactory).rspack;
