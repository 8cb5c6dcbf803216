/** Depthwise convolutions: every channel by itself, laid flat, its taps shifts of it. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import { endingArguments, endingOf } from '../ending.ts';
import { isPanel, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';
import { slide } from '../sliding.ts';

export const depthwise: Kernel = {
  name: 'depthwise',
  doc: 'depthwise convolutions of any size, stride, dilation and padding',

  match(site) {
    const { call: step, types, arrays, result, weights, pack } = site;
    const { op } = step;
    if (op.kind !== 'conv2d') return 'not a convolution';
    if (!weights) return 'the weights are not known';
    const [n, h, w, i] = types.x.shape;
    const [, oh, ow, o] = result.type.shape;
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
          x: arrays.x,
          y: result.array,
          scratch: site.scratch('planes', 'f32', sliding.scratch),
          weights: pack('weights', columnByColumn(weights.matrix.data, kh, kw)).array,
          bias: arrays.bias,
          offsets: pack('offsets', sliding.offsets).array,
          masks: pack('masks', sliding.masks).array,
          masked: pack('masked', sliding.masked).array,
          images: n,
          channels: i,
          multiplier: o / i,
          height: h,
          width: w,
          out_height: oh,
          out_width: ow,
          kernel_height: kh,
          kernel_width: kw,
          stride_y: op.stride[0],
          stride_x: op.stride[1],
          first_row: sliding.firstRow,
          rows: sliding.rows,
          flat: sliding.flat,
          planes: sliding.planes,
          plane: sliding.plane,
          strip: sliding.strip,
        }),
      ],
    };
  },
};

/** Each filter's taps with the columns of the kernel outermost. */
function columnByColumn(data: Float32Array, height: number, width: number): Float32Array<ArrayBuffer> {
  const taps = height * width;
  return Float32Array.from(data, (_, at) => {
    const [tap, filter] = [at % taps, at - (at % taps)];
    return data[filter + (tap % height) * width + Math.floor(tap / height)];
  });
}

export const planesRoutine: Routine = {
  name: 'planes',
  template: 'cpu/kernels/planes.c.hbs',
  view: {},
  needs: [vector],
};

const members =
  `x y scratch weights bias slope slopes offsets masks masked images channels multiplier ${'height width out_height out_width kernel_height kernel_width stride_y stride_x'} ${'first_row rows flat planes plane strip low high'}` as const;

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
    needs: [vector, planesRoutine, depthwiseTaps, ...needs],
    struct: 'depthwise',
    members,
  };
}

const depthwiseTaps: Routine = {
  name: 'depthwise-taps',
  template: 'cpu/kernels/depthwise-taps.c.hbs',
  view: {},
  needs: [vector],
};
