/** Depthwise convolutions: a thread computes some pixels of one channel that lie below each other, and reads what they share once. */
import { codeIn } from '../../../src/formats/codes.ts';
import type { Weights } from '../../../src/graph/weights.ts';
import type { Kernel, KernelSite } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { pictureOf } from '../../../src/tensor/type.ts';
import { isPlanes } from '../../gpu/planes.ts';
import { endingOf } from '../ending.ts';
import { callOf, real, whole, words, result as written } from '../kernel.ts';
import type { Values } from '../sparse/values.ts';
import { valuesOf, writeNumbers } from '../sparse/values.ts';

/** Pixels of a thread. */
const each = 4;

/** Weights of a channel are held in registers. */
const mostTaps = 49;

const threads = 128;

/** Along the second and third dimension of a grid. */
const mostGroups = 65535;

export const depthwise: Kernel = {
  name: 'depthwise',
  doc: 'convolutions of each channel by itself, some pixels a thread',

  match(site) {
    const fault = faultOf(site);
    const { call, weights, types, arrays, result } = site;
    const { op } = call;
    if (fault !== undefined || !weights || op.kind !== 'conv2d') return fault ?? 'takes weights that are known';
    const [images, height, width, inputs] = types.x.shape;
    const [, down, across, outputs] = result.type.shape;
    const [, tapsDown, tapsAcross] = types.weights.shape;
    const values = valuesOf(site, weights, 8);
    const ending = endingOf(site);
    const [strideY, strideX] = op.stride;
    const [dilationY, dilationX] = op.dilation;
    const shape = [`${tapsDown}x${tapsAcross}`, `${strideY}x${strideX}`, `${dilationY}x${dilationX}`].join('-');
    const own = callOf({
      name: `depthwise-${shape}-${values.kind}-${ending.kind}`,
      template: 'depthwise',
      view: {
        ...{ tapsDown, tapsAcross, strideY, strideX, dilationY, dilationX, pixels: each, type: values.type },
        lines: (each - 1) * strideY + (tapsDown - 1) * dilationY + 1,
        ...{ weight: values.one('weight') },
        prepare: values.prepare === '' ? '' : `${values.prepare}  __syncthreads();\n`,
        finish: ending.result(values.scaled('sum', 'row'), 'row', 'at'),
      },
      needs: ending.needs,
      parameters: [
        ...[real('x', arrays.x), words('weights', site.pack('filters', packed(weights, values)).array)],
        written('result', result.array),
        ...Object.entries({ height, width, inputs, down, across, outputs, above: op.pad[0], left: op.pad[1] }).map(
          ([name, size]) => whole(name, size),
        ),
        ...values.parameters,
        ...values.factors,
        ...ending.parameters,
      ],
      groups: [Math.ceil((Math.ceil(down / each) * across) / threads), outputs, images],
      threads,
    });
    return { calls: [own] };
  },
};

function faultOf({ call: { op }, types, weights, result, constant }: KernelSite): string | undefined {
  if (op.kind !== 'conv2d') return 'takes convolutions';
  const [images, , , channels] = types.x.shape;
  if (op.groups !== channels || types.weights.shape[3] !== 1) return 'takes a group for each channel';
  if (!weights) return 'takes weights that are known';
  const { format, params } = weights.constant.type.encoding;
  if (format !== 'dense' && codeIn(params)) return 'takes codes that all weights have';
  const moving = ['bias', 'slope'].find((name) => types[name] && !constant(name));
  if (moving !== undefined) return `takes a constant "${moving}"`;
  const [rows, down, across] = types.weights.shape;
  if (down * across > mostTaps) return `takes up to ${mostTaps} taps and is given ${down * across}`;
  if (rows > mostGroups || images > mostGroups) return `takes no ${rows} channels of ${images} images`;
  const lie = (t: TensorType | undefined): boolean => !t || isPlanes(t) || pictureOf(t.shape).pixels === 1;
  return [types.x, result.type, types.residual].every(lie) ? undefined : 'takes pictures in planes';
}

function packed({ matrix: { rows, columns } }: Weights, values: Values): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(Math.ceil((rows * columns * values.bits) / 32));
  for (let i = 0; i < rows * columns; i++)
    writeNumbers(to, values.bits, i, values.numberOf(Math.floor(i / columns), i % columns));
  return to;
}
