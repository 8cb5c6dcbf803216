/** Where contenders for the web run: processes of Node.js, or pages of a browser. Each is a fresh one. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../diagnostic.ts';
import type { ManifestPort } from '../../make/manifest.ts';
import type { OpenBrowser } from '../../toolchain/browser.ts';
import { openBrowser } from '../../toolchain/browser.ts';
import type { Process, ProcessOptions } from '../contender.ts';
import { startPage, startSubject } from '../contender.ts';
import type { Orders } from '../orders.ts';
import type { Kit, PageKit } from './kit.ts';
import { atOrigin, ownMount, pageModule, sourceRoot } from './kit.ts';
import { obeyName } from './page-main.ts';
import type { PageServer } from './server.ts';
import { startServer } from './server.ts';

export interface Place {
  readonly kind: 'node' | 'browser';
  /** Why a kit does not run here; undefined where it does. */
  readonly fault: (kit: Kit) => string | undefined;
  /** Starts a process or a page that has loaded nothing yet. Undefined after a report. */
  readonly open: (kit: Kit) => Promise<Process | undefined>;
  /** As it calls itself. */
  readonly version: () => string;
  /** Ends whatever was started. */
  readonly close: () => Promise<void>;
}

export interface PlaceOptions {
  /** A folder that lasts as long as the place does. */
  readonly folder: string;
  readonly inputs: readonly ManifestPort[];
  readonly outputs: readonly ManifestPort[];
  readonly pin: readonly string[];
  /** Whether contenders need WebGPU. */
  readonly gpu: boolean;
  readonly signal: AbortSignal;
  readonly report: Report;
}

const processOptions = (options: PlaceOptions, name: string): ProcessOptions => {
  const folder = join(options.folder, `${name}-numbers`);
  mkdirSync(folder, { recursive: true });
  return { ...options, name, folder };
};

export const nodePlace = (options: PlaceOptions): Place => ({
  kind: 'node',
  fault: ({ node }) => (typeof node === 'string' ? node : undefined),
  async open({ name, node }) {
    if (typeof node === 'string') return undefined;
    return startSubject(node, processOptions(options, name));
  },
  version: () => `Node.js ${process.version}`,
  close: async () => {},
});

/** A browser for each kit, so that none of their pages shares a process. `path` is the browser's. */
export function browserPlace(path: string, options: PlaceOptions): Place {
  const browsers = new Map<string, OpenBrowser>();
  const servers: PageServer[] = [];
  const browserFor = async (name: string): Promise<OpenBrowser | undefined> => {
    const known = browsers.get(name);
    if (known) return known;
    const { folder } = processOptions(options, name);
    const opened = await openBrowser({ ...options, path, folder }, options.report);
    if (opened) browsers.set(name, opened);
    return opened;
  };
  return {
    kind: 'browser',
    fault: ({ page }) => (typeof page === 'string' ? page : undefined),
    async open({ name, page, ships }) {
      const browser = typeof page === 'string' ? undefined : await browserFor(name);
      if (typeof page === 'string' || !browser) return undefined;
      let server: PageServer | undefined;
      const opened = await startPage(
        async ({ paths, ...ports }) => {
          server = await serverFor(page, new Set(ships.map((file) => file.path)), ports, paths);
          servers.push(server);
          return browser.open(`${server.origin}/`, obeyName);
        },
        processOptions(options, name),
      );
      return {
        ...opened,
        async start(inputs) {
          const start = await opened.start(inputs);
          if (server && !isShipped(server.sent, ships))
            options.report({
              severity: 'warning',
              code: 'bench/shipped',
              message: `a page of "${name}" loaded other files than those whose bytes are counted`,
              hint: 'use the version that is tested',
            });
          return start && { ...start, peakBytes: await browser.peakBytes() };
        },
        dispose() {
          opened.dispose();
          server?.close();
        },
      };
    },
    version: () => [...browsers.values()][0]?.version ?? 'a browser',
    async close() {
      await Promise.all([...browsers.values()].map((browser) => browser.close()));
      for (const server of servers) server.close();
    },
  };
}

/** Whether a page was sent what people are said to download, and nothing else but our modules. */
const isShipped = (sent: PageServer['sent'], ships: Kit['ships']): boolean => {
  const theirs = new Set([...sent].flatMap(([address, file]) => (address.startsWith(ownMount) ? [] : [file])));
  return theirs.size === ships.length && ships.every(({ path }) => theirs.has(path));
};

const serverFor = (
  { mounts, imports, site }: PageKit,
  shipped: ReadonlySet<string>,
  ports: Pick<Orders, 'inputs' | 'outputs'>,
  numbers: Readonly<Record<string, string>>,
): Promise<PageServer> =>
  startServer({
    mounts: { ...mounts, [ownMount]: fileURLToPath(sourceRoot) },
    // Beside a model lies whatever its owner has there.
    mayServe: (address, file) => !address.startsWith('/model/') || shipped.has(file),
    numbers,
    texts: (origin) => ({
      '/': page(imports),
      '/orders.json': JSON.stringify({
        subject: { kind: 'site', site: atOrigin(origin, site) },
        ...ports,
      } satisfies Orders),
      '/favicon.ico': '',
    }),
  });

/** Paths of packages are all that is in it. */
const page = (imports: Readonly<Record<string, string>>): string => `<!doctype html>
<meta charset="utf-8">
<title>espalier bench</title>
<script type="importmap">${JSON.stringify({ imports }).replaceAll('<', '\\u003c')}</script>
<body><script type="module">
import { begin } from '${pageModule}';
await begin();
</script></body>
`;
