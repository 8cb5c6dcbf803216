/**
 * ONNX Runtime as a reference: the model's own file on its CPU provider, in this process, on one thread. Its
 * optimisations are off, so that every operator is computed as the file has it and can be looked at; they are on where
 * it is asked to be fast.
 */
import { readFileSync } from 'node:fs';
import type { InferenceSession } from 'onnxruntime-node';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { ImportOptions } from '../import/importer.ts';
import type { ModelProto, NodeProto } from '../import/onnx/schema.ts';
import { decode, encode } from '../import/onnx/schema.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Feeds } from './ort-feeds.ts';
import { feedFor, namedNumbers } from './ort-feeds.ts';
import type { Peer, Shapes } from './peer.ts';

type Runtime = typeof import('onnxruntime-node');

/** The version that is tested, and that the hint names. */
const wanted = 'onnxruntime-node@1.30.0';

const exact: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'disabled',
  executionMode: 'sequential',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  // It warns of what is odd in a model: nothing that concerns a comparison.
  logSeverityLevel: 4,
};

export interface OrtOptions {
  /** What the model's inputs are fixed to. */
  readonly constants?: ImportOptions['constants'];
  /** As fast as it can on so many threads, instead of as the file has it. */
  readonly threads?: number;
  /** On its provider for WebGPU. */
  readonly gpu?: boolean;
}

/** Loads the model at `path`, whose inputs have these shapes; undefined, and reported, if ONNX Runtime cannot run it. */
export async function loadOrt(
  path: string,
  shapes: Shapes,
  { constants = {}, threads, gpu = false }: OrtOptions,
  report: Report,
): Promise<Peer | undefined> {
  const sessionOptions: InferenceSession.SessionOptions = {
    ...exact,
    ...(threads !== undefined && { graphOptimizationLevel: 'all' as const, intraOpNumThreads: threads }),
    ...(gpu && { executionProviders: ['webgpu'] }),
  };
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'verify/ort', message, hint, origin: { file: path } });
  const cannot = (error: unknown): undefined =>
    fail(`ONNX Runtime cannot run the model: ${firstLine(error)}`, 'verify it without --against ort');
  if (!/\.onnx$/i.test(path))
    return fail('ONNX Runtime reads ".onnx" files only', 'verify it with --against tfjs, or against the reference');
  try {
    const runtime = await installed();
    if (!runtime) return fail('comparing with ONNX Runtime needs one more package', `npm install --save-dev ${wanted}`);
    const session = await runtime.InferenceSession.create(path, sessionOptions);
    const feed = feedFor(runtime, session, shapes, constants);
    if (typeof feed === 'string') return fail(feed, 'verify it without --against ort');
    const kept = new WeakMap<Named, Feeds>();
    return {
      name: 'ort',
      async run(inputs) {
        try {
          return namedNumbers(await session.run(feed(inputs)));
        } catch (error) {
          return cannot(error);
        }
      },
      async valuesOf(inputs, names) {
        try {
          return await valuesInside(runtime, path, names, feed(inputs));
        } catch {
          return {};
        }
      },
      async repeat(inputs) {
        const feeds = kept.get(inputs) ?? feed(inputs);
        kept.set(inputs, feeds);
        await session.run(feeds);
      },
      suit: (inputs) => suitedTo(session, inputs),
      dispose: () => void session.release(),
    };
  } catch (error) {
    return cannot(error);
  }
}

/** Undefined where the package is not installed: it is large, and nothing else needs it. */
const installed = (): Promise<Runtime | undefined> =>
  import('onnxruntime-node').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  });

const suitedTo = ({ inputMetadata }: InferenceSession, inputs: Named): Named => {
  const truths = new Set(inputMetadata.flatMap((i) => (i.isTensor && i.type === 'bool' ? [i.name] : [])));
  const suited = (name: string, data: Numbers): Numbers => (truths.has(name) ? data.map((v) => v & 1) : data);
  return Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, suited(name, data)]));
};

/** The model with more outputs, run once. */
async function valuesInside(runtime: Runtime, path: string, names: readonly string[], feeds: Feeds): Promise<Named> {
  const model = decode<ModelProto>('ModelProto', readFileSync(path));
  const { graph } = model;
  if (!graph) return {};
  const results = resultsByLabel(graph.node);
  const wantedTensors = names.flatMap((name) => {
    const tensor = results.get(name);
    return tensor === undefined ? [] : [[name, tensor] as const];
  });
  const given = new Set([...graph.output, ...graph.input, ...graph.initializer].map((port) => port.name));
  const added = [...new Set(wantedTensors.map(([, tensor]) => tensor))].filter((tensor) => !given.has(tensor));
  const output = [...graph.output, ...added.map((name) => ({ name }))];
  const bytes = encode('ModelProto', { ...fieldsOf(model), graph: { ...fieldsOf(graph), output } });
  const session = await runtime.InferenceSession.create(bytes, exact);
  try {
    const values = namedNumbers(await session.run(feeds));
    return Object.fromEntries(wantedTensors.flatMap(([name, t]) => (values[t] ? [[name, values[t]] as const] : [])));
  } finally {
    await session.release();
  }
}

/** The one result of each node that has one, by what the importer calls the node. */
function resultsByLabel(nodes: readonly NodeProto[]): ReadonlyMap<string, string> {
  const results = new Map<string, string | undefined>();
  for (const { name, output } of nodes) {
    const [result, ...more] = output.filter((o) => o !== '');
    const label = name === '' ? result : name;
    results.set(label, more.length > 0 || results.has(label) ? undefined : result);
  }
  return new Map([...results].flatMap(([label, result]) => (result === undefined ? [] : [[label, result] as const])));
}

/** The fields that a message has of its own; protobufjs keeps its defaults in the prototype. */
const fieldsOf = <M extends object>(message: M): Partial<M> => ({ ...message });

const firstLine = (error: unknown): string => String((error as Error)?.message ?? error).split('\n')[0];
