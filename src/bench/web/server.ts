/** A server for pages of this machine alone: files of some folders, and numbers that come back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

export interface ServerOptions {
  /** Folders by the beginning of the addresses in them, which ends with a slash. Modules of TypeScript are compiled. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Whether a file may be read by the page. */
  readonly mayServe: (address: string, file: string) => boolean;
  /** Texts by address. They may depend on the origin. */
  readonly texts: (origin: string) => Readonly<Record<string, string>>;
  /** Files by the address that they are read and written at. */
  readonly numbers: Readonly<Record<string, string>>;
}

export interface PageServer {
  readonly origin: string;
  /** Files that were sent since it began, without numbers, by their addresses. */
  readonly sent: ReadonlyMap<string, string>;
  readonly close: () => void;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.ts': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** Isolated from other pages, as threads and exact clocks want it; nothing is kept, so that every start is a first one. */
const headers = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export async function startServer({ mounts, mayServe, texts, numbers }: ServerOptions): Promise<PageServer> {
  const sent = new Map<string, string>();
  let known: Readonly<Record<string, string>> = {};
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const end = (status: number, body: string | Uint8Array = ''): void =>
      void response
        .writeHead(status, {
          ...headers,
          'content-type': types[path === '/' ? '.html' : extname(path)] ?? 'application/octet-stream',
        })
        .end(body);
    if (Object.hasOwn(numbers, path)) {
      if (request.method !== 'PUT') return end(200, readFileSync(numbers[path]));
      const pieces: Uint8Array[] = [];
      for await (const piece of request) pieces.push(piece as Uint8Array);
      writeFileSync(numbers[path], Buffer.concat(pieces));
      return end(200);
    }
    if (request.method !== 'GET') return end(405);
    if (Object.hasOwn(known, path)) return end(200, known[path]);
    const file = fileAt(path, mounts);
    if (file === undefined || !mayServe(path, file)) return end(404);
    const bytes = await readFile(file);
    sent.set(path, file);
    return end(200, path.endsWith('.ts') ? compiled(bytes.toString()) : bytes);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(404, headers).end());
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  known = texts(origin);
  return {
    origin,
    sent,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** No part of an address leads out of its folder. */
function fileAt(path: string, mounts: ServerOptions['mounts']): string | undefined {
  const [prefix, folder] = Object.entries(mounts).find(([start]) => path.startsWith(start)) ?? [];
  if (prefix === undefined || folder === undefined) return undefined;
  const rest = path.slice(prefix.length);
  return /[\\\0]/.test(rest) || rest.split('/').includes('..') ? undefined : join(folder, rest);
}

/** JavaScript of one of our modules, where we run from sources. The compiler is loaded then alone. */
function compiled(text: string): string {
  const { ts } = createRequire(import.meta.url)('ts-morph') as typeof import('ts-morph');
  const { ScriptTarget: target, ModuleKind: module } = ts;
  const compilerOptions = { target: target.ES2022, module: module.ESNext, verbatimModuleSyntax: true };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}
