/**
 * Transposed convolutions as what they are to each of their stride x stride kinds of output pixel: a convolution with
 * every stride-th tap. One convolution computes all kinds as channels, which are then spread out over pixels.
 */
import type { ConvTranspose2d } from '../../../src/ops/conv-transpose2d.ts';
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { liveness } from '../../../src/tensor/matrix.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { panelsOf } from '../../../src/tensor/type.ts';
import { convolutionFault, convolve } from '../convolving.ts';
import { isPanel, lanes } from '../panels.ts';
import { call } from '../routine.ts';
import { depthToSpaceRoutine } from './depth-to-space.ts';

export const convTranspose2d: Kernel = {
  name: 'conv-transpose2d',
  doc: 'transposed convolutions whose result is a multiple of the stride',

  match(site) {
    const { call: step, types, arrays, result, weights, pack, scratch } = site;
    const { op } = step;
    if (op.kind !== 'conv-transpose2d') return 'not a transposed convolution';
    if (!weights) return 'the weights are not known';
    if (!isPanel(types.x) || !isPanel(result.type)) return 'the images are not in panels';
    const [block, across] = op.stride;
    if (block !== across) return 'the strides differ';
    if (op.dilation.some((d) => d !== 1)) return 'its taps are dilated';
    if (op.size.some((d) => d % block !== 0)) return 'the result is not a multiple of the stride';
    const bias = site.constant('bias');
    const slope = site.constant('slope');
    if (!bias || (op.activation === 'prelu' && !slope)) return 'bias or slopes are not known';

    const o = result.type.shape[3];
    const kinds = block * block;
    const { matrix, kernel, pad } = kindsOfPixels(op, weights.matrix, types.weights.shape);
    const to = [types.x.shape[0], op.size[0] / block, op.size[1] / block, o * kinds];
    const { encoding } = weights.constant.type;
    const conv = {
      from: types.x.shape,
      to,
      plain: false,
      kernel,
      stride: [1, 1],
      dilation: [1, 1],
      pad,
      matrix,
      encoding: encoding.format === 'dense' ? encoding : { format: 'csr', params: {} },
      activation: op.activation,
    };
    const fault = convolutionFault(conv);
    if (fault) return fault;
    const numbers = to[0] * panelsOf(to, lanes) * to[3] * lanes;
    const apart = scratch('apart', 'f32', numbers);
    return {
      calls: [
        ...convolve(site, {
          ...conv,
          x: arrays.x,
          y: apart,
          bias: pack('bias', repeated(bias, kinds)).array,
          slope: slope && (slope.length > 1 ? pack('slope', repeated(slope, kinds)).array : arrays.slope),
        }),
        call(depthToSpaceRoutine, {
          x: apart,
          y: result.array,
          scratch: scratch('rows', 'f32', (block * panelsOf(to, lanes) + panelsOf(result.type.shape, lanes)) * lanes),
          images: to[0],
          height: to[1],
          width: to[2],
          channels: to[3],
          block,
        }),
      ],
    };
  },
};

/**
 * The weights of the convolution that computes every kind of pixel. Output row q · stride + r takes tap
 * t · stride + r + pad of input row q − t, for every t for which there is such a tap.
 */
function kindsOfPixels({ stride: [s], pad }: ConvTranspose2d, m: Matrix, [o, kh, kw, i]: Shape) {
  const axes = [kh, kw].map((taps, axis) => {
    const least = Math.ceil((1 - s - pad[axis]) / s);
    const most = Math.floor((taps - 1 - pad[axis]) / s);
    return { taps, most, count: Math.max(most - least + 1, 1) };
  });
  const columns = axes[0].count * axes[1].count * i;
  const data = new Float32Array(s * s * o * columns);
  const mask = new Uint8Array(data.length);
  const live = liveness(m);
  const tapOf = (axis: number, place: number, r: number): number => {
    const tap = (axes[axis].most - place) * s + r + pad[axis];
    return tap >= 0 && tap < axes[axis].taps ? tap : -1;
  };
  for (let kind = 0; kind < s * s; kind++)
    for (let y = 0; y < axes[0].count; y++)
      for (let x = 0; x < axes[1].count; x++) {
        const [ky, kx] = [tapOf(0, y, Math.floor(kind / s)), tapOf(1, x, kind % s)];
        if (ky < 0 || kx < 0) continue;
        for (let c = 0; c < o; c++)
          for (let k = 0; k < i; k++) {
            const at = (kind * o + c) * columns + (y * axes[1].count + x) * i + k;
            const from = ((c * kh + ky) * kw + kx) * i + k;
            data[at] = m.data[from];
            mask[at] = live[from];
          }
      }
  return {
    matrix: { rows: s * s * o, columns, run: i, data, mask },
    kernel: axes.map((a) => a.count),
    pad: axes.map((a) => a.most),
  };
}

const repeated = (data: Numbers, times: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: data.length * times }, (_, at) => data[at % data.length]);
