/** Folders with an app in them, as somebody has who uses the package: with `espalier` and bundlers installed. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFile } from '../src/make/files-in.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** A new folder, which goes when the test run does. */
export function appFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-app-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Installs what lies in our own node_modules, and us, as `npm install file:` does. */
export function installed(folder: string, packages: readonly string[]): void {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/espalier'), 'dir');
  for (const name of packages) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'dir');
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
};

export interface Served {
  readonly address: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  close(): void;
}

/** A folder under an address of its own, below which nothing is at the top. */
export async function serve(folder: string, below = '/app'): Promise<Served> {
  const asked: string[] = [];
  const server = createServer(({ url = '/' }, answer) => {
    asked.push(url);
    const path = url.slice(below.length).replace(/\/$/, '/index.html');
    const bytes = url.startsWith(below) ? readFile(join(folder, path)) : undefined;
    answer.writeHead(bytes ? 200 : 404, { 'content-type': types[extname(path)] ?? 'application/octet-stream' });
    answer.end(bytes);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}${below}/`;
  return { address, asked, close: () => server.close() };
}

export const chromiumPath = '/usr/bin/chromium';
