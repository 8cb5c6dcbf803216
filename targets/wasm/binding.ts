/** The JavaScript that loads a module and runs it, written as TypeScript, and emitted with its types. Tests check those. */
import { bug } from '../../src/diagnostic.ts';
import type { Plan, Port } from '../../src/plan/plan.ts';
import type { Render } from '../../src/target.ts';
import { printShape } from '../../src/tensor/type.ts';
import type { Binding } from '../typescript.ts';
import { emitTypeScript, propertyName, quotedName } from '../typescript.ts';
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
  const port = ({ name: given, type, array }: Port) => ({
    // Always a string in code, and computed there, since `__proto__` is a name that somebody may choose.
    key: quotedName(given),
    property: propertyName(given),
    array: type.dtype === 'i32' ? 'Int32Array' : 'Float32Array',
    shape: printShape(type.shape),
    sizes: type.shape.join(', '),
    at: places.get(array) ?? bug(`"${array.name}" has no place in memory`),
    length: array.length,
  });
  const [space, memory] = memoryImport;
  const ports = { inputs: inputs.map(port), outputs: outputs.map(port) };
  const of = { name, space, memory };
  // Lists of at most one: most modules carry their weights, and run on one thread.
  const threads = control ? [{ ...threadsView(control), text: threadsText(control, { ...of, ...map }, render) }] : [];
  const files = weights ? [{ file: weights.file, text: weightsText(weights, render) }] : [];
  const view = {
    name,
    ...ports,
    weights: files,
    threads,
    alone: control ? [] : [true],
    vectors: simd ? [true] : [],
    whole: control ? 'own' : 'memory',
    section: relaxedSection,
    space,
    memory,
    stamp,
    bytes: pages * pageBytes,
  };
  return render('wasm/binding.ts.hbs', view);
}

const threadsView = ({ tasks }: Control) => ({ most: tasks.threads, section: portableSection });

const threadsText = (control: Control, of: { readonly pages: number; readonly kept: number }, render: Render): string =>
  render('wasm/threads/crew.ts.hbs', {
    ...of,
    ...counters,
    ...threadsView(control),
    at: control.at,
    words: counterWords(control.tasks),
  });

const weightsText = ({ file, contents, pieces, checksum, hash }: WeightsFile, render: Render): string =>
  render('wasm/weights.ts.hbs', { file, pieces, checksum, hash, length: contents.length, multiplier });
