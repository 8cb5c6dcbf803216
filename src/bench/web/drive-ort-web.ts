/** ONNX Runtime for the web: as WebAssembly, as fast as it can on so many threads, or on WebGPU, driven by WebAssembly. */
import { feedFor, namedNumbers } from '../../check/ort-feeds.ts';
import type { Named } from '../../graph/evaluate.ts';
import type { Read, Session, Site } from './site.ts';

/** Its interface is that of the native package, whose types are at hand. */
type Runtime = typeof import('onnxruntime-node');

export async function open(site: Site, read: Read): Promise<Session> {
  const runtime = (await import(site.modules.runtime)) as Runtime;
  const { wasm, webgpu } = runtime.env;
  if (site.gpu) webgpu.powerPreference = 'high-performance';
  wasm.numThreads = site.threads;
  if (site.assets !== '') wasm.wasmPaths = site.assets;
  const session = await runtime.InferenceSession.create(await read(site.model), {
    executionProviders: [site.gpu ? 'webgpu' : 'wasm'],
    graphOptimizationLevel: 'all',
    // It warns of what is odd in a model: nothing that concerns a comparison.
    logSeverityLevel: 4,
  });
  const feed = feedFor(runtime, session, new Map(site.inputs.map(({ name, shape }) => [name, shape])), site.constants);
  if (typeof feed === 'string') throw new Error(feed);
  const kept = new WeakMap<Named, ReturnType<typeof feed>>();
  return {
    run: async (inputs) => namedNumbers(await session.run(feed(inputs))),
    async repeat(inputs) {
      const feeds = kept.get(inputs) ?? feed(inputs);
      kept.set(inputs, feeds);
      await session.run(feeds);
    },
  };
}
