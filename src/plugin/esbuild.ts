/** The plugin for esbuild: `import { espalier } from 'espalier/esbuild'`. */
import type { Plugin } from 'esbuild';
import { createUnplugin } from 'unplugin';
import { esbuildFactory } from './esbuild-host.ts';
import type { PluginOptions } from './options.ts';

export type { ModelOptions, PluginOptions } from './options.ts';

/** Compiles models that are imported as `./model.json?espalier`. */
export const espalier: (options?: PluginOptions) => Plugin = createUnplugin(esbuildFactory).esbuild;
