/** TensorFlow.js on its WebGPU backend, which gives its results back later. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tf } from '../../check/tfjs-model.ts';
import type { Named } from '../../graph/evaluate.ts';
import type { Numbers } from '../../tensor/numbers.ts';
import { artifactsAt, modelFrom } from './load-tfjs.ts';
import type { Read, Session, Site } from './site.ts';

type Feeds = ReadonlyMap<string, Tensor>;

export async function open({ modules, model: file, inputs }: Site, read: Read): Promise<Session> {
  const tf = (await import(modules.core)) as Tf;
  // It registers itself, where there is WebGPU.
  await import(modules.backend);
  const [isThere, artifacts] = await Promise.all([tf.setBackend('webgpu'), artifactsAt(file, read)]);
  if (!isThere) throw new Error('its backend finds no WebGPU that it can use');
  const model = await modelFrom(artifacts, modules);
  const shapes = new Map(inputs.map(({ name, shape }) => [name, shape]));
  const feed = (given: Named): Feeds =>
    new Map(
      Object.entries(given).map(([name, data]) => {
        const dtype = data instanceof Float32Array ? 'float32' : 'int32';
        return [name, tf.tensor(data as Float32Array, [...(shapes.get(name) ?? [data.length])], dtype)];
      }),
    );
  const once = async (feeds: Feeds): Promise<Named> => {
    const results = model.predict(feeds);
    const values = await Promise.all(
      Array.from(results, async ([name, tensor]) => [name, plain(await tensor.data())] as const),
    );
    const given = new Set(feeds.values());
    tf.dispose([...results.values()].filter((tensor) => !given.has(tensor)));
    return Object.fromEntries(values);
  };
  const kept = new WeakMap<Named, Feeds>();
  return {
    async run(given) {
      const feeds = feed(given);
      const values = await once(feeds);
      tf.dispose([...feeds.values()]);
      return values;
    },
    async repeat(given) {
      const feeds = kept.get(given) ?? feed(given);
      kept.set(given, feeds);
      await once(feeds);
    },
  };
}

/** Booleans become 0 and 1. */
const plain = (data: ArrayLike<number>): Numbers =>
  data instanceof Float32Array ? Float32Array.from(data) : Int32Array.from(data);
