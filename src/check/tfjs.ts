/** TensorFlow.js itself as a reference: its WebAssembly backend, in this process, on one thread. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { readShards } from '../import/shards.ts';
import type { Shapes } from './peer.ts';
import type { ModelFile, TfjsLoaded, TfjsRunner } from './tfjs-model.ts';
import { artifactsFrom, graphModelOf, layersModelOf, nodesOf, tfjsRunner } from './tfjs-model.ts';

/** A loaded model. `run` may be called many times. */
export interface TfjsModel extends Omit<TfjsRunner, 'run'> {
  /** Plain inputs by name → plain outputs by name, named as the imported graph names them. Undefined after a report. */
  readonly run: (inputs: Named) => Named | undefined;
}

/** What a layers-model needs besides, and nothing else does. */
export const layersPackage = '@tensorflow/tfjs-layers@4.22.0';

/** Loads the model at `path`, whose inputs have these shapes; undefined, and reported, if TensorFlow.js cannot run it. */
export async function loadTfjs(path: string, shapes: Shapes, report: Report): Promise<TfjsModel | undefined> {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'verify/tfjs', message, hint, origin: { file: path } });
  const cannot = (error: unknown): undefined =>
    fail(`TensorFlow.js cannot run the model: ${firstLine(error)}`, 'verify it without --against tfjs');
  const fault = tfjsFault(path);
  if (fault) return fail(fault.message, fault.hint);
  try {
    const artifacts = artifactsOf(path, report);
    if (!artifacts) return undefined;
    await startBackend();
    const nodes = nodesOf({ modelTopology: artifacts.modelTopology as object });
    const handler = tf.io.fromMemory(artifacts);
    const model = nodes
      ? graphModelOf(await (await import('@tensorflow/tfjs-converter')).loadGraphModel(handler), nodes)
      : await layersModel(handler);
    if (!model)
      return fail('TensorFlow.js needs one more package to run a layers-model', `npm install ${layersPackage}`);
    const runner = tfjsRunner(tf, model, shapes);
    return {
      ...runner,
      run(inputs) {
        try {
          return runner.run(inputs);
        } catch (error) {
          return cannot(error);
        }
      },
      valuesOf(inputs, names) {
        try {
          return runner.valuesOf(inputs, names);
        } catch {
          return {};
        }
      },
    };
  } catch (error) {
    return cannot(error);
  }
}

/** Why a file is nothing for TensorFlow.js, and what to do, from its name alone. */
export function tfjsFault(path: string): { readonly message: string; readonly hint: string } | undefined {
  if (/\.onnx$/i.test(path))
    return { message: 'TensorFlow.js does not read ONNX models', hint: 'verify it with --against ort' };
  if (path.endsWith('.graph'))
    return { message: 'TensorFlow.js does not read graphs as text', hint: 'give the model.json' };
  return undefined;
}

async function startBackend(): Promise<void> {
  if (tf.getBackend() === 'wasm') return;
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  // On more threads the backend starts workers, which keep Node alive.
  setThreadsCount(1);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
}

/** The importer has read the same files before, so what it checks is not checked again; the shards' paths are. */
function artifactsOf(path: string, report: Report): tf.io.ModelArtifacts | undefined {
  const file = JSON.parse(readFileSync(path, 'utf8')) as ModelFile;
  const read = (shard: string) => Uint8Array.from(readFileSync(join(dirname(path), shard)));
  const groups = file.weightsManifest.map(({ paths }) => readShards(paths, basename(path), { read, report }));
  if (!groups.every((group) => group !== undefined)) return undefined;
  return artifactsFrom(file, Uint8Array.from(Buffer.concat(groups)).buffer);
}

/** Undefined where @tensorflow/tfjs-layers is not installed: nothing else needs it. */
async function layersModel(handler: tf.io.IOHandler): Promise<TfjsLoaded | undefined> {
  const layers = await import('@tensorflow/tfjs-layers').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  });
  return layers && layersModelOf(await layers.loadLayersModel(handler));
}

const firstLine = (error: unknown): string => String((error as Error)?.message ?? error).split('\n')[0];
