/** onnxruntime-node, where it is installed: what others make of the files that are written. */
import { createRequire } from 'node:module';
import type { Named } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';

/** The part of the package that is used. */
interface Runtime {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: object): Promise<Session>;
  };
  readonly Tensor: new (type: string, data: Numbers, dims: readonly number[]) => RuntimeTensor;
}

interface Session {
  run(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

interface RuntimeTensor {
  readonly data: Numbers;
  readonly dims: readonly number[];
}

export const runtime: Runtime | undefined = load();

function load(): Runtime | undefined {
  try {
    return createRequire(import.meta.url)('onnxruntime-node') as Runtime;
  } catch {
    return undefined;
  }
}

/** Runs an ONNX file on the inputs of a graph, as it stands and in one thread. Throws what the runtime says where it refuses the file. */
export async function runOnnx(bytes: Uint8Array, graph: Graph, inputs: Named): Promise<Named> {
  if (!runtime) throw new Error('onnxruntime-node is not installed');
  const { InferenceSession, Tensor } = runtime;
  const session = await InferenceSession.create(bytes, {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  const feeds = graph.nodes.flatMap((n) =>
    n.kind === 'input'
      ? [[n.name, new Tensor(n.type.dtype === 'f32' ? 'float32' : 'int32', inputs[n.name], n.type.shape)] as const]
      : [],
  );
  const results = await session.run(Object.fromEntries(feeds));
  const read = graph.outputs.map(({ name, id }) => {
    const { shape } = graph.nodes.find((n) => n.id === id)?.type ?? { shape: [] };
    const { data, dims } = results[name];
    if (dims.join() !== shape.join()) throw new Error(`"${name}" has the shape [${dims}] and should have [${shape}]`);
    return [name, data.slice() as Numbers] as const;
  });
  await session.release();
  return Object.fromEntries(read);
}
