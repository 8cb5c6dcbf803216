/** The plugin for Rollup: `import { espalier } from 'espalier/rollup'`. */
import type { Plugin } from 'rollup';
import { createUnplugin } from 'unplugin';
import type { PluginOptions } from './options.ts';
import { rollupFactory } from './rollup-host.ts';

export type { ModelOptions, PluginOptions } from './options.ts';

/** Compiles models that are imported as `./model.json?espalier`. */
export const espalier: (options?: PluginOptions) => Plugin = createUnplugin<PluginOptions | undefined, false>(
  rollupFactory,
).rollup;
