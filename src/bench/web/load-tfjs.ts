/** A model.json in the hands of TensorFlow.js, whichever backend runs it. */
import type { ModelFile, TfjsLoaded } from '../../check/tfjs-model.ts';
import { artifactsFrom, graphModelOf, layersModelOf, nodesOf } from '../../check/tfjs-model.ts';
import type { Read, Site } from './site.ts';

type Artifacts = ReturnType<typeof artifactsFrom>;

/** With the backend that is set. */
export async function modelFrom(artifacts: Artifacts, modules: Site['modules']): Promise<TfjsLoaded> {
  const handler = { load: async () => artifacts };
  const nodes = nodesOf({ modelTopology: artifacts.modelTopology as object });
  if (!nodes) {
    const { loadLayersModel } = (await import(modules.layers)) as typeof import('@tensorflow/tfjs-layers');
    return layersModelOf(await loadLayersModel(handler));
  }
  const { loadGraphModel } = (await import(modules.converter)) as typeof import('@tensorflow/tfjs-converter');
  return graphModelOf(await loadGraphModel(handler), nodes);
}

/** The paths of shards were checked when the model was imported. */
export async function artifactsAt(address: string, read: Read): Promise<Artifacts> {
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
