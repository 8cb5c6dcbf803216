/** How layers end: what is left to do with their sums. */
import type { Arr } from '../../src/loop/loop.ts';
import { load, local, loop, store } from '../../src/loop/loop.ts';
import type { Activation } from '../../src/ops/scalar.ts';
import { lowerActivation } from '../../src/ops/scalar.ts';
import type { Argument, Routine } from '../../src/plan/kernel.ts';
import { printLoops } from '../print.ts';
import { directLoop } from './elementwise.ts';
import { vector } from './panels.ts';
import { partNames } from './parts.ts';
import { syntax } from './syntax.ts';

/** What is left to do with sums: bounds are free, and any other function is a second pass over them. */
export interface Ending {
  readonly low: Argument;
  readonly high: Argument;
  /** Added to the name of the routine that it ends. */
  readonly suffix: string;
  readonly needs: readonly Routine[];
  /** A statement for `rows` rows of a panel at `y`, in C. */
  readonly finish: (y: string, rows: string) => string;
}

const bounds: Partial<Record<Activation, readonly [number, number]>> = {
  none: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
};

export function endingOf(activation: Activation): Ending {
  const known = bounds[activation];
  const [low, high] = known ?? [-Infinity, Infinity];
  const common = { low: { f32: low }, high: { f32: high } };
  if (known) return { ...common, suffix: '', needs: [], finish: () => '' };
  const routine = activation === 'prelu' ? preluRows : activationOf(activation);
  const name = routine.name.replaceAll('-', '_');
  return {
    ...common,
    suffix: `-${activation}`,
    needs: [routine],
    finish: (y, rows) =>
      activation === 'prelu' ? `prelu_rows(${y}, ${rows}, p->slope, p->slopes);` : `${name}(${y}, ${rows} * LANES);`,
  };
}

const preluRows: Routine = {
  name: 'prelu-rows',
  template: 'cpu/kernels/prelu-rows.c.hbs',
  view: {},
  needs: [vector],
};

/** A function of some numbers in place, printed from the loops of the activation. */
export function activationOf(activation: Activation): Routine {
  const y: Arr = { name: 'y', dtype: 'f32', length: 0 };
  const count = local('count', 'i32');
  const body = loop('i', 0, count, (i) => [
    store(
      y,
      i,
      lowerActivation(activation, load(y, i), () => load(y, i)),
    ),
  ]);
  const name = `${activation}-all`;
  return {
    name,
    template: 'cpu/kernels/activation.c.hbs',
    view: {
      name: name.replaceAll('-', '_'),
      activation,
      body:
        directLoop(activation, 'y', '  ') ?? printLoops(body, syntax, { reserved: [...partNames, 'y'], indent: '  ' }),
    },
    needs: [vector],
  };
}

/** The arguments that an ending adds to a routine; slopes are one a channel or one for all. */
export const endingArguments = (slope: Arr | undefined, { low, high }: Ending) => ({
  low,
  high,
  slope: slope ?? 0,
  slopes: slope && slope.length > 1 ? 1 : 0,
});
