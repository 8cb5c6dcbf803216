/** The sum, mean, largest or smallest number of every channel of images in panels. */
import type { Op } from '../../../src/ops/index.ts';
import type { Reduce } from '../../../src/ops/reduce.ts';
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { isPanel, vector } from '../panels.ts';
import type { Beside, CpuRoutine } from '../routine.ts';
import { beside, call } from '../routine.ts';

export const reduce: Kernel = {
  name: 'reduce',
  doc: 'one number of each channel, also as pooling of whole images',

  match(site) {
    const {
      call: { op },
      types: { x },
      arrays,
      result: { type, array },
    } = site;
    const fn = fnOf(op, x);
    if (!fn) return 'does not make one number of each channel';
    if (!isPanel(x) || type.layout.kind !== 'plain') return 'not from panels to a plain value';
    const [images, height, width, channels] = x.shape;
    const { given, ...shared } = beside(site, 'channels', channels);
    const members = { x: arrays.x, y: array, images, pixels: height * width, channels, ...given };
    return { calls: [call(routine(fn, shared), members)] };
  },
};

/** What of each channel a call computes, if it computes one number of each. */
function fnOf(op: Op, x: TensorType): Reduce['fn'] | undefined {
  if (op.kind === 'reduce')
    return x.shape.length === 4 && op.axes.length === 2 && op.axes.includes(1) && op.axes.includes(2)
      ? op.fn
      : undefined;
  if (op.kind !== 'pool2d') return undefined;
  const whole = op.window.every((size, i) => size === x.shape[i + 1]) && op.pad.every((p) => p === 0);
  return whole ? (op.fn === 'max' ? 'max' : 'mean') : undefined;
}

interface Step {
  readonly start: string;
  /** In C, of vectors and of numbers. */
  readonly vectors: (a: string, b: string) => string;
  readonly numbers: (a: string, b: string) => string;
}

const between = (sign: string) => (a: string, b: string) => `${a} ${sign} ${b}`;
const calling = (name: string) => (a: string, b: string) => `${name}(${a}, ${b})`;

const plus: Step = { start: '0.0f', vectors: between('+'), numbers: between('+') };

const steps: Readonly<Record<Reduce['fn'], Step>> = {
  sum: plus,
  mean: plus,
  prod: { start: '1.0f', vectors: between('*'), numbers: between('*') },
  max: { start: '-INFINITY', vectors: calling('vec_max'), numbers: calling('max_f32') },
  min: { start: 'INFINITY', vectors: calling('vec_min'), numbers: calling('min_f32') },
};

function routine(fn: Reduce['fn'], { view, members }: Omit<Beside, 'given'>): CpuRoutine {
  const { start, vectors, numbers } = steps[fn];
  const name = `channels-${fn}`;
  return {
    name,
    template: 'cpu/kernels/channels.c.hbs',
    view: {
      ...view,
      name: name.replaceAll('-', '_'),
      fn,
      start,
      combined: vectors('all[v]', 'next'),
      folded: vectors('all[v]', 'all[v + half]'),
      last: numbers('lanes[l]', 'lanes[l + half]'),
      finished: fn === 'mean' ? 'lanes[0] / (float)p->pixels' : 'lanes[0]',
    },
    needs: [vector],
    struct: name.replaceAll('-', '_'),
    members: `x y images pixels channels${members}`,
  };
}
