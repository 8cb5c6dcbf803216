/** An output folder, ready to run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { loadWasm } from '../toolchain/run-wasm.ts';
import { readManifest } from './folder.ts';
import type { Manifest } from './manifest.ts';
import { manifestName } from './manifest.ts';
import { openNative } from './native.ts';

export interface OpenModel {
  readonly manifest: Manifest;
  /** Plain inputs by name → plain outputs by name. */
  readonly run: (inputs: Named) => Named | Promise<Named>;
  /** Milliseconds of each of `times` runs on these inputs. */
  readonly time: (inputs: Named, times: number) => Promise<readonly number[]>;
  readonly dispose: () => void;
}

/** Whether a folder is an output of `espalier build`. */
export const isOutput = (folder: string): boolean => existsSync(join(folder, manifestName));

/** Loads what was built into `folder`; undefined, and reported, if it cannot be run. */
export async function openFolder(folder: string, report: Report): Promise<OpenModel | undefined> {
  const fail = (code: string, message: string, hint: string): undefined =>
    void report({ severity: 'error', code, message, hint, origin: { file: folder } });
  const manifest = readManifest(folder);
  if (!manifest) return fail('run/not-an-output', `there is no readable "${manifestName}"`, 'build the model anew');
  const gone = manifest.files.filter(({ path }) => !existsSync(join(folder, path)));
  if (gone.length > 0) return fail('run/file-missing', `the file "${gone[0].path}" is missing`, 'build the model anew');
  if (!manifest.files.some(({ role }) => role === 'binary'))
    return fail(
      'run/no-binary',
      'the folder holds sources and no binary',
      'build without --source-only, with a C compiler installed',
    );
  return manifest.files.some(({ role }) => role === 'binding')
    ? openWasm(folder, manifest)
    : openNative(folder, manifest, report);
}

async function openWasm(folder: string, manifest: Manifest): Promise<OpenModel> {
  const model = await loadWasm(folder, manifest.name);
  return {
    manifest,
    run: model.run,
    async time(inputs, times) {
      model.run(inputs);
      return Array.from({ length: times }, () => {
        const since = performance.now();
        model.repeat();
        return performance.now() - since;
      });
    },
    dispose: model.dispose,
  };
}
