/** Pooling: every channel by itself, laid flat, the window's places shifts of it. */
import type { Pool2d } from '../../../src/ops/pool2d.ts';
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { isPanel, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';
import { slide, slidingArguments, slidingMembers, slidingRoutine } from '../sliding.ts';

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
    const [images, , , channels] = types.x.shape;
    return {
      calls: [
        call(poolRoutine(op.fn), {
          ...slidingArguments(site, sliding),
          x: arrays.x,
          y: result.array,
          divisors: op.fn === 'max' ? 0 : counts(),
          images,
          channels,
        }),
      ],
    };
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

const members = `x y divisors images channels ${slidingMembers}` as const;

const poolRoutine = (fn: Pool2d['fn']): CpuRoutine<typeof members> => ({
  name: `pool-${fn}`,
  template: 'cpu/kernels/pool.c.hbs',
  view:
    fn === 'max'
      ? { name: 'pool_max', outside: '-INFINITY', combine: 'vec_max', finished: 'all[v]' }
      : {
          name: 'pool_avg',
          outside: '0.0f',
          combine: 'vec_add',
          finished: 'all[v] / vec_load(p->divisors + place + v * WIDTH)',
        },
  needs: [vector, slidingRoutine],
  struct: `pool_${fn}`,
  members,
});
