/** The plugin for Vite: `import { espalier } from 'espalier/vite'`. */
import { createUnplugin } from 'unplugin';
import type { Plugin } from 'vite';
import type { PluginOptions } from './options.ts';
import { viteFactory } from './vite-host.ts';

export type { ModelOptions, PluginOptions } from './options.ts';

/** Compiles models that are imported as `./model.json?espalier`. */
export const espalier: (options?: PluginOptions) => Plugin = createUnplugin<PluginOptions | undefined, false>(
  viteFactory((options) => espalier(options)),
).vite;
