/** Pooling: every channel by itself, laid flat, the window's places shifts of it; the whole plane as one sum. */
import type { Kernel, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { isPanel, lanes, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';
import { slide } from '../sliding.ts';
import { planesRoutine } from './depthwise.ts';

export const pool2d: Kernel = {
  name: 'pool2d',
  doc: 'pooling with any window, stride and padding',

  match(site) {
    const { call: step, types, result } = site;
    const { op } = step;
    if (op.kind !== 'pool2d') return 'no pooling';
    if (!isPanel(types.x)) return 'the image is not in panels';
    if (!isPanel(result.type)) return 'the result is not in panels';
    const window = { ...op, kernel: op.window, dilation: [1, 1] };
    const sliding = slide(window, types.x, result.type);
    return typeof sliding === 'string' ? sliding : { calls: [pooled(site, op.fn, sliding)] };
  },
};

function pooled(
  { call: step, types, arrays, result, pack, scratch }: KernelSite,
  fn: 'max' | 'avg',
  sliding: Exclude<ReturnType<typeof slide>, string>,
): RoutineCall {
  const { op } = step as KernelSite['call'] & { readonly op: { readonly kind: 'pool2d' } };
  const [n, h, w, c] = types.x.shape;
  const [, oh, ow] = result.type.shape;
  return call(poolRoutine(fn), {
    x: arrays.x,
    y: result.array,
    scratch: scratch('planes', 'f32', sliding.scratch),
    divisors: fn === 'max' ? 0 : pack('divisors', divisors(step, types.x.shape, result.type.shape)).array,
    offsets: pack('offsets', sliding.offsets).array,
    masks: pack('masks', sliding.masks).array,
    masked: pack('masked', sliding.masked).array,
    images: n,
    channels: c,
    height: h,
    width: w,
    out_height: oh,
    out_width: ow,
    window_height: op.window[0],
    window_width: op.window[1],
    stride_y: op.stride[0],
    stride_x: op.stride[1],
    first_row: sliding.firstRow,
    rows: sliding.rows,
    flat: sliding.flat,
    planes: sliding.planes,
    plane: sliding.plane,
    strip: sliding.strip,
  });
}

/** How many numbers each output pixel is the mean of; 1 in the lanes behind the last. */
function divisors(
  { op }: KernelSite['call'],
  [, h, w]: readonly number[],
  [, oh, ow]: readonly number[],
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(Math.ceil((oh * ow) / lanes) * lanes).fill(1);
  if (op.kind !== 'pool2d') return out;
  const { window, stride, pad, countPad } = op;
  const inside = (at: number, axis: number, size: number): number =>
    Math.min(at * stride[axis] - pad[axis] + window[axis], size) - Math.max(at * stride[axis] - pad[axis], 0);
  for (let y = 0; y < oh; y++)
    for (let x = 0; x < ow; x++) out[y * ow + x] = countPad ? window[0] * window[1] : inside(y, 0, h) * inside(x, 1, w);
  return out;
}

const members =
  'x y scratch divisors offsets masks masked images channels height width out_height out_width window_height window_width stride_y stride_x first_row rows flat planes plane strip';

const poolRoutine = (fn: 'max' | 'avg'): CpuRoutine<typeof members> => ({
  name: `pool-${fn}`,
  template: 'cpu/kernels/pool.c.hbs',
  view:
    fn === 'max'
      ? { name: 'pool_max', outside: '-INFINITY', combine: 'vec_max', finished: 'all' }
      : { name: 'pool_avg', outside: '0.0f', combine: 'vec_add', finished: 'all / vec_load(p->divisors + pixel)' },
  needs: [vector, planesRoutine],
  struct: `pool_${fn}`,
  members,
});
