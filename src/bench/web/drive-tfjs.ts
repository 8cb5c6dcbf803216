/** TensorFlow.js on its WebAssembly backend. */
import type { Tf } from '../../check/tfjs-model.ts';
import { tfjsRunner } from '../../check/tfjs-model.ts';
import { artifactsAt, modelFrom } from './load-tfjs.ts';
import type { Read, Session, Site } from './site.ts';

export async function open({ modules, assets, model, threads, inputs }: Site, read: Read): Promise<Session> {
  const [tf, backend] = (await Promise.all([import(modules.core), import(modules.backend)])) as [
    Tf,
    typeof import('@tensorflow/tfjs-backend-wasm'),
  ];
  backend.setWasmPaths(assets);
  backend.setThreadsCount(threads);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', threads > 1);
  const [, artifacts] = await Promise.all([tf.setBackend('wasm'), artifactsAt(model, read)]);
  const runner = tfjsRunner(
    tf,
    await modelFrom(artifacts, modules),
    new Map(inputs.map(({ name, shape }) => [name, shape])),
  );
  return { run: async (given) => runner.run(given), repeat: async (given) => runner.repeat(given) };
}
