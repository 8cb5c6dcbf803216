/** An output folder, ready to run. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { targets } from '../../targets/index.ts';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { AdapterInfo } from '../toolchain/adapter.ts';
import { openGpu } from '../toolchain/run-gpu.ts';
import type { Timing } from '../toolchain/run-native.ts';
import { loadWasm } from '../toolchain/run-wasm.ts';
import { cudaToolkit } from '../toolchain/toolkit.ts';
import { readManifest } from './folder.ts';
import type { Manifest } from './manifest.ts';
import { manifestName } from './manifest.ts';
import { openNative } from './native.ts';
import { timingFrom, timingOf } from './timing.ts';

export interface OpenModel {
  readonly manifest: Manifest;
  /** What WebGPU runs it on; absent for other targets. */
  readonly adapter?: AdapterInfo;
  /** Plain inputs by name → plain outputs by name; undefined, and reported, if the program fails. */
  readonly run: (inputs: Named) => Promise<Named | undefined>;
  /** How long each of `times` runs on these inputs takes, after a first one that is not counted. */
  readonly time: (inputs: Named, times: number) => Promise<Timing | undefined>;
  readonly dispose: () => void;
}

/** Whether a folder is an output of `espalier build`. */
export const isOutput = (folder: string): boolean => existsSync(join(folder, manifestName));

/** Loads what was built into `folder`; undefined, and reported, if it cannot be run. `signal` ends programs. */
export async function openFolder(folder: string, report: Report, signal?: AbortSignal): Promise<OpenModel | undefined> {
  const fail = (code: string, message: string, hint: string): undefined =>
    void report({ severity: 'error', code, message, hint, origin: { file: folder } });
  const manifest = readManifest(folder);
  if (!manifest) return fail('run/not-an-output', `there is no readable "${manifestName}"`, 'build the model anew');
  const gone = manifest.files.find(({ path }) => !existsSync(join(folder, path)));
  if (gone) return fail('run/file-missing', `the file "${gone.path}" is missing`, 'build the model anew');
  if (manifest.split)
    return fail(
      'run/shared',
      'the network is shared by a CPU and an accelerator, which is not simulated here',
      'host/csim.sh in the folder builds programs that simulate it: see README.md there',
    );
  const has = (role: string): boolean => manifest.files.some((file) => file.role === role);
  if (!has('binary'))
    return fail(
      'run/no-binary',
      'the folder holds sources and no binary',
      targets.some(({ name, hardwareFault }) => name === manifest.target && hardwareFault)
        ? 'hardware is simulated: see README.md in the folder'
        : manifest.target === 'cuda'
          ? `build without --source-only; ${cudaToolkit.hint}`
          : 'build without --source-only, with a C compiler installed',
    );
  const opened = await (!has('binding')
    ? openNative(folder, manifest, report, signal)
    : targets.some(({ name, beside }) => name === manifest.target && beside !== undefined)
      ? openOnGpu(folder, manifest, report, signal)
      : openWasm(folder, manifest));
  return opened && { ...opened, manifest };
}

async function openOnGpu(
  folder: string,
  manifest: Manifest,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<Omit<OpenModel, 'manifest'> | undefined> {
  const model = await openGpu(resolve(folder), { ...manifest, signal }, report);
  return (
    model && {
      ...model,
      async time(inputs, times) {
        const taken = (await model.run(inputs)) && (await model.time(times));
        return taken && timingFrom(taken);
      },
    }
  );
}

async function openWasm(folder: string, { name }: Manifest): Promise<Omit<OpenModel, 'manifest'>> {
  const model = await loadWasm(folder, name);
  return {
    run: async (inputs) => model.run(inputs),
    async time(inputs, times) {
      model.run(inputs);
      return timingOf(times, model.repeat);
    },
    dispose: model.dispose,
  };
}
