/** TensorFlow operators on images and their borders. */
import { elements } from '../../tensor/type.ts';
import type { Value } from '../builder.ts';
import { cast, reshape, slice, transpose } from '../compose.ts';
import type { Layer, Row, Rows } from './layer.ts';

const resize =
  (method: 'bilinear' | 'nearest'): Row =>
  (l) => {
    const [corners, centres] = [l.bool('align_corners', false), l.bool('half_pixel_centers', false)];
    const coordinates = corners ? 'align-corners' : centres ? 'half-pixel' : 'asymmetric';
    // With pixel centres TensorFlow takes the pixel that the centre lies in: floor((i + ½) · scale).
    const rounding = coordinates === 'asymmetric' ? 'floor' : 'round';
    const size = l.numbers(1, 'size');
    return l.call({ kind: 'resize', method, size, coordinates, rounding }, cast(l, l.operand(0), 'f32'));
  };

/** Pairs of numbers, one pair per axis: before and after. */
function pairs(l: Layer, index: number, what: string, count: number): readonly (readonly number[])[] {
  const numbers = l.numbers(index, what);
  if (!l.failed && numbers.length !== 2 * count) l.fail(`has ${numbers.length} ${what} for ${count} axes`);
  return Array.from({ length: count }, (_, i) => [numbers[2 * i] ?? 0, numbers[2 * i + 1] ?? 0]);
}

function padded(l: Layer, mode: 'constant' | 'reflect' | 'symmetric', value: number): Value {
  const x = l.operand(0);
  const widths = pairs(l, 1, 'paddings', x.type.shape.length);
  if (widths.every(([a, b]) => a === 0 && b === 0)) return l.failed ? l.fail('') : x;
  return l.call({ kind: 'pad', before: widths.map(([a]) => a), after: widths.map(([, b]) => b), mode, value }, x);
}

const padWith: Row = (l) => {
  const value = l.operands.length > 2 ? l.operand(2).data : Float32Array.of(l.float('constant_value', 0));
  if (value?.length !== 1) return l.fail('pads with a value that is computed from the input');
  return padded(l, 'constant', value[0]);
};

const mirror: Row = (l) => {
  const mode = l.text('mode').toLowerCase();
  if (mode !== 'reflect' && mode !== 'symmetric')
    return l.fail(`pads in mode "${mode}"; reflect and symmetric are read`);
  return padded(l, mode, 0);
};

const shuffle =
  (kind: 'depth-to-space' | 'space-to-depth'): Row =>
  (l) => {
    if (l.text('data_format', 'NHWC') !== 'NHWC')
      return l.fail('has its channels first', 'convert the model with channels last');
    return l.call({ kind, block: l.int('block_size') }, l.operand(0));
  };

/** [n, h·b, w·b, c] → [b·b·n, h, w, c]: pixels b apart become images of their own. */
const spaceToBatch: Row = (l) => {
  const x = l.operand(0);
  const block = l.numbers(1, 'block shape');
  const m = block.length;
  const widths = pairs(l, 2, 'paddings', m);
  const { shape } = x.type;
  if (l.failed || m + 1 > shape.length || block.some((b) => b < 1))
    return l.fail('has blocks that do not fit its input');
  const around = shape.map((_, a) => (a >= 1 && a <= m ? widths[a - 1] : [0, 0]));
  const full = around.every(([a, b]) => a === 0 && b === 0)
    ? x
    : l.call(
        { kind: 'pad', before: around.map(([a]) => a), after: around.map(([, b]) => b), mode: 'constant', value: 0 },
        x,
      );
  const [n, ...sizes] = full.type.shape;
  const inner = sizes.slice(0, m);
  const rest = sizes.slice(m);
  if (!l.failed && inner.some((d, i) => d % block[i] !== 0))
    return l.fail(`cannot cut [${inner.join(', ')}] into blocks of [${block.join(', ')}]`);
  const apart = reshape(l, full, [n, ...inner.flatMap((d, i) => [d / block[i], block[i]]), ...rest]);
  const spatial = [...inner.keys()];
  const perm = [
    ...spatial.map((i) => 2 + 2 * i),
    0,
    ...spatial.map((i) => 1 + 2 * i),
    ...rest.map((_, i) => 1 + 2 * m + i),
  ];
  return reshape(l, transpose(l, apart, perm), [n * elements(block), ...inner.map((d, i) => d / block[i]), ...rest]);
};

/** The other way about; borders are cut off afterwards. */
const batchToSpace: Row = (l) => {
  const x = l.operand(0);
  const block = l.numbers(1, 'block shape');
  const m = block.length;
  const crops = pairs(l, 2, 'crops', m);
  const [batch, ...sizes] = x.type.shape;
  if (l.failed || m > sizes.length || block.some((b) => b < 1) || batch % elements(block) !== 0)
    return l.fail('has blocks that do not fit its input');
  const n = batch / elements(block);
  const inner = sizes.slice(0, m);
  const rest = sizes.slice(m);
  const apart = reshape(l, x, [...block, n, ...sizes]);
  const perm = [m, ...inner.flatMap((_, i) => [m + 1 + i, i]), ...rest.map((_, i) => 2 * m + 1 + i)];
  const large = inner.map((d, i) => d * block[i]);
  const joined = reshape(l, transpose(l, apart, perm), [n, ...large, ...rest]);
  const begin = [0, ...crops.map(([before]) => before), ...rest.map(() => 0)];
  return slice(l, joined, begin, [n, ...large.map((d, i) => d - crops[i][0] - crops[i][1]), ...rest]);
};

export const imageRows: Rows = {
  BatchToSpaceND: batchToSpace,
  DepthToSpace: shuffle('depth-to-space'),
  MirrorPad: mirror,
  Pad: padWith,
  PadV2: padWith,
  ResizeBilinear: resize('bilinear'),
  ResizeNearestNeighbor: resize('nearest'),
  SpaceToBatchND: spaceToBatch,
  SpaceToDepth: shuffle('space-to-depth'),
};
