/** The JavaScript that loads a module and runs it, written as TypeScript, and emitted with its types. Tests check those. */
import { bug } from '../../src/diagnostic.ts';
import type { Plan, Port } from '../../src/plan/plan.ts';
import type { Render } from '../../src/target.ts';
import type { Binding } from '../typescript.ts';
import { emitTypeScript, portView } from '../typescript.ts';
import type { MemoryMap } from './memory.ts';
import { pageBytes } from './memory.ts';
import { memoryImport, portableSection, relaxedSection } from './module.ts';
import type { Control } from './threads/control.ts';
import { counters, counterWords } from './threads/control.ts';
import type { WeightsFile } from './weights.ts';
import { multiplier } from './weights.ts';

/** What some models have. */
export interface BindingParts {
  readonly weights?: WeightsFile | undefined;
  readonly control?: Control | undefined;
  /** False: the module has no vectors. */
  readonly simd?: boolean;
}

export function binding(plan: Plan, map: MemoryMap, render: Render, parts: BindingParts = {}): Binding {
  return emitTypeScript(`${plan.name}.ts`, bindingText(plan, map, render, parts));
}

/** The binding as TypeScript. Nothing in its types has to be inferred from anything but itself. */
export function bindingText(
  { name, inputs, outputs }: Plan,
  map: MemoryMap,
  render: Render,
  { weights, control, simd = true }: BindingParts = {},
): string {
  const { places, pages, stamp } = map;
  const port = (p: Port) => portView(p, places.get(p.array) ?? bug(`"${p.array.name}" has no place in memory`));
  const [space, memory] = memoryImport;
  return render('wasm/binding.ts.hbs', {
    name,
    inputs: inputs.map(port),
    outputs: outputs.map(port),
    // Lists of at most one: most modules carry their weights, and run on one thread.
    weights: weights ? [weightsView(weights)] : [],
    threads: control ? [{ name, space, memory, ...threadsView(control, map) }] : [],
    alone: control ? [] : [true],
    vectors: simd ? [true] : [],
    whole: control ? 'own' : 'memory',
    section: relaxedSection,
    space,
    memory,
    stamp,
    bytes: pages * pageBytes,
  });
}

const threadsView = (control: Control, { pages, kept }: MemoryMap) => ({
  ...counters,
  most: control.tasks.threads,
  section: portableSection,
  at: control.at,
  words: counterWords(control.tasks),
  pages,
  kept,
});

const weightsView = ({ file, contents, pieces, checksum, hash }: WeightsFile) => ({
  file,
  pieces,
  checksum,
  hash,
  length: contents.length,
  multiplier,
});
