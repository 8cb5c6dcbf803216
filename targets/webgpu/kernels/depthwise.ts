/** Depthwise convolutions: an invocation computes some pixels of one channel. What taps find beside the picture is zero. */
import { codeIn } from '../../../src/formats/codes.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { pictureOf } from '../../../src/tensor/type.ts';
import { isPlanes } from '../../gpu/planes.ts';
import { groupSize, lanesFor, pixelsEach } from './lanes.ts';
import type { Ending } from './layer.ts';
import { declared, endingOf, notKnown } from './layer.ts';
import type { Stored } from './values.ts';
import { storeValues, told } from './values.ts';

export const depthwise: Kernel = {
  name: 'depthwise',
  doc: 'convolutions of each channel by itself, some pixels an invocation',

  match(site) {
    const { call, weights, types, arrays, result } = site;
    const { op } = call;
    if (op.kind !== 'conv2d') return 'takes convolutions';
    const [images, h, w, c] = types.x.shape;
    if (op.groups !== c || types.weights.shape[3] !== 1) return 'takes a group for each channel';
    if (!weights) return 'takes weights that are known';
    const { format, params } = weights.constant.type.encoding;
    if (format !== 'dense' && codeIn(params)) return 'takes codes that all weights have';
    const fault = notKnown(site);
    if (fault !== undefined) return fault;
    const { pixels, channels } = pictureOf(result.type.shape);
    const lie = (isPlane: boolean, count: number): boolean => isPlane || count === 1;
    if (!lie(isPlanes(types.x), h * w) || !lie(isPlanes(result.type), pixels)) return 'takes pictures in planes';
    if (types.residual && !lie(isPlanes(types.residual), pixels)) return 'takes a residual in planes';

    const { rows, columns } = weights.matrix;
    const values = storeValues(site, weights, {
      rows: Int32Array.from({ length: rows * columns }, (_, i) => Math.floor(i / columns)),
      columns: Int32Array.from({ length: rows * columns }, (_, i) => i % columns),
    });
    const ending = endingOf(site);
    const lanes = lanesFor(Math.ceil(pixels / pixelsEach));
    const args = [
      ...values.args,
      ...ending.args,
      ...[arrays.x, result.array, h, w, c, result.type.shape[2], pixels, channels],
      ...[types.weights.shape[1], types.weights.shape[2], ...op.stride, ...op.dilation, op.pad[0], op.pad[1], lanes],
    ];
    const groups = [Math.ceil(pixels / (pixelsEach * lanes)), Math.ceil(channels / (groupSize / lanes)), images];
    return { calls: [{ routine: shader(values, ending), args, groups }] };
  },
};

const ownNames = [
  ...['x', 'result', 'height', 'width', 'inputs', 'across', 'pixels', 'outputs'],
  ...['taps_down', 'taps_across', 'stride_y', 'stride_x', 'dilation_y', 'dilation_x', 'above', 'left', 'lanes'],
];

const shader = (values: Stored, ending: Ending): Routine => ({
  name: `depthwise-${values.kind}-${ending.kind}`,
  template: 'webgpu/kernels/depthwise.wgsl.hbs',
  view: {
    told: declared([...told, ...ending.names, ...ownNames]),
    value: values.value('(row * taps_down * taps_across + ky * taps_across + kx)'),
    finish: ending.four(`sum * ${values.factor('row')}`, 'row', 'at'),
  },
  needs: [...values.needs, ...ending.fourNeeds],
});
