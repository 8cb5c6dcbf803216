/** The plugin for webpack: `import { espalier } from 'espalier/webpack'`. */

import { createUnplugin } from 'unplugin';
import type { WebpackPluginInstance } from 'webpack';
import type { PluginOptions } from './options.ts';
import { webpackFactory } from './webpack-host.ts';

export type { ModelOptions, PluginOptions } from './options.ts';

/** Compiles models that are imported as `./model.json?espalier`. */
export const espalier: (options?: PluginOptions) => WebpackPluginInstance = createUnplugin(webpackFactory).webpack;
