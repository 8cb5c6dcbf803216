/**
 * What columns of weights are gathered from: rows of neighbouring pixels, one for each column. Of pictures a row is a plane of one channel as one
 * tap reads it, every stride-th pixel with the border around them, and taps that are whole rows of pixels apart read the same plane further on.
 */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Conv2d } from '../../../src/ops/conv2d.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { callOf, whole } from '../kernel.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';
import type { Forms } from './forms.ts';
import type { Lines } from './narrowing.ts';
import { inWord, narrowTurned, packOf, sourceOf } from './narrowing.ts';
import { areVectors, planeShape } from './plane-shape.ts';
import type { Goes } from './product.ts';

export interface Gather {
  readonly goes: Goes;
  /** Pieces from one image to the next. */
  readonly image: number;
  /** The places of columns, in pieces; and what makes them. */
  from(columns: readonly number[]): Gathered;
}

export interface Gathered {
  readonly length: number;
  readonly places: ReadonlyMap<number, number>;
  /** Numbers that say what each plane has, if it takes any. */
  readonly planes: Int32Array<ArrayBuffer> | undefined;
  make(to: Arr, planes: Arr | undefined): RoutineCall;
}

/** Numbers of vectors: each is a row over all vectors. */
export function vectorPlanes(
  from: Arr,
  { lines, length, pitch = length }: Pick<Lines, 'lines' | 'length' | 'pitch'>,
  goes: Goes,
  element: Element,
): Gather {
  const padded = alignUp(lines, perPiece(element));
  const pieces = padded / perPiece(element);
  return {
    image: pieces,
    goes: { ...goes, pixels: padded, imagePixels: padded, rowPixels: padded, rowKept: lines, toPixel: goes.rows },
    from: (columns) => ({
      ...{ length: length * padded, planes: undefined },
      places: new Map(columns.map((column) => [column, column * pieces])),
      make: (to) => narrowTurned({ from, to, pictures: 1, lines, length, pitch, padded }, element),
    }),
  };
}

const threads = 256;

/** Along the second dimension of a grid. */
const mostGroups = 65535;

export function picturePlanes(
  { types, arrays, result }: Pick<KernelSite, 'types' | 'arrays' | 'result'>,
  op: Conv2d,
  goes: Goes,
  element: Element,
  { x }: Forms,
): Gather | undefined {
  const shape = planeShape(op, types, result.type.shape, element);
  if (!shape) return undefined;
  const { images, channels, height, width, down, across, pitch, rows, plane } = shape;
  const pixel = x === 'planes' ? 1 : x === 'pieces' ? alignUp(channels, perPiece(element)) : channels;
  if (areVectors(types, result.type.shape))
    return vectorPlanes(arrays.x, { lines: images, length: channels, pitch: pixel }, goes, element);
  const steps = { channel_step: x === 'planes' ? height * width : 1, row_step: width * pixel, pixel_step: pixel };
  const { kind, parameter, read } = sourceOf({ from: arrays.x }, element);
  const kw = types.weights.shape[2];
  const piece = perPiece(element);
  const tapOf = (column: number) => {
    const [tap, channel] = [Math.floor(column / channels), column % channels];
    const y = Math.floor(tap / kw) * op.dilation[0];
    return { channel, rest: y % op.stride[0], rows: Math.floor(y / op.stride[0]), x: (tap % kw) * op.dilation[1] };
  };
  return {
    goes: {
      ...goes,
      ...{ pixels: images * down * pitch, imagePixels: down * pitch, rowPixels: pitch, rowKept: across },
      toDown: across * goes.toPixel,
    },
    image: (rows * pitch) / piece,
    from(columns) {
      const planes = new Map<string, readonly [at: number, ...what: number[]]>();
      const places = columns.map((column): readonly [number, number] => {
        const tap = tapOf(column);
        const key = `${tap.channel} ${tap.rest} ${tap.x}`;
        const own = planes.get(key) ?? [planes.size, tap.channel, tap.rest - op.pad[0], tap.x - op.pad[1]];
        planes.set(key, own);
        return [column, (own[0] * plane + tap.rows * pitch) / piece];
      });
      const count = planes.size;
      return {
        length: count * plane,
        places: new Map(places),
        planes: Int32Array.from([...planes.values()].flatMap(([, ...what]) => what)),
        make: (to, what) =>
          callOf({
            name: `planes-${element.name}${kind}`,
            template: 'tensor/planes',
            view: {
              ...{ type: element.name, inWord: inWord(element), sum: element.sum },
              read: read('line[(long long)x * pixel_step]'),
            },
            needs: [packOf(element)],
            parameters: [
              parameter,
              { declare: 'uint32_t *__restrict__ to', argument: to },
              { declare: 'const int *__restrict__ planes', argument: what ?? 0 },
              ...Object.entries({
                count,
                words: plane / inWord(element),
                rows,
                row_words: pitch / inWord(element),
              }).map(([name, n]) => whole(name, n)),
              ...Object.entries({
                ...{ image_step: height * width * (x === 'planes' ? channels : pixel), ...steps, height, width },
                ...{ stride_y: op.stride[0], stride_x: op.stride[1] },
              }).map(([name, n]) => whole(name, n)),
            ],
            groups: [Math.ceil(plane / inWord(element) / threads), Math.min(count, mostGroups)],
            threads,
          }),
      };
    },
  };
}
