/**
 * The steps of a network, to be timed one by one: each a module of code alone on the memory of the whole network, and a
 * module that says what the core can do. All of it in both instruction sets; who times takes what the engine has.
 */
import { bug } from '../../src/diagnostic.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { unchained } from '../../src/plan/unchained.ts';
import type { AssembleWat } from '../../src/recipe.ts';
import type { Artefact, Emission, Render } from '../../src/target.ts';
import type { InstructionSet } from './instructions.ts';
import { portable, relaxed } from './instructions.ts';
import type { Segment } from './memory.ts';
import { mapMemory } from './memory.ts';
import { memoryImport, moduleText } from './module.ts';

/** `steps.json`: which file is what. Paths stand beside it. */
export interface StepFiles {
  /** The whole network, which exports its memory. */
  readonly network: string;
  /** What the others import that memory as. */
  readonly memory: readonly [string, string];
  /** Byte addresses. */
  readonly inputs: Readonly<Record<string, number>>;
  /** The faster first. */
  readonly sets: readonly {
    readonly name: string;
    /** Runs so many rounds, of so many floating-point operations each. */
    readonly peak: string;
    readonly operations: number;
    /** One for each step of the plan, in order: they export `run`. */
    readonly steps: readonly string[];
  }[];
}

export interface StepTimer extends Emission {
  /** The path of `steps.json`. */
  readonly index: string;
}

/** Enough that latencies hide, and few enough for the registers of x86-64. */
const chains = 12;

export function emitSteps(build: Plan, render: Render): StepTimer {
  const plan = unchained(build);
  const { inputs, steps } = plan;
  const map = mapMemory(plan);
  const index = 'steps.json';
  // Whatever runs band by band in the build keeps only parts of what is between steps.
  const whole = assembled('network', portable, moduleText(plan, map, portable, render), map.data);
  const sets = [relaxed, portable].map((set) => {
    const peak = assembled(`${set.name}-peak`, set, peakText(set, render));
    const modules = steps.map((step, i) => {
      const text = moduleText({ ...plan, steps: [step] }, map, set, render, { whole: false });
      return assembled(`${set.name}-${i}`, set, text);
    });
    const about = { name: set.name, peak: peak.task.output, operations: 2 * 4 * chains };
    return { made: [peak, ...modules], about: { ...about, steps: modules.map(({ task }) => task.output) } };
  });
  const files: StepFiles = {
    network: whole.task.output,
    memory: memoryImport,
    inputs: Object.fromEntries(
      inputs.map((port) => [port.name, map.places.get(port.array) ?? bug(`"${port.name}" has no place in memory`)]),
    ),
    sets: sets.map(({ about }) => about),
  };
  const made = [whole, ...sets.flatMap((set) => set.made)];
  return {
    index,
    artefacts: [...made.map(({ artefact }) => artefact), source(index, JSON.stringify(files))],
    recipe: made.map(({ task }) => task),
  };
}

const source = (path: string, contents: string): Artefact => ({ path, contents, role: 'source' });

function assembled(stem: string, { features }: InstructionSet, text: string, data: readonly Segment[] = []) {
  const path = `${stem}.wat`;
  const task: AssembleWat = {
    kind: 'assemble-wat',
    source: path,
    output: `${stem}.wasm`,
    data,
    features,
    carries: [],
  };
  return { artefact: source(path, text), task };
}

const peakText = ({ words }: InstructionSet, render: Render): string =>
  render('wasm/timer/peak.wat.hbs', { ...words, count: chains, chains: Array.from({ length: chains }, (_, i) => i) });
