/** Shaders timed in a page that we serve: in a browser that we start, or in one that a person opens. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ownMount, sourceRoot } from '../bench/web/kit.ts';
import { startServer } from '../bench/web/server.ts';
import type { Report } from '../diagnostic.ts';
import type { Journal } from '../make/journal.ts';
import { moduleExtension } from '../make/package.ts';
import { openBrowser } from '../toolchain/browser.ts';
import type { MeasuredShaders } from './gpu-node.ts';
import { timedSchema } from './gpu-node.ts';
import type { StoredJob } from './shaders.ts';
import type { PageJob } from './web/page-main.ts';
import { addresses, doneName } from './web/page-main.ts';

export interface PageOptions {
  /** The program of a browser to start; where there is none, somebody else opens the page. */
  readonly browser: string | undefined;
  readonly seconds: number;
  /** Told the page's address. */
  readonly opened: (address: string) => void;
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

const sent = z.union([z.object({ fault: z.string() }), timedSchema]);

/** Undefined after a report. */
export async function timeInPage(
  stored: StoredJob,
  options: PageOptions,
  report: Report,
): Promise<MeasuredShaders | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-tune-'));
  options.journal.hold(folder);
  try {
    return await served(stored, folder, options, report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    options.journal.release(folder);
  }
}

async function served(
  { job, weights }: StoredJob,
  folder: string,
  { browser: path, seconds, opened, signal }: PageOptions,
  report: Report,
): Promise<MeasuredShaders | undefined> {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'tune/no-gpu', message, hint });
  const [held, timed] = [join(folder, 'weights.bin'), join(folder, 'timed.json')];
  writeFileSync(held, weights);
  const server = await startServer({
    mounts: { [ownMount]: fileURLToPath(sourceRoot) },
    mayServe: (address) => address.startsWith(`${ownMount}src/tune/web/`),
    numbers: { [addresses.weights]: held, [addresses.timed]: timed },
    texts: () => ({
      '/': page,
      [addresses.job]: JSON.stringify({ ...job, seconds } satisfies PageJob),
      '/favicon.ico': '',
    }),
  });
  const browser =
    path === undefined ? undefined : await openBrowser({ path, pin: [], folder, gpu: true, signal }, report);
  try {
    if (path !== undefined && !browser) return undefined;
    opened(server.origin);
    const ended = browser && (await (await browser.open(server.origin, doneName)).ask(''));
    if (ended && !ended.ok) return fail(`the page ${ended.reason}`, 'open it in another browser: --page');
    while (!browser && !existsSync(timed) && !signal.aborted) await sleep(200);
    if (!existsSync(timed)) return fail('no page sent what it measured', 'open it in another browser: --page');
    const { data } = sent.safeParse(JSON.parse(readFileSync(timed, 'utf8')));
    if (!data) return fail('the page sent something else than what it measured', 'measure anew');
    return 'fault' in data ? fail(data.fault, 'open the page in another browser: --page') : data;
  } finally {
    await browser?.close();
    server.close();
  }
}

const page = `<!doctype html>
<meta charset="utf-8">
<title>espalier tune</title>
<body><script type="module">
import { begin } from '${ownMount}src/tune/web/page-main.${moduleExtension}';
begin();
</script></body>
`;
