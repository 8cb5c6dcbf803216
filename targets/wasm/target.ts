/** Plans as WebAssembly: text, a module without imports, and a typed binding. */
import type { Kernel } from '../../src/plan/kernel.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Emission, EmitContext, Target, TargetFamily } from '../../src/target.ts';
import { binding } from './binding.ts';
import { portable, relaxed } from './instructions.ts';
import { kernels } from './kernels/index.ts';
import { mapMemory, pageBytes } from './memory.ts';
import { moduleText, relaxedSection } from './module.ts';
import { predict, price } from './price.ts';
import { weightsFile as fileOf } from './weights.ts';
import { wish } from './wish.ts';

export const wasm: TargetFamily = {
  name: 'wasm',
  doc: 'WebAssembly with SIMD for browsers, Node and workers',
  weightsFile: true,
  target: ({ strictFp = false, weightsFile = false }) => wasmTarget(kernels, { strictFp, weightsFile }),
};

/** Without kernels every step is printed from its loops: slower, and never wrong. */
export function wasmTarget(kernels: readonly Kernel[], options: WasmOptions = {}): Target {
  return {
    name: wasm.name,
    doc: wasm.doc,
    kernels,
    price,
    predict,
    wish,
    emit: (plan, context) => emit(plan, context, options),
  };
}

export interface WasmOptions {
  /** Unused bytes behind each array, for tests. */
  readonly guard?: number;
  /** No kernels whose bits depend on the machine. */
  readonly strictFp?: boolean;
  /** Weights in a file of their own. */
  readonly weightsFile?: boolean;
}

/** What 32-bit addresses reach. */
const mostPages = 65536;

function emit(
  plan: Plan,
  { render, report }: EmitContext,
  { guard = 0, strictFp = false, weightsFile = false }: WasmOptions,
): Emission {
  const { name } = plan;
  const map = mapMemory(plan, guard, weightsFile);
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
  const { js, types } = binding(plan, map, render, weights);
  const sets = strictFp ? [portable] : [portable, relaxed];
  const sources = sets.map((set) => ({
    path: set === portable ? `${name}.wat` : `${name}.${set.name}.wat`,
    contents: moduleText(plan, map, set, render),
    role: 'source' as const,
  }));
  const carries = strictFp
    ? []
    : [{ section: relaxedSection, source: `${name}.${relaxed.name}.wat`, features: relaxed.features }];
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
        source: `${name}.wat`,
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
