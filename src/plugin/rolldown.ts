/** The plugin for Rolldown: `import { espalier } from 'espalier/rolldown'`. */
import type { Plugin } from 'rolldown';
import { createUnplugin } from 'unplugin';
import type { PluginOptions } from './options.ts';
import { rollupFactory } from './rollup-host.ts';

export type { ModelOptions, PluginOptions } from './options.ts';

/** Compiles models that are imported as `./model.json?espalier`. */
export const espalier: (options?: PluginOptions) => Plugin = createUnplugin<PluginOptions | undefined, false>(
  rollupFactory,
).rolldown;
