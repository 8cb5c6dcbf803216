/** How large a layer is as a product on tensor cores, by its shapes alone: what is priced, and asked before anything is packed. */
import type { Bounds } from '../../../src/graph/bounds.ts';
import type { Call } from '../../../src/graph/graph.ts';
import type { Types } from '../../../src/ops/rules.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements as count, pictureOf } from '../../../src/tensor/type.ts';
import { mostPhases, phaseCount, phasesIn } from '../../gpu/phases.ts';
import type { Element } from './elements.ts';
import { perPiece } from './elements.ts';
import type { Before } from './estimate.ts';
import { tapsOf } from './phase-taps.ts';
import type { PlaneShape } from './plane-shape.ts';
import { areVectors, planeShape } from './plane-shape.ts';
import type { Along } from './tiles.ts';
import { tooManyPlaces } from './ungrouped.ts';

export interface Size {
  /** Of weights, and neighbouring columns that are channels of one tap: of all groups, whose rows see the channels of others as zeros. */
  readonly rows: number;
  readonly columns: number;
  readonly run: number;
  readonly groups: number;
  readonly pixels: number;
  readonly along: Along;
  /** The same where columns are gathered, if they can be, with pixels that are computed and thrown away. */
  readonly gather?: Pick<Size, 'pixels' | 'bytes' | 'before'>;
  /** Bytes of what is multiplied with weights and of the result; and what makes the former of x. */
  readonly bytes: number;
  readonly before: Before;
  /** Of one of several products of a layer: the taps whose weights it has, and that blocks do not share its sums. */
  readonly taps?: readonly number[];
}

/** What is worth its launch. */
export interface Least {
  readonly pixels: number;
  readonly rows: number;
  readonly columns: number;
}

/** Of less, what tensor cores have is nearly all padding. */
export const fewest: Least = { pixels: 8, rows: 4, columns: 8 };

/** Where x lies as it is read. */
const nothing: Before = { launches: 0, bytes: 0 };

const inPieces = ({ layout }: TensorType, { narrow }: Element): boolean =>
  layout.kind === 'pieces' && layout.of === narrow;

/** One, or of a transposed convolution one for each phase of its pixels. Or why tensor cores do not take it. */
export function sizesOf(
  { op, type }: Call,
  { x, weights }: Types,
  element: Element,
  least: Least = fewest,
): readonly Size[] | string {
  if (op.kind !== 'conv2d' && op.kind !== 'linear' && op.kind !== 'conv-transpose2d')
    return 'takes convolutions and dense layers';
  const groups = op.kind === 'conv2d' ? op.groups : 1;
  const rows = weights.shape[0];
  const run = groups * weights.shape[weights.shape.length - 1];
  const columns = (groups * count(weights.shape)) / rows;
  const results = count(type.shape);
  const pixels = results / rows;
  if (pixels < least.pixels) return `takes ${least.pixels} pixels or more, and there are ${pixels}`;
  if (rows < least.rows) return `takes ${least.rows} rows of weights or more, and there are ${rows}`;
  if (columns < least.columns) return `takes ${least.columns} columns or more, and there are ${columns}`;
  if (element.sum === 'float' && groups > 1 && groups === run) return 'takes groups of more than one channel';
  const tooMany = tooManyPlaces(rows * columns, groups);
  if (tooMany !== undefined) return tooMany;
  const numbers = count(x.shape);
  const made = element.bytes * (numbers / run) * alignUp(run, perPiece(element));
  const read = inPieces(x, element) ? element.bytes : 4;
  const before = inPieces(x, element) ? nothing : { launches: 1, bytes: 4 * numbers + made };
  const perResult = type.layout.kind === 'pieces' ? element.bytes : 4;
  if (op.kind === 'conv-transpose2d') {
    const phases = phaseCount(op);
    if (phases > mostPhases) return `takes pixels of ${mostPhases} phases, and these have ${phases}`;
    const [, , across] = weights.shape;
    const { rows: downs, columns: rights } = phasesIn(op, x.shape, weights.shape);
    return downs
      .flatMap((down) =>
        rights.map((right) => ({ own: x.shape[0] * down.count * right.count, taps: tapsOf(down, right, across) })),
      )
      .map(({ own, taps }, i) => ({
        ...{
          rows,
          columns: Math.max(1, taps.length) * run,
          run,
          groups,
          pixels: own,
          along: 'pixels',
          taps,
        },
        bytes: made + perResult * own * rows,
        before: i === 0 ? before : nothing,
      }));
  }
  const isVectors = op.kind === 'linear' || areVectors({ x, weights }, type.shape);
  const planes = op.kind === 'conv2d' && !isVectors ? planeShape(op, { x, weights }, type.shape, element) : undefined;
  const lines = alignUp(pixels, perPiece(element));
  const gathered = isVectors ? { pixels: lines, numbers: run * lines } : planes && gatheredFrom(planes);
  return [
    {
      ...{ rows, columns, run, groups, pixels },
      along: isVectors || pictureOf(type.shape).pixels === 1 ? 'rows' : 'pixels',
      bytes: made + perResult * results,
      before,
      ...(gathered && {
        gather: {
          pixels: gathered.pixels,
          bytes: element.bytes * gathered.numbers + perResult * results,
          before: { launches: 1, bytes: read * numbers + element.bytes * gathered.numbers },
        },
      }),
    },
  ];
}

const gatheredFrom = ({ images, down, pitch, numbers }: PlaneShape) => ({ pixels: images * down * pitch, numbers });

/** Why an element type does not hold the weights; undefined where it does. Those of whole numbers have signs, whatever x has. */
export function faultOf({ data }: Matrix, { name }: Element): string | undefined {
  const known = extremes.get(data) ?? {
    low: data.reduce((a, b) => Math.min(a, b), 0),
    high: data.reduce((a, b) => Math.max(a, b), 0),
  };
  extremes.set(data, known);
  const { low, high } = held[name];
  const strange = known.low < low ? known.low : known.high > high ? known.high : undefined;
  return strange === undefined ? undefined : `takes weights that ${name} holds, and one is ${strange}`;
}

/** Of weights that were asked about. */
const extremes = new WeakMap<Float32Array, Bounds>();

const about = (most: number): Bounds => ({ low: -most, high: most });
const byte: Bounds = { low: -128, high: 127 };

const held: Readonly<Record<Element['name'], Bounds>> = {
  ...{ f16: about(65504), bf16: about(3.3e38), tf32: about(3.3e38), s8: byte, u8: byte },
};
