/** What it takes to run a contender in Node.js or in a page, and what a page of it makes people download. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { moduleExtension } from '../../make/package.ts';
import type { Subject } from '../orders.ts';
import type { Site } from './site.ts';

export interface Kit {
  readonly name: string;
  /** Of the runtime; null where there is none. */
  readonly version: string | null;
  /** For Node.js, or why it does not run there. */
  readonly node: Subject | string;
  /** For a page, or why it does not run there. */
  readonly page: PageKit | string;
  /** Files that a page loads, each compressed by itself. Empty where it is no matter for the web. */
  readonly ships: readonly Shipped[];
}

/** Code is the same for every model; a module that is both is taken apart. */
export interface Shipped {
  readonly path: string;
  readonly role: 'code' | 'weights' | 'module';
}

export interface PageKit {
  /** Folders by the first part of the addresses that are in them. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Addresses by the names that modules import. */
  readonly imports: Readonly<Record<string, string>>;
  /** With addresses that begin with a slash. */
  readonly site: Site;
}

/** The names of the modules that open contenders. */
export type DriverName = 'ours' | 'ours-gpu' | 'steps' | 'tfjs' | 'tfjs-gpu' | 'ort-web' | 'litert';

/** The folder above `src/`, of sources or of what they were compiled to. */
export const sourceRoot = new URL('../../../', import.meta.url);

const driverPath = (name: DriverName): string => `src/bench/web/drive-${name}.${moduleExtension}`;

/** Our modules as addresses of a page. */
export const ownMount = '/espalier/';

export const pageModule = `${ownMount}src/bench/web/page-main.${moduleExtension}`;

export type Ports = Pick<Site, 'threads' | 'inputs' | 'outputs' | 'constants'>;

interface Parts {
  readonly driver: DriverName;
  /** Paths of files. */
  readonly modules: Readonly<Record<string, string>>;
  readonly assets?: string;
  readonly model: string;
  readonly gpu?: boolean;
}

/** Everything in the file system. */
export const fileSite = ({ driver, modules, assets, model, gpu = false }: Parts, ports: Ports): Subject => ({
  kind: 'site',
  site: {
    ...ports,
    gpu,
    driver: new URL(driverPath(driver), sourceRoot).href,
    modules: mapValues(modules, (path) => pathToFileURL(path).href),
    // Runtimes read binaries by path.
    assets: assets === undefined ? '' : `${assets}/`,
    model: pathToFileURL(model).href,
  },
});

/** The site of a page, where everything lies under one of the mounts. */
export function pageSite(
  { driver, modules, assets, model, gpu = false }: Parts,
  mounts: PageKit['mounts'],
  ports: Ports,
): Site {
  const addressOf = (path: string): string => {
    const [prefix, folder] = Object.entries(mounts).find(([, f]) => path === f || path.startsWith(join(f, '/'))) ?? [
      '/',
      dirname(path),
    ];
    const parts = path.slice(folder.length + 1).split(/[\\/]/);
    return prefix + parts.map(encodeURIComponent).join('/');
  };
  return {
    ...ports,
    gpu,
    driver: `${ownMount}${driverPath(driver)}`,
    modules: mapValues(modules, addressOf),
    assets: assets === undefined ? '' : `${addressOf(assets).replace(/\/$/, '')}/`,
    model: addressOf(model),
  };
}

/** The site as it is at this origin. */
export const atOrigin = (origin: string, site: Site): Site => ({
  ...site,
  driver: origin + site.driver,
  modules: mapValues(site.modules, (address) => origin + address),
  assets: site.assets === '' ? '' : origin + site.assets,
  model: origin + site.model,
});

const mapValues = (record: Readonly<Record<string, string>>, to: (value: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));

/** What we build: a binding, a module or shaders, and whatever the binding loads besides. What lies in folders is for other places. */
export function ownKit(folder: string, name: string, files: readonly string[], ports: Ports, gpu = false): Kit {
  const binding = join(folder, `${name}.js`);
  const parts: Parts = { driver: gpu ? 'ours-gpu' : 'ours', modules: { binding }, model: binding, gpu };
  const mounts = { '/model/': folder };
  const ships = files
    .filter((file) => /^[^/]+\.(?:js|wasm|wgsl|bin)$/.test(file) && existsSync(join(folder, file)))
    .map((file): Shipped => ({ path: join(folder, file), role: shippedRoles[file.slice(file.lastIndexOf('.'))] }));
  return {
    name: 'espalier',
    version: null,
    node: fileSite(parts, ports),
    page: { mounts, imports: {}, site: pageSite(parts, mounts, ports) },
    ships,
  };
}

/** The steps of what we build, which ship to nobody but the page that times them. */
export function stepsKit(folder: string, index: string, files: readonly string[], ports: Ports): Kit {
  const parts: Parts = { driver: 'steps', modules: {}, model: join(folder, index) };
  const mounts = { '/model/': folder };
  return {
    name: 'espalier',
    version: null,
    node: fileSite(parts, ports),
    page: { mounts, imports: {}, site: pageSite(parts, mounts, ports) },
    ships: files.map((file): Shipped => ({ path: join(folder, file), role: 'code' })),
  };
}

const shippedRoles: Readonly<Record<string, Shipped['role']>> = {
  '.js': 'code',
  '.wgsl': 'code',
  '.wasm': 'module',
  '.bin': 'weights',
};
