/** The steps of what we build for WebAssembly, one by one: in the network, and again and again on their own. */
import type { Named } from '../../graph/evaluate.ts';
import { bytesOf } from '../../tensor/numbers.ts';
import type { Read, Session, Site } from './site.ts';

/** What `steps.json` says. */
interface StepFiles {
  readonly network: string;
  readonly memory: readonly [string, string];
  readonly inputs: Readonly<Record<string, number>>;
  readonly sets: readonly StepSet[];
}

interface StepSet {
  readonly name: string;
  readonly peak: string;
  readonly operations: number;
  readonly steps: readonly string[];
}

type Run = () => void;

/** Milliseconds: of running until engines have compiled everything twice, the probe alone likewise, and of a window. */
const durations = { warmUp: 2000, probe: 100, window: 0.3 };

export async function open({ model }: Site, read: Read): Promise<Session> {
  const at = (path: string): Promise<Uint8Array<ArrayBuffer>> => read(new URL(path, model).href);
  const files = JSON.parse(new TextDecoder().decode(await read(model))) as StepFiles;
  const { instance } = await WebAssembly.instantiate(await at(files.network));
  const memory = instance.exports.memory as WebAssembly.Memory;
  const set = await fastest(files.sets, at);
  const [space, name] = files.memory;
  const steps: Run[] = [];
  for (const path of set.steps) {
    const { exports } = (await WebAssembly.instantiate(await at(path), { [space]: { [name]: memory } })).instance;
    steps.push(exports.run as Run);
  }
  const peakOf = (await WebAssembly.instantiate(await at(set.peak))).instance.exports.run as (rounds: number) => number;
  const place = (inputs: Named): void => {
    for (const [input, offset] of Object.entries(files.inputs))
      new Uint8Array(memory.buffer).set(bytesOf(inputs[input]), offset);
  };
  const pass = (): void => {
    for (const step of steps) step();
  };
  return {
    way: `${set.name} kernels`,
    async run(inputs) {
      place(inputs);
      pass();
      return {};
    },
    async repeat() {
      pass();
    },
    steps: async (inNetwork, windows) => timed(steps, { rate: rateOf(peakOf, set.operations), inNetwork, windows }),
  };
}

/** The first that the engine has. */
async function fastest(sets: readonly StepSet[], at: (path: string) => Promise<BufferSource>): Promise<StepSet> {
  for (const set of sets) if (WebAssembly.validate(await at(set.peak))) return set;
  throw new Error('the engine has no WebAssembly SIMD');
}

interface Timing {
  /** Floating-point operations of a nanosecond, now. */
  readonly rate: () => number;
  readonly inNetwork: number;
  readonly windows: number;
}

function timed(steps: readonly Run[], { rate, inNetwork, windows }: Timing) {
  const begin = performance.now();
  do for (const step of steps) step();
  while (performance.now() - begin < durations.warmUp);
  const cold = steps.map((): number[] => []);
  for (let i = 0; i < inNetwork; i++) for (const [at, step] of steps.entries()) cold[at].push(nanosecondsOf(step, 1));
  return steps.map((step, at) => {
    // As often as fits a window, by what it took in the network.
    const times = Math.max(
      1,
      Math.min(100_000, Math.round((1e6 * durations.window) / Math.max(100, Math.min(...cold[at])))),
    );
    const hot: number[] = [];
    const peak: number[] = [];
    for (let i = 0; i < windows; i++) {
      hot.push(nanosecondsOf(step, times));
      peak.push(rate());
    }
    return { cold: cold[at], hot, peak };
  });
}

function nanosecondsOf(step: Run, times: number): number {
  const since = performance.now();
  for (let i = 0; i < times; i++) step();
  return (1e6 * (performance.now() - since)) / times;
}

/** About a window each, once the engine has compiled it for good. Clocks may tick slowly: a window is many ticks. */
function rateOf(peak: (rounds: number) => number, operations: number): () => number {
  let rounds = 1000;
  const take = (): number => nanosecondsOf(() => peak(rounds), 1);
  const begin = performance.now();
  while (performance.now() - begin < durations.probe) take();
  while (take() < 1e6 * durations.window) rounds *= 2;
  return () => (rounds * operations) / take();
}
