/** Pages of tests: folders that are served, each below an address of its own, and what a browser computes there. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { expect } from 'vitest';
import { readFile } from '../src/make/files-in.ts';
import { quiet } from '../src/toolchain/browser.ts';

export const chromiumPath = '/usr/bin/chromium';

export const launch = (...args: readonly string[]): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath, args: [...quiet, ...args] });

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
};

export interface Place {
  readonly folder: string;
  /** Texts that are served as if they lay in the folder. */
  readonly pages?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Served {
  /** Below it each place has its name. */
  readonly address: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  close(): void;
}

/** Places by what their addresses begin with. There is nothing at the top. */
export async function serve(places: Readonly<Record<string, Place>>): Promise<Served> {
  const asked: string[] = [];
  const server = createServer(({ url = '/' }, answer) => {
    asked.push(url);
    const [, name, ...rest] = url.replace(/\/$/, '/index.html').split('/');
    const path = rest.join('/');
    const { folder, pages, headers } = places[name] ?? {};
    const contents = pages?.[path] ?? (folder && readFile(join(folder, path)));
    answer.writeHead(contents ? 200 : 404, {
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      ...headers,
    });
    answer.end(contents);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, asked, close: () => server.close() };
}

/** What the function `compute` of a new page answers, the last time of several; nothing else may go wrong in the page. */
export async function computed<Answer>(browser: Browser, address: string, given: unknown, times = 1): Promise<Answer> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(address);
  await page.waitForFunction('window.compute');
  const ask = (): Promise<Answer> =>
    page.evaluate((it) => (window as unknown as { compute(it: unknown): Promise<Answer> }).compute(it), given);
  for (let time = 1; time < times; time++) await ask();
  const answer = await ask();
  expect(faults).toEqual([]);
  await page.close();
  return answer;
}
