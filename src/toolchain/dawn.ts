/** WebGPU in Node.js: Dawn from the package "webgpu", which users install if they want it. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findPackage } from './packages.ts';
import { findVulkan } from './vulkan.ts';

/** The version that is tested, and that the hint names. */
const wanted = 'webgpu@0.6.2';

export interface NoDawn {
  readonly message: string;
  readonly hint: string;
}

/** What the adapters of WebGPU stand on. */
const drivers = 'a driver for Vulkan, Metal or Direct3D 12';

export const noAdapter: NoDawn = {
  message: `WebGPU has no adapter here: ${drivers} is missing`,
  hint: `install ${drivers}; on Linux, chromium or mesa-vulkan-drivers bring one that runs on the CPU`,
};

interface Dawn {
  readonly globals: object;
  create(options: readonly string[]): GPU;
}

/** On the drivers of the system, or in software where Linux has none. The names of WebGPU become global, as in pages. */
export async function openDawn(): Promise<GPU | NoDawn> {
  const found = findPackage('webgpu');
  const hint = `npm install --save-dev ${wanted}`;
  if (!found) return { message: 'WebGPU in Node.js takes the package "webgpu", and it is not installed', hint };
  findVulkan();
  try {
    const main = createRequire(join(found.folder, 'package.json')).resolve(found.folder);
    const { create, globals } = (await import(pathToFileURL(main).href)) as Dawn;
    Object.assign(globalThis, globals);
    return create([]);
  } catch (cause) {
    const [reason] = String(cause instanceof Error ? cause.message : cause).split('\n');
    return { message: `the package "webgpu" in "${found.folder}" does not load: ${reason}`, hint };
  }
}

export const isDawn = (found: GPU | NoDawn): found is GPU => 'requestAdapter' in found;
