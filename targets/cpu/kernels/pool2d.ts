/** Pooling: every channel by itself, laid flat, the window's places shifts of it. */
import type { Pool2d } from '../../../src/ops/pool2d.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import type { WindowRoutines } from '../columns.ts';
import { routinesOf, rowsView, windowRoutines } from '../columns.ts';
import { isPanel, vector } from '../panels.ts';
import { ranged } from '../ranges.ts';
import type { CpuRoutine } from '../routine.ts';
import { call, identifierOf } from '../routine.ts';
import type { Sliding } from '../sliding.ts';
import { rangeOf, slide, slidingArguments, slidingMembers, slidingRoutine, wholeRange } from '../sliding.ts';

export const pool2d: Kernel = {
  name: 'pool2d',
  doc: 'pooling with any window, stride and padding',

  match(site) {
    const { call: step, types, arrays, result, pack } = site;
    const { op } = step;
    if (op.kind !== 'pool2d') return 'no pooling';
    if (!isPanel(types.x)) return 'the image is not in panels';
    if (!isPanel(result.type)) return 'the result is not in panels';
    const sliding = slide({ ...op, kernel: op.window, dilation: [1, 1] }, types.x, result.type);
    if (typeof sliding === 'string') return sliding;
    const counts = () => pack('divisors', divisors(op, types.x.shape, result.type.shape, sliding.pitch)).array;
    const made = call(poolRoutine(op.fn, sliding), {
      ...slidingArguments(site, { ...sliding, scratch: 2 * sliding.scratch }),
      ...wholeRange(result.type.shape),
      x: arrays.x,
      y: result.array,
      divisors: op.fn === 'max' ? 0 : counts(),
      channels: types.x.shape[3],
    });
    return { calls: [ranged(made, rangeOf(sliding, arrays.x, types.x.shape, result))] };
  },
};

/** How many numbers each output pixel is the mean of, in rows of `pitch`; 1 between and behind the pixels. */
function divisors(
  { window, stride, pad, countPad }: Pool2d,
  [, h, w]: Shape,
  [, oh, ow]: Shape,
  pitch: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(oh * pitch + widest).fill(1);
  const inside = (at: number, axis: number, size: number): number =>
    Math.min(at * stride[axis] - pad[axis] + window[axis], size) - Math.max(at * stride[axis] - pad[axis], 0);
  for (let y = 0; y < oh; y++)
    for (let x = 0; x < ow; x++)
      out[y * pitch + x] = countPad ? window[0] * window[1] : inside(y, 0, h) * inside(x, 1, w);
  return out;
}

/** Numbers in the widest vector. */
const widest = 16;

const members = `x y divisors begin end x_begin y_begin channels ${slidingMembers}` as const;

interface Combine {
  /** What counts for nothing. */
  readonly outside: string;
  readonly combine: string;
  /** Of a vector and its place among the divisors. */
  readonly finish: (all: string, place: string) => string;
}

const combines: Readonly<Record<Pool2d['fn'], Combine>> = {
  max: { outside: '-INFINITY', combine: 'vec_max', finish: (all) => all },
  avg: {
    outside: '0.0f',
    combine: 'vec_add',
    finish: (all, place) => `${all} / vec_load(p->divisors + ${place})`,
  },
};

function poolRoutine(fn: Pool2d['fn'], sliding: Sliding): CpuRoutine<typeof members> {
  const windows = unrolled(fn, sliding);
  const pixels = windows?.planes ?? poolTaps(fn);
  const name = pixels.name.replace('window', 'by').replace('taps', 'any');
  return {
    name,
    template: 'cpu/kernels/pool.c.hbs',
    view: {
      name: name.replaceAll('-', '_'),
      outside: combines[fn].outside,
      pixels: identifierOf(pixels),
      ...rowsView(windows),
    },
    needs: [vector, slidingRoutine, ...(windows ? routinesOf(windows) : [pixels])],
    struct: 'pool',
    members,
  };
}

/** The routine with the places of the window written out: rows are combined once for all columns of one plane. */
function unrolled(fn: Pool2d['fn'], sliding: Sliding): WindowRoutines | undefined {
  const { outside, combine, finish } = combines[fn];
  const nothing = `vec_all(${outside})`;
  const column = (_tap: number, taps: readonly string[]): string =>
    taps.reduce((all, v) => `${combine}(${all}, ${v})`, nothing);
  return windowRoutines(sliding, {
    name: `pool-${fn}-window`,
    doc: 'Pooling',
    needs: [poolStruct],
    parameters: 'const struct pool *p, int32_t place',
    lines: fn === 'max' ? ['(void)place;'] : [],
    start: nothing,
    column,
    first: column,
    add: (value) => `all = ${combine}(all, ${value});`,
    keep: (value, mask) => (fn === 'max' ? `vec_or(${value}, ${nothing}, ${mask})` : `vec_keep(${value}, ${mask})`),
    finished: (place) => finish('all', place),
    placed: fn !== 'max',
    alike: true,
  });
}

const poolStruct: Routine = {
  name: 'pool-struct',
  template: 'cpu/kernels/pool-struct.c.hbs',
  view: {},
  needs: [slidingRoutine],
};

function poolTaps(fn: Pool2d['fn']): Routine {
  const { outside, combine, finish } = combines[fn];
  return {
    name: `pool-${fn}-taps`,
    template: 'cpu/kernels/pool-taps.c.hbs',
    view: { name: `pool_${fn}_taps`, outside, combine, finished: finish('all[v]', 'place + v * WIDTH') },
    needs: [vector, poolStruct],
  };
}
