/** Pictures: pools, other sizes, blocks of channels. */
import type { DepthToSpace } from '../../ops/depth-to-space.ts';
import type { Pool2d } from '../../ops/pool2d.ts';
import type { Resize } from '../../ops/resize.ts';
import type { SpaceToDepth } from '../../ops/space-to-depth.ts';
import { int, ints, text } from './file.ts';
import type { Layer, Row } from './layer.ts';
import { held, list, same } from './layer.ts';
import { imageOrder } from './order.ts';
import type { Held } from './values.ts';

/** Runtimes have these for numbers of floating point alone; `double` holds every i32. */
function onPicture(l: Layer, opType: string, attributes: Parameters<Layer['node']>[2]): Held {
  const element = l.types.x.dtype === 'f32' ? 'float' : 'double';
  return { tensor: l.node(opType, [l.view('x', imageOrder, element)], attributes), order: imageOrder, element };
}

export const pool2d: Row<Pool2d> = ({ fn, window, stride, pad, countPad }, l) => {
  const [, h, w] = l.types.x.shape;
  const opType = fn === 'max' ? 'MaxPool' : 'AveragePool';
  if (window[0] === h && window[1] === w && pad.every((p) => p === 0)) return onPicture(l, `Global${opType}`, {});
  return onPicture(l, opType, {
    ...(fn === 'avg' && { count_include_pad: int(Number(countPad)) }),
    kernel_shape: ints(window),
    pads: ints(pad),
    strides: ints(stride),
  });
};

const coordinates: Readonly<Record<Resize['coordinates'], string>> = {
  asymmetric: 'asymmetric',
  'half-pixel': 'half_pixel',
  'align-corners': 'align_corners',
};

const modes: Readonly<Record<Resize['method'], string>> = { bilinear: 'linear', nearest: 'nearest' };

/** Halves are rounded upwards. */
const roundings: Readonly<Record<Resize['rounding'], string>> = { floor: 'floor', round: 'round_prefer_ceil' };

export const resize: Row<Resize> = (op, l) => {
  const [n, oh, ow, c] = l.type.shape;
  const tensor = l.node('Resize', [l.view('x', imageOrder), '', '', list(l, [n, c, oh, ow], 'sizes')], {
    coordinate_transformation_mode: text(coordinates[op.coordinates]),
    mode: text(modes[op.method]),
    ...(op.method === 'nearest' && { nearest_mode: text(roundings[op.rounding]) }),
  });
  return held(l, tensor, imageOrder);
};

export const depthToSpace: Row<DepthToSpace> = ({ block }, l) =>
  block === 1 ? same(l, 'x') : onPicture(l, 'DepthToSpace', { blocksize: int(block), mode: text('DCR') });

export const spaceToDepth: Row<SpaceToDepth> = ({ block }, l) =>
  block === 1 ? same(l, 'x') : onPicture(l, 'SpaceToDepth', { blocksize: int(block) });
