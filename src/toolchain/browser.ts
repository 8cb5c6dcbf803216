/** A browser without a window, driven through playwright-core, which users install if they want one: pages that obey. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { Report } from '../diagnostic.ts';
import { findProgram } from './compiler.ts';
import type { Dialogue } from './dialogue.ts';
import { peakOf } from './memory.ts';
import { findPackage } from './packages.ts';

/** The version that is tested, and that the hint names. */
const wanted = 'playwright-core@1.65.1';

export interface OpenBrowser {
  /** As it calls itself: `Chromium 156.0.1`. */
  readonly version: string;
  /** Opens a page that nothing was loaded into before. Orders go to the function of this name, once the page has it. */
  readonly open: (address: string, obey: string) => Promise<Page>;
  /** The most memory in bytes that one process of its pages ever had; null where the system does not say. */
  readonly peakBytes: () => Promise<number | null>;
  readonly close: () => Promise<void>;
}

/** `end` closes the page. */
export type Page = Dialogue;

export interface BrowserOptions {
  /** The program. */
  readonly path: string;
  /** Words before the command, which say where it runs. */
  readonly pin: readonly string[];
  /** A folder of its own. */
  readonly folder: string;
  /** Whether pages shall have WebGPU: on a GPU, or in software where there is none. */
  readonly gpu: boolean;
  readonly signal: AbortSignal;
}

/** Programs that take the orders of playwright-core, by the names and places that systems have for them. */
const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** The program that was named, here or in CHROME_PATH, or one that is installed. Undefined after a report. */
export async function findBrowser(named: string | undefined, report: Report): Promise<string | undefined> {
  const given = named ?? (process.env.CHROME_PATH || undefined);
  if (given !== undefined) {
    if (isProgram(given)) return given;
    return void report({
      severity: 'error',
      code: 'bench/no-browser',
      message: `"${given}" is no program that can be run`,
      hint:
        named === undefined
          ? 'set CHROME_PATH to the path of a browser, or unset it'
          : 'give the path of a browser; to have one looked for, put --browser last or before another option',
    });
  }
  const found = (await findProgram(names))?.path ?? places.find(isProgram);
  if (found !== undefined) return found;
  return void report({
    severity: 'error',
    code: 'bench/no-browser',
    message: 'no browser was found: there is no Chromium, Chrome or Edge in the usual places',
    hint: 'install one, or name it: --browser PATH, or the variable CHROME_PATH',
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Starts it. Undefined after a report. */
export async function openBrowser(options: BrowserOptions, report: Report): Promise<OpenBrowser | undefined> {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'bench/no-browser', message, hint });
  const found = findPackage('playwright-core');
  if (!found) return fail('driving a browser needs one more package', `npm install --save-dev ${wanted}`);
  const { chromium } = createRequire(join(found.folder, 'package.json'))(
    found.folder,
  ) as typeof import('playwright-core');
  try {
    const browser = await chromium.launch({
      executablePath: pinned(options),
      args: [...(options.gpu ? flags.filter((flag) => flag !== noGpu).concat(webgpu) : flags)],
      // Whoever interrupts us has the browser closed by us.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    return driving(browser, options.signal);
  } catch (error) {
    return fail(`"${options.path}" does not start: ${firstLine(error)}`, 'name another one: --browser PATH');
  }
}

const noGpu = '--disable-gpu';

/** Not everywhere is it on by itself: on Linux GPUs are reached through Vulkan, and software counts as unsafe. */
const webgpu = ['--enable-unsafe-webgpu', '--enable-features=Vulkan'];

/** Alone, without a window, and with nothing to say to anybody. */
export const quiet: readonly string[] = [
  '--headless',
  '--no-sandbox',
  noGpu,
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// Nothing but the server of ours is there.
const flags: readonly string[] = [...quiet, '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];

/** A script where words come before the command: whoever starts it puts options behind its first word. */
function pinned({ path, pin, folder }: BrowserOptions): string {
  if (pin.length === 0) return path;
  const script = join(folder, 'browser.sh');
  const quoted = [...pin, path].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  writeFileSync(script, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
  return script;
}

async function driving(browser: Browser, signal: AbortSignal): Promise<OpenBrowser> {
  const close = (): Promise<void> => browser.close().catch(() => {});
  signal.addEventListener('abort', () => void close(), { once: true });
  const session = await browser.newBrowserCDPSession();
  return {
    version: `${browser.browserType().name()} ${browser.version()}`.replace(/^c/, 'C'),
    async open(address, obey) {
      // A context shares no cache with another one.
      const context = await browser.newContext();
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('crash', () => faults.push('the page crashed'));
      await page.goto(address);
      let last: Promise<unknown> = page.waitForFunction(`typeof ${obey} === 'function' || undefined`, undefined, {
        timeout: 30_000,
      });
      const ask: Dialogue['ask'] = async (order) => {
        try {
          await last.catch(() => {});
          const answer = page.evaluate(`${obey}(${JSON.stringify(order)})`);
          last = answer;
          return { ok: true, value: await answer };
        } catch (error) {
          return { ok: false, reason: `ended: ${faults.at(-1) ?? firstLine(error)}` };
        }
      };
      return { ask, end: () => void context.close().catch(() => {}) };
    },
    async peakBytes() {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      const peaks = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => peakOf(id));
      return peaks.some((peak) => peak === undefined)
        ? null
        : peaks.reduce((most: number, p) => Math.max(most, p ?? 0), 0);
    },
    close,
  };
}

const firstLine = (error: unknown): string => String((error as Error)?.message ?? error).split('\n')[0];
