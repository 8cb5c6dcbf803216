/** Graphs as WebAssembly modules without their binding, for tests: built, run, and watched for stray writes. */
import { setFlagsFromString } from 'node:v8';

import type { Named } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { verify } from '../src/graph/verify.ts';
import type { Arr } from '../src/loop/loop.ts';
import { alignUp } from '../src/plan/arena.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { lower } from '../src/plan/lower.ts';
import type { Plan } from '../src/plan/plan.ts';
import { renderer } from '../src/render.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { zeros } from '../src/tensor/numbers.ts';
import { bytesPer } from '../src/tensor/type.ts';
import { assembleWat } from '../src/toolchain/wabt.ts';
import { portable, relaxed } from '../targets/wasm/instructions.ts';
import { mapMemory } from '../targets/wasm/memory.ts';
import { memoryImport, moduleText, parametersBy } from '../targets/wasm/module.ts';
import { controlWords, counters, counterWords } from '../targets/wasm/threads/control.ts';
import type { Counted, Differing, Tasks } from '../targets/wasm/threads/tasks.ts';
import { sharedBy, tasksOf } from '../targets/wasm/threads/tasks.ts';

export const render = renderer(new URL('../templates/', import.meta.url));

export interface TestModule {
  readonly plan: Plan;
  readonly text: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Computes the outputs. Throws when a byte changed that no array holds. */
  run: Run;
  /** The same by the kernels with relaxed SIMD, on the same memory; undefined where they would be the portable ones. */
  relaxed(): Promise<Run | undefined>;
  /** The same as tasks, one after the other as they are numbered, or those of each call from the last to the first. */
  shared(order: 'forwards' | 'backwards'): Promise<Run>;
  /** For as many threads as it is built for. */
  readonly tasks: Tasks;
}

type Run = (inputs: Named) => Record<string, Numbers>;

// Engines of today know it; Node 20 has to be told before it compiles.
setFlagsFromString('--experimental-wasm-relaxed-simd');

/** Bytes behind each array that nothing may write. */
const guard = 192;
const pattern = 0xa5;

/** `threads` as one may be built for, but with tasks however small; `near`, bytes of a cache that steps run in band by band. */
export async function buildModule(
  graph: Graph,
  kernels: readonly Kernel[],
  threads = 1,
  near = 0,
): Promise<TestModule> {
  const faults: string[] = [];
  verify(graph, (d) => faults.push(d.message));
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const plan = spread(
    lower(graph, threads === 1 ? kernels : kernels.map((kernel) => sharedBy(threads, kernel)), { near }),
  );
  const held = heldBy(plan);
  const tasks = tasksOf(plan, { threads, namesOf: parametersBy(render), least: 1 });
  const map = mapMemory(plan, guard, false, threads === 1 ? undefined : controlWords(tasks));
  const text = moduleText(plan, map, portable, render);
  const task = { kind: 'assemble-wat', source: 'test.wat', output: 'test.wasm', carries: [] } as const;
  const bytes = await assembleWat({ ...task, data: map.data, features: [] }, () => text);
  const { instance } = await WebAssembly.instantiate(bytes);
  const memory = new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
  const gaps = gapsOf(map.places, threads === 1 ? memory.length : map.control, held);
  const view = ({ array }: { readonly array: Arr }): Numbers => {
    const Data = zeros(array.dtype, 0).constructor as Float32ArrayConstructor;
    return new Data(memory.buffer as ArrayBuffer, map.places.get(array), array.length);
  };
  // Constants are there; whatever else a kernel reads must be what a step has written.
  const known = new Set(plan.constants.map((c) => c.array));
  const guarded = (exported: WebAssembly.ExportValue): void => {
    for (const [from, to] of gaps) memory.fill(pattern, from, to);
    (exported as () => void)();
    for (const [from, to] of gaps)
      for (let i = from; i < to; i++)
        if (memory[i] !== pattern) throw new Error(`byte ${i} was written, and no array holds it`);
  };
  const runBy =
    (exported: WebAssembly.ExportValue) =>
    (inputs: Named): Record<string, Numbers> => {
      for (const [array, at] of map.places)
        if (!known.has(array) && !array.name.endsWith('_stored')) memory.fill(pattern, at, at + held(array));
      for (const port of plan.inputs) view(port).set(inputs[port.name]);
      guarded(exported);
      return Object.fromEntries(plan.outputs.map((port) => [port.name, view(port).slice()]));
    };
  // As when a model is loaded: on whatever lies in memory.
  guarded(instance.exports.warm);
  const relaxedRun = async (): Promise<Run | undefined> => {
    const code = moduleText(plan, map, relaxed, render);
    if (!code.includes('relaxed_madd')) return undefined;
    const bytes = await assembleWat({ ...task, data: [], features: relaxed.features }, () => code);
    const [space, name] = memoryImport;
    const imports = { [space]: { [name]: instance.exports.memory } };
    return runBy((await WebAssembly.instantiate(bytes, imports)).instance.exports.run);
  };
  const sharedRun = async (order: 'forwards' | 'backwards'): Promise<Run> => {
    const control = { tasks: order === 'forwards' ? tasks : backwards(tasks), at: map.control };
    const words = new Int32Array(memory.buffer, control.at);
    const first = controlWords(control.tasks);
    words.set(first.subarray(counterWords(tasks)), counterWords(tasks));
    const code = moduleText(plan, map, portable, render, { whole: false, control });
    const bytes = await assembleWat({ ...task, data: [], features: ['threads'] }, () => code);
    const [space, name] = memoryImport;
    const wait = () => {
      throw new Error('a thread that is alone waits for others');
    };
    const imports = { [space]: { [name]: instance.exports.memory, wait } };
    const { exports } = (await WebAssembly.instantiate(bytes, imports)).instance;
    let turn = words[counters.taken] / tasks.count;
    return runBy(() => (exports.share as (turn: number, thread: number) => void)(turn++, threads - 1));
  };
  return { plan, text, bytes, tasks, run: runBy(instance.exports.run), relaxed: relaxedRun, shared: sharedRun };
}

/** The same tasks, those of each call from the last to the first. */
function backwards(tasks: Tasks): Tasks {
  const table = [...tasks.table];
  const turned = (differing: Differing, count: number): Differing => {
    switch (differing.kind) {
      case 'own':
        return differing;
      case 'even': {
        const { first, step, but } = differing;
        const values = valuesOf(differing, count);
        const even = { ...differing, first: first + (values - 1) * step, step: -step };
        return but ? { ...even, but: { ...but, i: values - 1 - but.i } } : even;
      }
      case 'table': {
        const { at } = differing;
        const end = at + valuesOf(differing, count);
        table.splice(at, end - at, ...table.slice(at, end).reverse());
        return differing;
      }
    }
  };
  const valuesOf = ({ every, round }: Counted, count: number): number => round || count / every;
  const steps = tasks.steps.map((turns) =>
    turns.map((turn) => {
      const calls = turn.calls.map((call) => {
        const differing = new Map(Array.from(call.differing, ([at, what]) => [at, turned(what, call.count)] as const));
        return { ...call, differing };
      });
      return { ...turn, calls };
    }),
  );
  return { ...tasks, table, steps };
}

/** The bytes that no array holds, as far as an array lies behind them, or one lies closely before. */
function gapsOf(
  places: ReadonlyMap<Arr, number>,
  length: number,
  bytes: (array: Arr) => number,
): readonly (readonly [from: number, to: number])[] {
  const held = Array.from(places)
    .filter(([array]) => !array.name.endsWith('_stored'))
    .map(([array, at]) => ({ from: at, to: at + bytes(array) }))
    .sort((a, b) => a.from - b.from);
  let end = 0;
  const gaps = held.map(({ from, to }): readonly [number, number] => {
    const gap = [end, from] as const;
    end = Math.max(end, to);
    return gap;
  });
  return [...gaps, [end, Math.min(length, end + 4096)]];
}

/** Arrays of the arena apart from each other, so that none can hide what another is written over with. */
function spread(plan: Plan): Plan {
  let end = 0;
  const places = new Map<Arr, number>();
  const held = heldBy(plan);
  for (const array of plan.arena.places.keys()) {
    places.set(array, end);
    end = alignUp(end + held(array) + guard);
  }
  return { ...plan, arena: { ...plan.arena, places, peak: end } };
}

/** Bytes of each array, or of the window that there is of it. */
function heldBy({ chains }: Plan): (array: Arr) => number {
  const windows = new Map(chains.flatMap((c) => c.windows.map((w) => [w.array, w.panels * w.size] as const)));
  return (array) => (windows.get(array) ?? array.length) * bytesPer[array.dtype];
}

/** A graph from text; a body line that names no result's type is not allowed. */
export const graphOf = (text: string): Graph => parse(text);

/** The kernel of each step that has one, in order; the others' refusals. */
export const chosen = ({ steps }: Plan): readonly string[] =>
  steps.map(({ work, refused }) =>
    work.kind === 'routines' ? work.kernel : refused.map((r) => `${r.kernel}: ${r.reason}`).join('; '),
  );
