/** A program that times what was built: whole runs and steps, on the device. It waits for orders: see templates/cuda/timer/. */
import { alignUp } from '../../src/plan/arena.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Recipe, RunCompiler } from '../../src/recipe.ts';
import type { Emission, Render } from '../../src/target.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import { cPorts } from '../c.ts';
import { placedModule } from './emit.ts';

export interface Timer extends Emission {
  /** The executable that the recipe makes. */
  readonly program: string;
}

interface Built {
  readonly plan: Plan;
  /** What was emitted for the plan, without a prefix. */
  readonly recipe: Recipe;
}

/** It has the network's source within it, so that it can launch steps by themselves: its recipe needs nothing but the weights of the build. */
export function emitTimer({ plan, recipe }: Built, render: Render): Timer {
  const { name } = plan;
  const program = `${name}_timer`;
  const upper = name.toUpperCase();
  const [ins, outs] = [cPorts(plan.inputs, `${upper}_INPUT`), cPorts(plan.outputs, `${upper}_OUTPUT`)];
  let inputBytes = 0;
  const inputs = ins.map((p) => {
    const offsetInCopy = inputBytes;
    inputBytes = alignUp(inputBytes + p.numbers * bytesPer[p.port.array.dtype], 256);
    return { ...p, offsetInCopy };
  });
  const steps = placedModule(plan, render).steps.map((step, index) => ({ ...step, index }));
  const contents = render('cuda/timer/main.cu.hbs', {
    ...{ name, symbol: name, upper, program, inputs, outputs: outs, inputBytes, steps },
    stepCount: Math.max(1, steps.length),
    usage: [...ins.map((p) => `${p.member}.bin`), ...outs.map((p) => `${p.member}_out.bin`)].join(' '),
    inputCount: ins.length,
    files: ins.length + outs.length,
  });
  return {
    program,
    artefacts: [{ path: `${program}.cu`, contents, role: 'source' }],
    recipe: recipe.flatMap((task) => timerTasks(task, name, program)),
  };
}

/** As the example is made, of which it takes the flags. */
function timerTasks(task: Recipe[number], name: string, program: string): readonly RunCompiler[] {
  if (task.kind !== 'run-compiler') return [];
  if (task.output === `${name}_weights.o`) return [task];
  if (task.output !== `${name}_example`) return [];
  const renamed: Readonly<Record<string, string>> = {
    [task.output]: program,
    [`${name}_example.cu`]: `${program}.cu`,
    [`lib${name}.a`]: `${name}_weights.o`,
  };
  return [
    {
      ...task,
      args: task.args.map((word) => renamed[word] ?? word),
      output: program,
      doc: 'a program that times runs',
    },
  ];
}
