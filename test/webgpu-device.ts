/** WebGPU in this process, on the CPU: Dawn from npm on the SwiftShader that comes with Chromium. */
import { existsSync } from 'node:fs';
import { packageFolder } from '../src/make/package.ts';
import { isDawn, openDawn } from '../src/toolchain/dawn.ts';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';

const dawn: string = 'webgpu';

/** Why there is no WebGPU here, for the names of tests that are skipped; undefined where there is. */
export const noGpu: string | undefined = missing();

function missing(): string | undefined {
  if (!existsSync(driver)) return `without ${driver}, which chromium brings`;
  const installed = existsSync(new URL(`node_modules/${dawn}/package.json`, packageFolder()));
  return installed ? undefined : `without the package "${dawn}"`;
}

let opened: Promise<GPU> | undefined;

/** One for all tests of a process. */
export const gpu = (): Promise<GPU> => (opened ??= open());

async function open(): Promise<GPU> {
  const found = await openDawn();
  if (!isDawn(found)) throw new Error(found.message);
  return found;
}

let device: Promise<GPUDevice> | undefined;

/** One for all tests of a process, with the limits that every adapter has, and with subgroups. */
export const sharedDevice = (): Promise<GPUDevice> => (device ??= openDevice());

async function openDevice(): Promise<GPUDevice> {
  const adapter = await (await gpu()).requestAdapter();
  if (!adapter) throw new Error('SwiftShader is no adapter');
  return adapter.requestDevice({ requiredFeatures: ['subgroups'] });
}
