/** Plans as WebAssembly: text, a module without imports, and a typed binding. */
import type { Kernel } from '../../src/plan/kernel.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Artefact, Emission, EmitContext, Target, TargetFamily } from '../../src/target.ts';
import { binding } from './binding.ts';
import { portable, relaxed, scalar } from './instructions.ts';
import { kernels } from './kernels/index.ts';
import { mapMemory, pageBytes } from './memory.ts';
import { moduleText, parametersBy, portableSection, relaxedSection } from './module.ts';
import { predict, predictLoops, price } from './price.ts';
import { controlWords } from './threads/control.ts';
import { mostThreads, sharedBy, tasksOf } from './threads/tasks.ts';
import { weightsFile as fileOf } from './weights.ts';
import { wish } from './wish.ts';

export const wasm: TargetFamily = {
  name: 'wasm',
  doc: 'WebAssembly with SIMD for browsers, Node and workers',
  weightsFile: true,
  mostThreads,
  scalar: true,
  target: ({ strictFp = false, weightsFile = false, threads = 1, simd = true }) =>
    wasmTarget(!simd ? [] : threads > 1 ? kernels.map((kernel) => sharedBy(threads, kernel)) : kernels, {
      strictFp,
      weightsFile,
      threads,
      simd,
    }),
};

/** Without kernels every step is printed from its loops: slower, and never wrong. */
export function wasmTarget(kernels: readonly Kernel[], options: WasmOptions = {}): Target {
  const emitted: Target['emit'] = (plan, context) => emit(plan, context, options);
  if (options.simd === false) return { ...loops, emit: emitted };
  return {
    name: wasm.name,
    doc: wasm.doc,
    kernels,
    // Threads share steps one by one.
    ...((options.threads ?? 1) === 1 && { near }),
    price,
    predict,
    wish,
    emit: emitted,
  };
}

/** Panels are for vectors, and rates for kernels. */
const loops: Omit<Target, 'emit'> = {
  name: 'wasm',
  doc: 'WebAssembly for browsers, Node and workers',
  kernels: [],
  price: (work) => predictLoops(work).ns,
  predict: predictLoops,
  wish: () => ({ kind: 'same' }),
};

/** What runs band by band takes so much of second caches, which have 1 MB and more; with half of it nothing was won. */
const near = 768 * 1024;

export interface WasmOptions {
  /** Unused bytes behind each array, for tests. */
  readonly guard?: number;
  /** No kernels whose bits depend on the machine. */
  readonly strictFp?: boolean;
  /** Weights in a file of their own. */
  readonly weightsFile?: boolean;
  /** The most threads that may run the network together. The kernels are those for so many. */
  readonly threads?: number;
  /** False: for engines without vectors, and so without kernels. */
  readonly simd?: boolean;
}

/** What 32-bit addresses reach. */
const mostPages = 65536;

function emit(
  plan: Plan,
  { render, report }: EmitContext,
  { guard = 0, strictFp = false, weightsFile = false, threads = 1, simd = true }: WasmOptions,
): Emission {
  const { name } = plan;
  const tasks = threads > 1 ? tasksOf(plan, { threads, namesOf: parametersBy(render) }) : undefined;
  const map = mapMemory(plan, guard, weightsFile, tasks && controlWords(tasks));
  if (map.pages > mostPages) {
    report({
      severity: 'error',
      code: 'wasm/too-large',
      message: `needs ${map.pages * pageBytes} bytes of memory, and WebAssembly has ${mostPages * pageBytes}`,
      origin: { file: name },
      hint: 'give the inputs smaller sizes, or build for the target "cpu"',
    });
    return { artefacts: [], recipe: [] };
  }
  // A model without weights has no file of them.
  const weights = map.beside.length > 0 ? fileOf(name, map.beside) : undefined;
  const control = tasks && { tasks, at: map.control };
  const { js, types } = binding(plan, map, render, { weights, control, simd });
  const whole = `${name}.wat`;
  const carried = [
    // Last of those that repeat the portable code lies what differs most from it.
    ...(control ? [{ section: portableSection, set: portable, path: `${name}.threads.wat` }] : []),
    ...(strictFp || !simd ? [] : [{ section: relaxedSection, set: relaxed, path: `${name}.${relaxed.name}.wat` }]),
  ];
  const source = (path: string, contents: string): Artefact => ({ path, contents, role: 'source' });
  const sources = [
    source(whole, moduleText(plan, map, simd ? portable : scalar, render)),
    ...carried.map(({ path, set }) => source(path, moduleText(plan, map, set, render, { whole: false, control }))),
  ];
  const carries = carried.map(({ section, set, path }) => ({
    section,
    source: path,
    features: [...set.features, ...(control ? ['threads'] : [])],
  }));
  return {
    artefacts: [
      ...sources,
      ...(weights ? [{ path: weights.file, contents: weights.contents, role: 'weights' as const }] : []),
      { path: `${name}.js`, contents: js, role: 'binding' },
      { path: `${name}.d.ts`, contents: types, role: 'types' },
      { path: 'package.json', contents: packageJson(name), role: 'build' },
    ],
    recipe: [
      {
        kind: 'assemble-wat',
        source: whole,
        output: `${name}.wasm`,
        data: map.data,
        features: portable.features,
        carries,
      },
    ],
  };
}

/** Tells Node that the binding is a module, whatever the project around it says, and where its types are. */
const packageJson = (name: string): string =>
  `${JSON.stringify({ private: true, type: 'module', main: `./${name}.js`, types: `./${name}.d.ts` }, null, 2)}\n`;
