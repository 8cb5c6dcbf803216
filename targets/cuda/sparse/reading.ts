/** What a step's pictures or vectors are as planes, and the call that makes these where they do not lie so. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements, pictureOf } from '../../../src/tensor/type.ts';
import { isPlanes } from '../../gpu/planes.ts';
import { callOf, real, whole, result as written } from '../kernel.ts';
import type { Filtered, Planes } from './planes.ts';
import { locator, planesOf, planesOfVectors } from './planes.ts';

export interface Read {
  readonly planes: Planes;
  readonly images: number;
  /** Of channels, each of which rows of their own read. */
  readonly groups: number;
  readonly locate: (column: number) => { readonly plane: number; readonly shift: number };
  /** Elements of the result from one image, pixel and row of weights to the next. */
  readonly to: { readonly image: number; readonly pixel: number; readonly row: number };
  copy(to: Arr): RoutineCall;
}

/** Or why there are none. */
export function readingOf({ call, types, arrays, result }: KernelSite): Read | string {
  const { x, weights } = types;
  const size = x.shape[x.shape.length - 1];
  const rows = weights.shape[0];
  const { op } = call;
  if (op.kind === 'linear') return readVectors(arrays.x, elements(x.shape) / size, size, rows);
  if (op.kind !== 'conv2d') return 'takes convolutions and dense layers';
  const lie = (t: TensorType | undefined): boolean => !t || isPlanes(t) || pictureOf(t.shape).pixels === 1;
  if (![x, result.type, types.residual].every(lie)) return 'takes pictures in planes';
  const [images, h, w, channels] = x.shape;
  const [, height, width] = result.type.shape;
  const { groups } = op;
  const layer: Filtered = {
    ...{ images, channels: channels / groups, size: [h, w], taps: [weights.shape[1], weights.shape[2]] },
    ...{ stride: pair(op.stride), dilation: pair(op.dilation), pad: op.pad, result: [height, width] },
  };
  const planes = planesOf(layer);
  return {
    ...{ planes, images, groups, locate: locator(planes, channels / groups, layer) },
    to: { image: rows * height * width, pixel: 1, row: height * width },
    copy: (to) => phasesCall(arrays.x, to, { ...layer, channels }, planes),
  };
}

const pair = ([down, across]: readonly number[]): readonly [number, number] => [down, across];

function readVectors(x: Arr, vectors: number, size: number, rows: number): Read {
  const planes = planesOfVectors(vectors, size);
  return {
    ...{ planes, images: 1, groups: 1, locate: (column) => ({ plane: column, shift: 0 }) },
    to: { image: 0, pixel: rows, row: 1 },
    copy: (to) =>
      callOf({
        ...{ name: 'turn', template: 'turn', view: {}, threads },
        parameters: [
          ...[real('x', x), written('turned', to)],
          ...[whole('rows', vectors), whole('columns', size), whole('size', planes.size)],
        ],
        groups: [Math.ceil(size / 32), Math.min(mostGroups, Math.ceil(vectors / 32))],
      }),
  };
}

function phasesCall(x: Arr, copy: Arr, layer: Filtered, { phases, pitch, size }: Planes): RoutineCall {
  const { images, channels, stride, pad } = layer;
  const sizes = {
    ...{ channels: images * channels, height: layer.size[0], width: layer.size[1], above: pad[0], left: pad[1] },
    ...{ stride_y: stride[0], stride_x: stride[1], phases_across: phases[1], pitch, size },
  };
  return callOf({
    ...{ name: 'phases', template: 'phases', view: {}, threads },
    parameters: [
      ...[real('x', x), written('copy', copy)],
      ...Object.entries(sizes).map(([name, value]) => whole(name, value)),
    ],
    groups: [Math.ceil(size / threads), phases[0] * phases[1], Math.min(mostGroups, images * channels)],
  });
}

const threads = 256;

/** Along the second and third dimension of a grid. */
const mostGroups = 65535;
