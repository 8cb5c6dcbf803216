/** Depthwise convolutions: every channel by itself, laid flat, its taps shifts of it. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { WindowRoutines } from '../columns.ts';
import { routinesOf, rowsView, windowRoutines } from '../columns.ts';
import type { Ending } from '../ending.ts';
import { endingArguments, endingOf } from '../ending.ts';
import { isPanel, vector } from '../panels.ts';
import { ranged } from '../ranges.ts';
import type { CpuRoutine } from '../routine.ts';
import { call, identifierOf } from '../routine.ts';
import type { Sliding } from '../sliding.ts';
import { rangeOf, slide, slidingArguments, slidingMembers, slidingRoutine, wholeRange } from '../sliding.ts';

export const depthwise: Kernel = {
  name: 'depthwise',
  doc: 'depthwise convolutions of any size, stride, dilation and padding',

  match(site) {
    const { call: step, types, arrays, result, weights, pack } = site;
    const { op } = step;
    if (op.kind !== 'conv2d') return 'not a convolution';
    if (op.residual) return 'a residual is to be added';
    if (!weights) return 'the weights are not known';
    const i = types.x.shape[3];
    const o = result.type.shape[3];
    const [, kh, kw] = types.weights.shape;
    if (op.groups !== i || i === 1) return 'not depthwise';
    if (!isPanel(types.x) || !isPanel(result.type)) return 'the images are not in panels';
    if (!weights.matrix.data.every(Number.isFinite)) return 'some weights are not finite';
    const sliding = slide({ ...op, kernel: [kh, kw] }, types.x, result.type);
    if (typeof sliding === 'string') return sliding;

    const ending = endingOf(op.activation);
    const windows = unrolled(sliding);
    const order = windows ? sliding.order.toSorted((a, b) => a - b) : sliding.order;
    const { shape } = result.type;
    const made = call(depthwiseRoutine(windows, ending), {
      ...endingArguments(arrays.slope, ending),
      ...slidingArguments(site, { ...sliding, scratch: 2 * sliding.scratch }),
      ...wholeRange(shape),
      x: arrays.x,
      y: result.array,
      weights: pack('weights', columnByColumn(weights.matrix.data, kw, order)).array,
      bias: arrays.bias,
      channels: i,
      multiplier: o / i,
    });
    return { calls: [ranged(made, rangeOf(sliding, arrays.x, types.x.shape, result))] };
  },
};

/** Each filter's taps with the columns of the kernel outermost, and the rows in the order given. */
function columnByColumn(data: Float32Array, width: number, order: readonly number[]): Float32Array<ArrayBuffer> {
  const height = order.length;
  const taps = height * width;
  return Float32Array.from(data, (_, at) => {
    const [tap, filter] = [at % taps, at - (at % taps)];
    return data[filter + order[tap % height] * width + Math.floor(tap / height)];
  });
}

const members =
  `x y weights bias slope slopes begin end x_begin y_begin channels multiplier low high ${slidingMembers}` as const;

function depthwiseRoutine(
  windows: WindowRoutines | undefined,
  { suffix, needs, finish }: Ending,
): CpuRoutine<typeof members> {
  const text = finish('y + q * step', 'outputs');
  const name = `${windows ? windows.planes.name.replace('window', 'by') : 'depthwise'}${suffix}`;
  return {
    name,
    template: 'cpu/kernels/depthwise.c.hbs',
    view: {
      name: name.replaceAll('-', '_'),
      pixels: windows ? identifierOf(windows.planes) : 'depthwise_pixels',
      ...rowsView(windows),
      finish: text === '' ? '' : `\n      for (int32_t q = 0; t.start + q * LANES < t.end; ++q) ${text}`,
    },
    needs: [vector, slidingRoutine, ...(windows ? routinesOf(windows) : [depthwiseTaps]), ...needs],
    struct: 'depthwise',
    members,
  };
}

/** Taps whose weights stay in registers. */
const heldTaps = 12;

/** The routines with the taps written out, which take rows of them in order. */
function unrolled(sliding: Sliding): WindowRoutines | undefined {
  const [down, across] = sliding.window.kernel;
  const held = down * across <= heldTaps;
  const weight = (tap: number): string => (held ? `w${tap}` : `vec_all(weights[${tap}])`);
  const products = (tap: number, taps: readonly string[]): string =>
    taps.map((v, j) => `${weight(tap * down + j)} * ${v}`).join(' + ');
  return windowRoutines(sliding, {
    name: 'depthwise-window',
    doc: 'A depthwise convolution',
    needs: [depthwiseStruct],
    parameters: 'const struct depthwise *p, const float *weights, float bias',
    lines: [
      'const vec start = vec_all(bias), low = vec_all(p->low), high = vec_all(p->high);',
      ...Array.from({ length: held ? down * across : 0 }, (_, i) => `const vec w${i} = vec_all(weights[${i}]);`),
    ],
    start: 'start',
    column: products,
    first: (tap, taps) => `start + ${products(tap, taps)}`,
    add: (value) => `all += ${value};`,
    keep: (value, mask) => `vec_keep(${value}, ${mask})`,
    finished: () => 'vec_min(vec_max(all, low), high)',
    placed: false,
    alike: false,
  });
}

const depthwiseStruct: Routine = {
  name: 'depthwise-struct',
  template: 'cpu/kernels/depthwise-struct.c.hbs',
  view: {},
  needs: [slidingRoutine],
};

const depthwiseTaps: Routine = {
  name: 'depthwise-taps',
  template: 'cpu/kernels/depthwise-taps.c.hbs',
  view: {},
  needs: [vector, slidingRoutine, depthwiseStruct],
};
