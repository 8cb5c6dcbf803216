/**
 * Programs that time what was built. Each links the network as the recipe of a build compiles it, waits for orders on its
 * standard input, and answers on its standard output: see templates/cpu/timer/.
 */
import { alignment } from '../../src/plan/arena.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Recipe, RunCompiler, Task } from '../../src/recipe.ts';
import type { Artefact, Emission, Render } from '../../src/target.ts';
import { cPorts } from '../c.ts';
import { objectOf } from './build.ts';
import { baselineFile, levelFile, levels } from './levels.ts';
import { runningAlone, runningTogether } from './pool-programs.ts';

export interface Timer extends Emission {
  /** The executable that the recipe makes. */
  readonly program: string;
}

interface Built {
  readonly plan: Plan;
  /** What was emitted for the plan, without a prefix. */
  readonly recipe: Recipe;
  /** The most that the network may have; one unless given. */
  readonly threads?: number | undefined;
}

/** Times whole runs of the network as it was built. Its recipe follows that of the build. */
export function emitTimer({ plan, recipe, threads = 1 }: Built, render: Render): Timer {
  const program = `${plan.name}_timer`;
  return {
    program,
    artefacts: [mainOf(plan, program, { running: threads > 1 ? runningTogether : runningAlone }, render)],
    recipe: exampleOf(plan, recipe).map((task) => renamed(task, plan, program)),
  };
}

/** Times the steps of the network on one thread. It is compiled once more with hooks between them. */
export function emitStepTimer({ plan, recipe }: Built, render: Render): Timer {
  const { name, steps } = plan;
  const program = `${name}_steps`;
  const header = `${program}.h`;
  const network = [`${name}.c`, baselineFile(name), ...levels.map((level) => levelFile(name, level))];
  const objects = new Set(network.map(objectOf));
  const hooked = (word: string): string => (objects.has(word) ? word.replace(/\.o$/, '_hooked.o') : word);
  const compiling = recipe.flatMap((task): readonly Task[] =>
    task.kind === 'run-compiler' && objects.has(task.output)
      ? [{ ...task, args: ['-include', header, ...task.args.map(hooked)], output: hooked(task.output) }]
      : [],
  );
  const linking = exampleOf(plan, recipe).map((task) => {
    const own = renamed(task, plan, program);
    // The core's peak is that of the level that runs.
    const widest = compiling.length > 1 ? ['-march=native'] : [];
    return { ...own, args: [...widest, ...own.args.map(hooked)] };
  });
  const view = { name, steps: Math.max(1, steps.length) };
  return {
    program,
    artefacts: [
      source(header, render('cpu/timer/steps.h.hbs', view)),
      mainOf(plan, program, { steps: render('cpu/timer/steps.c.hbs', view), running: runningAlone }, render),
    ],
    recipe: [...compiling, ...linking],
  };
}

/** What a build makes its example program with: with the flags and objects that every program needs. */
const exampleOf = ({ name }: Plan, recipe: Recipe): readonly RunCompiler[] =>
  recipe.flatMap((task) => (task.kind === 'run-compiler' && task.output === `${name}_example` ? [task] : []));

function renamed(task: RunCompiler, { name }: Plan, program: string): RunCompiler {
  const example = `${name}_example`;
  const rename = (word: string): string =>
    word === example ? program : word === `${example}.c` ? `${program}.c` : word;
  return { ...task, args: task.args.map(rename), output: program, doc: 'a program that times runs' };
}

const source = (path: string, contents: string): Artefact => ({ path, contents, role: 'source' });

interface Main {
  /** Functions that time steps. */
  readonly steps?: string;
  readonly running: typeof runningAlone;
}

function mainOf({ name, inputs, outputs }: Plan, program: string, { steps, running }: Main, render: Render) {
  const upper = name.toUpperCase();
  const [ins, outs] = [cPorts(inputs, `${upper}_INPUT`), cPorts(outputs, `${upper}_OUTPUT`)];
  return source(
    `${program}.c`,
    render('cpu/timer/main.c.hbs', {
      name,
      symbol: name,
      upper,
      ...running({ symbol: name, upper }),
      program,
      alignment,
      inputs: ins,
      outputs: outs,
      ports: [
        ...ins.map((p) => ({ ...p, array: `in_${p.member}` })),
        ...outs.map((p) => ({ ...p, array: `out_${p.member}` })),
      ],
      usage: [...ins.map((p) => `${p.member}.bin`), ...outs.map((p) => `${p.member}_out.bin`)].join(' '),
      inputCount: ins.length,
      files: ins.length + outs.length,
      steps: steps === undefined ? [] : [steps],
      stepsDoc: steps === undefined ? '' : ',\n * `steps N M` gives the times of each step over N runs and M windows',
      orders:
        steps === undefined
          ? []
          : [
              'int windows;',
              'if (sscanf(order, "steps %d %d", &times, &windows) == 2) return time_steps(times, windows);',
            ],
    }),
  );
}
