/** For tests of the command line with WebGPU in Node.js: other packages "webgpu" than the one that is installed, and none. */
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Ran } from './cli-kit.ts';
import { spawnEspalier } from './cli-kit.ts';

const own = fileURLToPath(new URL('..', import.meta.url));

/** Runs commands with the package of that text, which lies in `folder`. */
export function withPackage(folder: string, text: string): (argv: readonly string[]) => Promise<Ran> {
  const place = join(folder, 'node_modules/webgpu');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{ "version": "0.0.1", "main": "index.mjs" }');
  writeFileSync(join(place, 'index.mjs'), text);
  return (argv) => spawnEspalier(argv, { cwd: folder });
}

/** Runs commands of what is installed in `folder` as npm installs us, without what people install themselves. */
export function withoutPackage(folder: string): (argv: readonly string[]) => Promise<Ran> {
  const copy = (from: string, to: string) => cpSync(join(own, from), join(folder, to), { recursive: true });
  for (const part of ['src', 'passes', 'targets']) copy(`dist/${part}`, `dist/${part}`);
  for (const part of ['package.json', 'templates']) copy(part, part);
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(own, 'node_modules')))
    if (name !== 'webgpu') symlinkSync(join(own, 'node_modules', name), join(folder, 'node_modules', name));
  return (argv) => spawnEspalier(argv, { cwd: folder, main: join(folder, 'dist/src/cli/main.js') });
}

/** How that is said, whatever the command. */
export const noPackage =
  /^error: ("espalier": )?WebGPU in Node\.js takes the package "webgpu", and it is not installed \[[a-z-]+\/[a-z-]+\]\n {2}hint: npm install --save-dev webgpu@\d+\.\d+\.\d+\n$/;

/** The real one, whose devices go through the function `change` first. */
export const changed = (change: string): string => `
import * as real from ${JSON.stringify(pathToFileURL(join(own, 'node_modules/webgpu/index.js')).href)};
export const { globals } = real;
const change = ${change};
export const create = (options) => {
  const gpu = real.create(options);
  return {
    async requestAdapter(asked) {
      const adapter = await gpu.requestAdapter(asked);
      const make = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await make(descriptor);
        change(device);
        return device;
      };
      return adapter;
    },
  };
};`;
