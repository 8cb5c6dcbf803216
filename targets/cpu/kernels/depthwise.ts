/** Depthwise convolutions: every channel by itself, laid flat, its taps shifts of it. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import { endingArguments, endingOf } from '../ending.ts';
import { isPanel, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';
import { slide, slidingArguments, slidingMembers, slidingRoutine } from '../sliding.ts';

export const depthwise: Kernel = {
  name: 'depthwise',
  doc: 'depthwise convolutions of any size, stride, dilation and padding',

  match(site) {
    const { call: step, types, arrays, result, weights, pack } = site;
    const { op } = step;
    if (op.kind !== 'conv2d') return 'not a convolution';
    if (op.residual) return 'a residual is to be added';
    if (!weights) return 'the weights are not known';
    const [n, , , i] = types.x.shape;
    const o = result.type.shape[3];
    const [, kh, kw] = types.weights.shape;
    if (op.groups !== i || i === 1) return 'not depthwise';
    if (!isPanel(types.x) || !isPanel(result.type)) return 'the images are not in panels';
    if (!weights.matrix.data.every(Number.isFinite)) return 'some weights are not finite';
    const sliding = slide({ ...op, kernel: [kh, kw] }, types.x, result.type);
    if (typeof sliding === 'string') return sliding;

    const ending = endingOf(op.activation);
    return {
      calls: [
        call(depthwiseRoutine(ending), {
          ...endingArguments(arrays.slope, ending),
          ...slidingArguments(site, sliding),
          x: arrays.x,
          y: result.array,
          weights: pack('weights', columnByColumn(weights.matrix.data, kw, sliding.order)).array,
          bias: arrays.bias,
          images: n,
          channels: i,
          multiplier: o / i,
        }),
      ],
    };
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

const members = `x y weights bias slope slopes images channels multiplier low high ${slidingMembers}` as const;

function depthwiseRoutine({ suffix, needs, finish }: Ending): CpuRoutine<typeof members> {
  const text = finish('y + q * outputs * LANES', 'outputs');
  const name = `depthwise${suffix}`;
  return {
    name,
    template: 'cpu/kernels/depthwise.c.hbs',
    view: {
      name: name.replaceAll('-', '_'),
      finish: text === '' ? '' : `\n      for (int32_t q = panel; q < next; ++q) ${text}`,
    },
    needs: [vector, slidingRoutine, depthwiseTaps, ...needs],
    struct: 'depthwise',
    members,
  };
}

const depthwiseTaps: Routine = {
  name: 'depthwise-taps',
  template: 'cpu/kernels/depthwise-taps.c.hbs',
  view: {},
  needs: [vector, slidingRoutine],
};
