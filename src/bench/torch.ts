/** PyTorch as a contender of what is built for CUDA: cuBLAS and cuDNN, cuSPARSELt and cuSPARSE, by a script of ours. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Compiled } from '../compile.ts';
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import { manifestPort } from '../make/manifest.ts';
import { packageFolder } from '../make/package.ts';
import { bytesOf } from '../tensor/numbers.ts';
import { findProgram } from '../toolchain/compiler.ts';
import type { Process } from './contender.ts';
import { startProgram } from './contender.ts';
import type { TorchName } from './peer-names.ts';
import type { LayerPeer } from './report.ts';
import { rounded, summaryOf } from './statistics.ts';

export interface TorchOptions {
  /** A folder that lasts as long as the process does. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** The processor computes as well, which tests need: times of it say nothing of GPUs. */
  readonly device?: 'cuda' | 'cpu';
}

export type Torch = { readonly process: Process } | { readonly absent: string };

const checked = z.union([z.literal('done'), z.strictObject({ absent: z.string() })]);

/** A process that has the network, or why there is none. Undefined after a report. */
export async function openTorch(
  name: TorchName,
  { graph, plan }: Pick<Compiled, 'graph' | 'plan'>,
  { folder, device = 'cuda', ...options }: TorchOptions,
): Promise<Torch | undefined> {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  const file = join(own, 'network.json');
  const fault = writeNetwork(graph, file, join(own, 'constants.bin'));
  if (fault !== undefined) return { absent: fault };
  const { PYTHON } = process.env;
  const python = await findProgram([...(PYTHON ? [PYTHON] : []), 'python3', 'python']);
  if (!python) return { absent: 'there is no Python: install it with PyTorch, or set PYTHON to one that has it' };
  const script = fileURLToPath(new URL('templates/cuda/peers/torch_peer.py', packageFolder()));
  const started = startProgram(python.path, {
    ...options,
    name,
    folder: own,
    inputs: plan.inputs.map(manifestPort),
    outputs: plan.outputs.map(manifestPort),
    pin: [],
    words: [script, name, device, file],
  });
  const answer = await started.ask('check', checked);
  if (answer === 'done') return { process: started };
  started.dispose();
  return answer;
}

/** The network as data: what every call is, and where its constants lie in a file of numbers. Gives why it is not written. */
function writeNetwork(graph: Graph, file: string, numbers: string): string | undefined {
  const byId = nodesById(graph);
  const shapeOf = (id: string) => byId.get(id)?.type.shape ?? [];
  const strange = graph.nodes.find(({ type }) => type.dtype !== 'f32' && type.dtype !== 'i32');
  if (strange) return `the network has numbers of ${strange.type.dtype}`;
  let offset = 0;
  const parts: Uint8Array[] = [];
  const constants = graph.nodes.flatMap((node) => {
    if (node.kind !== 'constant') return [];
    const bytes = bytesOf(node.data);
    parts.push(bytes);
    const at = offset;
    offset += bytes.length;
    return [{ id: node.id, dtype: node.type.dtype, shape: node.type.shape, offset: at }];
  });
  const description = {
    numbers,
    constants,
    inputs: graph.nodes.flatMap((n) => (n.kind === 'input' ? [{ id: n.id, ...n.type, layout: undefined }] : [])),
    nodes: graph.nodes.flatMap((n) =>
      n.kind === 'call' ? [{ id: n.id, op: n.op, inputs: n.inputs, shapes: n.inputs.map(shapeOf) }] : [],
    ),
    outputs: graph.outputs.map(({ id }) => id),
  };
  writeFileSync(numbers, Buffer.concat(parts));
  writeFileSync(file, JSON.stringify(description));
  return undefined;
}

const timed = z.array(
  z.strictObject({
    id: z.string(),
    library: z.enum(['cuBLAS', 'cuDNN', 'cuSPARSE', 'cuSPARSELt']),
    cold: z.array(z.number()).min(1),
    hot: z.array(z.number()).min(1),
  }),
);

/** Every layer with weights by itself. Undefined after a report. */
export async function timeTorchLayers(
  process: Process,
  graph: Graph,
  { runs, windows }: { readonly runs: number; readonly windows: number },
): Promise<LayerPeer | undefined> {
  const times = await process.ask(`steps ${runs} ${windows}`, timed);
  const byId = nodesById(graph);
  return (
    times && {
      name: process.name,
      layers: times.map(({ id, library, cold, hot }) => ({
        name: byId.get(id)?.origin ?? id,
        library,
        medianMs: rounded(summaryOf(cold).median * 1e-6),
        minMs: rounded(summaryOf(cold).min * 1e-6),
        hotMedianMs: rounded(summaryOf(hot).median * 1e-6),
        hotMinMs: rounded(summaryOf(hot).min * 1e-6),
      })),
    }
  );
}
