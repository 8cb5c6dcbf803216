/** TensorFlow.js on its WebAssembly backend. */
import type { ModelFile, Tf } from '../../check/tfjs-model.ts';
import { artifactsFrom, graphModelOf, layersModelOf, nodesOf, tfjsRunner } from '../../check/tfjs-model.ts';
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
  const handler = { load: async () => artifacts };
  const nodes = nodesOf({ modelTopology: artifacts.modelTopology as object });
  const loaded = nodes
    ? graphModelOf(
        await ((await import(modules.converter)) as typeof import('@tensorflow/tfjs-converter')).loadGraphModel(
          handler,
        ),
        nodes,
      )
    : layersModelOf(
        await ((await import(modules.layers)) as typeof import('@tensorflow/tfjs-layers')).loadLayersModel(handler),
      );
  const runner = tfjsRunner(tf, loaded, new Map(inputs.map(({ name, shape }) => [name, shape])));
  return { run: async (given) => runner.run(given), repeat: async (given) => runner.repeat(given) };
}

/** The paths of shards were checked when the model was imported. */
async function artifactsAt(address: string, read: Read) {
  const file = JSON.parse(new TextDecoder().decode(await read(address))) as ModelFile;
  const paths = file.weightsManifest.flatMap((group) => group.paths);
  const shards = await Promise.all(paths.map((path) => read(new URL(path, address).href)));
  const bytes = new Uint8Array(shards.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const shard of shards) {
    bytes.set(shard, at);
    at += shard.length;
  }
  return artifactsFrom(file, bytes.buffer);
}
