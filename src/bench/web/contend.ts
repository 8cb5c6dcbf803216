/** The side of a contender that obeys orders, in Node.js and in a page. */
import type { Named } from '../../graph/evaluate.ts';
import { bytesOf, zeros } from '../../tensor/numbers.ts';
import { elements } from '../../tensor/type.ts';
import type { Orders, PortFile } from '../orders.ts';
import { adapterInfo } from './gpu-adapter.ts';
import { meterGpu } from './gpu-meter.ts';
import type { Read, Refusal, Session } from './site.ts';

/** What the two have of their own. */
export interface Surroundings {
  readonly read: Read;
  readonly write: (address: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** The most memory in bytes that the process ever had; null where it is not told. */
  readonly peakBytes: () => number | null;
  /** Whether what is handed to a GPU shall be counted. */
  readonly gpu: boolean;
}

export type Open = () => Promise<Session | Refusal>;

/** `ready` brings what shall not be timed: what it gives opens the model. */
export function contend(
  { inputs: ports, outputs }: Pick<Orders, 'inputs' | 'outputs'>,
  ready: () => Promise<Open>,
  around: Surroundings,
): (order: string) => Promise<unknown> {
  let inputs: Named = {};
  let session: Session | undefined;
  const opened = async (): Promise<Session | Refusal> => {
    const result = session ?? (await (await ready())());
    if ('run' in result) session = result;
    return result;
  };
  const place = async (): Promise<void> => {
    inputs = Object.fromEntries(await Promise.all(ports.map((port) => readNumbers(port, around.read))));
  };
  const obey = async (order: string): Promise<unknown> => {
    const [word, ...numbers] = order.split(' ');
    if (word === 'load' || word === 'start') await place();
    if (word === 'start') return start(await ready(), inputs, around);
    if (word === 'adapter') {
      await opened();
      return adapterInfo();
    }
    const ours = await opened();
    if (!('run' in ours)) return ours;
    if (word === 'load') return 'done';
    if (word === 'run') return timesOf(ours, inputs, Number(numbers[0]));
    if (word === 'steps') {
      await ours.run(inputs);
      return ours.steps?.(Number(numbers[0]), Number(numbers[1])) ?? { message: 'it has no steps', hint: null };
    }
    const values = await ours.run(inputs);
    for (const { name, file } of outputs) if (values[name]) await around.write(file, bytesOf(values[name]));
    return 'done';
  };
  return async (order) => {
    try {
      return await obey(order);
    } catch (error) {
      return { message: `it does not run: ${firstLine(error)}`, hint: null } satisfies Refusal;
    }
  };
}

/** Milliseconds from nothing to the first outputs, in what has done nothing before. */
async function start(open: Open, inputs: Named, around: Surroundings): Promise<unknown> {
  const counted = around.gpu ? meterGpu() : () => null;
  const begin = performance.now();
  const session = await open();
  if (!('run' in session)) return session;
  const loaded = performance.now();
  await session.run(inputs);
  const first = performance.now();
  const gpu = counted();
  await session.repeat(inputs);
  const second = performance.now();
  return {
    loadMs: loaded - begin,
    firstMs: first - loaded,
    secondMs: second - first,
    way: session.way ?? null,
    peakBytes: around.peakBytes(),
    gpu,
  };
}

/** Nanoseconds of each run. */
async function timesOf({ repeat }: Session, inputs: Named, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const since = performance.now();
    await repeat(inputs);
    times.push(Math.round((performance.now() - since) * 1e6));
  }
  return times;
}

async function readNumbers({ name, dtype, shape, file }: PortFile, read: Read) {
  const data = zeros(dtype, elements(shape));
  bytesOf(data).set(await read(file));
  return [name, data] as const;
}

const firstLine = (error: unknown): string => String((error as Error)?.message ?? error).split('\n')[0];
