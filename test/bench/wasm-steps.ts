/** The steps of a plan in WebAssembly, each as a function of its own that can be timed, in both sets of instructions. */

import { liveBits } from '../../src/formats/livebits.ts';
import { weightsOf } from '../../src/graph/weights.ts';
import { packageFolder } from '../../src/make/package.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { unchained } from '../../src/plan/unchained.ts';
import { renderer } from '../../src/render.ts';
import { viewOf } from '../../src/tensor/numbers.ts';
import { elements } from '../../src/tensor/type.ts';
import { assembleWat } from '../../src/toolchain/wabt.ts';
import type { InstructionSet } from '../../targets/wasm/instructions.ts';
import { portable, relaxed } from '../../targets/wasm/instructions.ts';
import { mapMemory } from '../../targets/wasm/memory.ts';
import { memoryImport, moduleText } from '../../targets/wasm/module.ts';
import { random } from '../models.ts';

export interface TimedStep {
  readonly step: Step;
  /** Products with weights that are not zero; 0 where the step has no weights. */
  readonly products: number;
  readonly portable: () => void;
  readonly relaxed: () => void;
}

const render = renderer(new URL('templates/', packageFolder()));

/** On one memory, whose activations are random numbers. */
export async function timedSteps(build: Plan): Promise<readonly TimedStep[]> {
  const plan = unchained(build);
  const map = mapMemory(plan);
  const task = { kind: 'assemble-wat', source: 'steps.wat', output: 'steps.wasm', carries: [] } as const;
  const whole = await assembleWat({ ...task, features: [], data: map.data }, () =>
    moduleText(plan, map, portable, render),
  );
  const { exports } = (await WebAssembly.instantiate(whole)).instance;
  const memory = exports.memory as WebAssembly.Memory;
  const next = random(1);
  for (const array of [...plan.inputs.map((p) => p.array), ...plan.arena.places.keys()]) {
    const data = viewOf(array.dtype, memory.buffer as ArrayBuffer, map.places.get(array) ?? 0, array.length);
    const size = array.dtype === 'f32' ? 1 : 127;
    for (let i = 0; i < data.length; i++) data[i] = size * (2 * next() - 1);
  }
  const [space, name] = memoryImport;
  const functionOf = async (step: Step, set: InstructionSet): Promise<() => void> => {
    // Code alone, whatever the set.
    const text = moduleText({ ...plan, steps: [step] }, map, { ...set, name: 'relaxed' }, render);
    const bytes = await assembleWat({ ...task, features: set.features, data: [] }, () => text);
    const { instance } = await WebAssembly.instantiate(bytes, { [space]: { [name]: memory } });
    return instance.exports.run as () => void;
  };
  const weights = weightsOf(plan.graph);
  const steps: TimedStep[] = [];
  for (const step of plan.steps) {
    const [layer] = [step.call, ...(step.absorbed ?? [])].flatMap(({ id }) => weights.get(id) ?? []);
    const products = layer ? (liveBits(layer.matrix).live * elements(layer.call.type.shape)) / layer.matrix.rows : 0;
    steps.push({
      step,
      products,
      portable: await functionOf(step, portable),
      relaxed: await functionOf(step, relaxed),
    });
  }
  return steps;
}
