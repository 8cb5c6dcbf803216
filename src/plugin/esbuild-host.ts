/** esbuild, which copies files that are imported with its loader "file". */
import { readFileSync } from 'node:fs';
import type { PluginBuild } from 'esbuild';
import { esbuildAddress, esbuildAsset } from './address.ts';
import type { Factory } from './host.ts';
import { hooks } from './host.ts';
import type { Resolve } from './locate.ts';
import { createEspalier } from './plugin.ts';
import { asked } from './request.ts';

/** What esbuild writes when nobody says. */
const usual = { browser: 'iife', node: 'cjs', neutral: 'esm' } as const;

export const esbuildFactory: Factory = (options) => {
  const espalier = createEspalier(options);
  let [build, format]: [PluginBuild | undefined, string] = [undefined, 'esm'];
  const resolve: Resolve = async (path, resolveDir) => {
    const found = await build?.resolve(path, { kind: 'import-statement', resolveDir });
    return found?.errors.length === 0 ? found.path : undefined;
  };
  return {
    ...hooks(espalier, {
      resolve: () => resolve,
      address: () => (path) => esbuildAddress(path, format),
      namesAreShown: true,
    }),
    esbuild: {
      onResolveFilter: asked,
      loader: 'js',
      setup(esbuild) {
        const { absWorkingDir = process.cwd(), platform = 'browser', format: wanted } = esbuild.initialOptions;
        build = esbuild;
        format = wanted ?? usual[platform];
        espalier.root = absWorkingDir;
        esbuild.onResolve({ filter: new RegExp(`^${esbuildAsset}`) }, ({ path }) => ({
          path: path.slice(esbuildAsset.length),
          namespace: 'espalier-asset',
        }));
        esbuild.onLoad({ filter: /./, namespace: 'espalier-asset' }, ({ path }) => ({
          contents: readFileSync(path),
          loader: 'file',
        }));
      },
    },
  };
};
