/**
 * Vite: in pages of the dev server a model is loaded anew where it runs, in builds its files are Vite's assets, and on a
 * server they are read from the disk.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, dirname, posix, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { packageFolder } from '../make/package.ts';
import { renderer } from '../render.ts';
import { fileAddress, placeOf, serverAddress, serverFiles, viteAddress } from './address.ts';
import type { Factory, Host } from './host.ts';
import { contextOf, hooks } from './host.ts';
import type { PluginOptions } from './options.ts';
import { createEspalier } from './plugin.ts';
import { asked, bindingOf, bindings, isBinding, ours, ownerOf, parseModuleName } from './request.ts';
import type { RollupContext } from './rollup-host.ts';
import { asRollup } from './rollup-host.ts';

/** What hooks are called on in Vite. */
interface ViteContext extends RollupContext {
  readonly environment: { readonly mode: string; readonly config: { readonly consumer: 'client' | 'server' } };
}

/** `again` makes the plugin once more for workers, which are bundled apart. */
export const viteFactory =
  (again: (options: PluginOptions | undefined) => Plugin): Factory =>
  (options) => {
    const espalier = createEspalier(options);
    const render = renderer(new URL('templates/', packageFolder()));
    /** Paths of files to go with a build for a server, by where they go. */
    const shipped = new Map<string, string>();
    let assets = 'assets';

    const address: Host<ViteContext>['address'] = (context) => (path) => {
      const { mode, config } = context.environment;
      if (config.consumer === 'client') return viteAddress(path);
      if (mode === 'dev') return fileAddress(path);
      const place = posix.join(assets, placeOf(path));
      shipped.set(place, path);
      return serverAddress(place);
    };
    const plain = hooks<ViteContext>(espalier, { resolve: asRollup, address });

    const vite: Plugin = {
      name: 'espalier',
      enforce: 'pre',
      config: () => ({ worker: { plugins: () => [again(options)] } }),
      configResolved({ root, build }) {
        espalier.root = root;
        assets = build.assetsDir;
      },
      resolveId: {
        filter: { id: [asked, /^espalier-binding:/] },
        handler(specifier, importer) {
          const context = contextOf<ViteContext>(this);
          if (isBinding(specifier)) return `\0${specifier}`;
          return espalier.resolve(specifier, importer, asRollup(context, importer));
        },
      },
      load: {
        filter: { id: [ours, bindings] },
        async handler(name) {
          const context = contextOf<ViteContext>(this);
          const { mode, config } = context.environment;
          if (mode === 'dev' && config.consumer === 'client' && ours.test(name)) {
            const { path } = parseModuleName(name);
            return render('plugin/live.js.hbs', {
              binding: JSON.stringify(bindingOf(name)),
              detail: JSON.stringify({ model: basename(path) }),
            });
          }
          const loaded = await espalier.load(ownerOf(name), context);
          return loaded.text(address(context));
        },
      },
      hotUpdate({ file, modules }) {
        const { moduleGraph } = this.environment;
        const names = espalier.modulesOf(file).flatMap((name) => [name, `\0${bindingOf(name)}`]);
        // A live module stays what it is: only its binding changes.
        const changed = names.flatMap((name) => moduleGraph.getModuleById(name) ?? []);
        const found = changed.filter(
          ({ id }) => bindings.test(id ?? '') || this.environment.config.consumer === 'server',
        );
        if (changed.length === 0) return undefined;
        // What Vite found itself are entries for files that are watched, which lead to the same modules.
        return [...modules.filter(({ id }) => id !== null), ...(found.length > 0 ? found : changed)];
      },
      renderChunk(code, { fileName }) {
        const found = serverFiles(code, (place) => posix.relative(posix.dirname(fileName), place));
        return found === code ? null : { code: found, map: null };
      },
      // A build for a server leaves out all assets, since it is the pages' build that ships them: here Node reads them.
      writeBundle({ dir, file = '.' }) {
        if (contextOf<ViteContext>(this).environment.config.consumer === 'client') return;
        for (const [place, path] of shipped) {
          const to = resolve(dir ?? dirname(file), place);
          mkdirSync(dirname(to), { recursive: true });
          copyFileSync(path, to);
        }
      },
    };
    return { ...plain, vite };
  };
