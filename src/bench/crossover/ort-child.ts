/** ONNX Runtime in a process of its own, timing single layers by its own profile: without what it does around them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface OrtOrders {
  /** Files of models with one layer each. */
  readonly models: readonly string[];
  /** For what it writes. */
  readonly folder: string;
  readonly threads: number;
}

/** What a profile says of one run of one operator. */
interface ProfileEvent {
  readonly cat: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

/** Its convolutions and matrix products, of floats and of integers; the rest of a model lays numbers out for them. */
const isLayer = /Conv|Gemm|MatMul/;

const warmUp = 3;

/** `K N` on the standard input: microseconds of N runs of the layer in model K. */
export async function serveLayers(file: string): Promise<void> {
  console.log = console.error;
  const { models, folder, threads } = JSON.parse(readFileSync(file, 'utf8')) as OrtOrders;
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const time = async (model: string, runs: number): Promise<readonly number[]> => {
    const own = mkdtempSync(join(folder, 'profile-'));
    try {
      const session = await InferenceSession.create(model, {
        executionProviders: ['cpu'],
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 4,
        enableProfiling: true,
        profileFilePrefix: join(own, 'profile'),
      });
      const feeds = Object.fromEntries(
        session.inputMetadata.flatMap((input) => {
          if (!input.isTensor) return [];
          const dims = input.shape.map(Number);
          const data = Float32Array.from(
            { length: dims.reduce((n, d) => n * d, 1) },
            (_, i) => ((i * 31) % 64) / 32 - 1,
          );
          return [[input.name, new Tensor('float32', data, dims)] as const];
        }),
      );
      for (let i = 0; i < warmUp + runs; i++) await session.run(feeds);
      session.endProfiling();
      await session.release();
      const events = JSON.parse(readFileSync(join(own, readdirSync(own)[0]), 'utf8')) as readonly ProfileEvent[];
      const layers = events.filter(({ cat, args }) => cat === 'Node' && isLayer.test(args?.op_name ?? ''));
      return layers.map(({ dur }) => dur).slice(warmUp);
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  };
  for await (const order of createInterface({ input: process.stdin })) {
    const [model, runs] = order.split(' ').map(Number);
    process.stdout.write(`${JSON.stringify(await time(models[model], runs))}\n`);
  }
  process.exit(0);
}
