/**
 * Windows that slide over the channels of an image, each channel by itself. A channel is laid flat, so that every tap
 * reads a fixed number of places away from its output pixel; at strides above 1 it is split into planes of every
 * stride-th row and column first, and then the same holds in each plane.
 */
import type { Arr } from '../../src/loop/loop.ts';
import type { KernelSite, Range, Routine } from '../../src/plan/kernel.ts';
import type { Shape, TensorType } from '../../src/tensor/type.ts';
import { lanes, vector } from './panels.ts';
import { allPanels, inPart, panelsOfRows } from './ranges.ts';

export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pad: readonly number[];
}

export interface Column {
  readonly phase: number;
  readonly shift: number;
  readonly masked: boolean;
}

export interface Sliding {
  readonly window: Window;
  /** Rows of taps in the order of their planes: `runs` apart they lie in one plane, `rowStep` numbers apart. */
  readonly order: readonly number[];
  readonly runs: number;
  readonly rowStep: number;
  /** For each column of taps and each run, from an output pixel to what the run's first tap reads. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** The columns of taps: in which plane across, how many of its columns away, and whether always in the picture. */
  readonly columns: readonly Column[];
  /**
   * For each kind of plane across and each row of taps, from an output pixel to what a tap there reads; then for each row
   * of taps, from what a row of output reads first to the row that the taps read.
   */
  readonly rows: Int32Array<ArrayBuffer>;
  /** For each column of taps −1 for every column of a plane that reads inside the picture, going round for `reach` more. */
  readonly masks: Int32Array<ArrayBuffer>;
  /** For each column of taps whether some output column reads outside. */
  readonly masked: Int32Array<ArrayBuffer>;
  /** The length of a row in a plane. Longer than a row of output, it leaves numbers between the rows of the result. */
  readonly pitch: number;
  /** The first row of a plane, counted from that of the output, and how many more of it one output row reads. */
  readonly firstRow: number;
  readonly moreRows: number;
  /** Panels of output that share planes. */
  readonly strip: number;
  /** Numbers of scratch, all of them and for one channel, where its parts begin, and the size of a plane. */
  readonly scratch: number;
  readonly size: number;
  readonly flat: number;
  readonly planes: number;
  readonly plane: number;
  readonly sums: number;
}

/** Numbers of a channel that lie flat at once, beside those of the next channel: half of the fastest cache. */
const flatMost = 2048;

/** Pixels that a routine works on at once, at most: SLIDING_REACH in C. */
const reach = 2 * lanes;

/** Why windows slide too far for the kernels, if they do. */
export function slide(window: Window, x: TensorType, y: TensorType, flatNumbers = flatMost): Sliding | string {
  const { kernel, stride, dilation, pad } = window;
  const [, , width] = x.shape;
  const [, outHeight, outWidth] = y.shape;
  const [down, across] = kernel;
  const plane = (axis: number, tap: number) => {
    const reads = tap * dilation[axis] - pad[axis];
    const shift = Math.floor(reads / stride[axis]);
    return { shift, phase: reads - shift * stride[axis] };
  };
  const columns = Array.from({ length: across }, (_, tap) => plane(1, tap));
  // What lies behind the last column of a row is the next row's.
  const places = columns.map(({ shift, phase }) =>
    Math.min(outWidth - 1 + shift, Math.floor((width - 1 - phase) / stride[1])),
  );
  const pitch = Math.max(outWidth, ...places.map((place) => place + 1));

  const firstRow = plane(0, 0).shift;
  const moreRows = plane(0, down - 1).shift - firstRow;
  const panels = Math.ceil((outHeight * outWidth) / lanes);
  const rowsOf = (strip: number): number => Math.min(outHeight, Math.ceil((strip * lanes) / outWidth) + 1);
  const flatOf = (strip: number): number => (rowsOf(strip) + moreRows) * stride[0] * width;
  let strip = panels;
  while (strip > 1 && flatOf(strip) > flatNumbers) strip = Math.ceil(strip / 2);

  const shifts = columns.map(({ shift }) => Math.abs(shift));
  const margin = roundUp(reach + Math.max(...shifts));
  // A vector that splits a row may reach past it.
  const size = roundUp((rowsOf(strip) + moreRows) * pitch + lanes);
  const flat = margin;
  const planes = flat + roundUp(flatOf(strip) + 2 * lanes + stride[1] * (pitch + lanes)) + margin;
  const split = stride[0] !== 1 || stride[1] !== 1 || width !== pitch;
  const sums = (split ? planes + stride[0] * stride[1] * size : planes) + margin;
  const scratch = margin + sums + (pitch === outWidth ? 0 : roundUp(rowsOf(strip) * pitch + lanes));
  if (scratch > 2 ** 24 || across * (pitch + reach) > 2 ** 22) return 'its rows are too long';

  // After so many rows of taps the planes come again.
  const period = stride[0] / commonDivisor(stride[0], dilation[0]);
  const runs = Math.min(period, down);
  const order = Array.from({ length: down }, (_, tap) => tap).sort((a, b) => (a % runs) - (b % runs) || a - b);
  const offsets = columns.flatMap((h) =>
    Array.from({ length: runs }, (_, tap) => {
      const v = plane(0, tap);
      return (v.phase * stride[1] + h.phase) * size + (v.shift - firstRow) * pitch + h.shift;
    }),
  );
  const rows = phasesOf(columns).flatMap((phase) =>
    Array.from({ length: down }, (_, tap) => {
      const v = plane(0, tap);
      return (v.phase * stride[1] + phase) * size + (v.shift - firstRow) * pitch;
    }),
  );
  const flatRows = Array.from({ length: down }, (_, tap) => {
    const v = plane(0, tap);
    return ((v.shift - firstRow) * stride[0] + v.phase) * width;
  });
  const inside = ({ shift, phase }: (typeof columns)[number], column: number): boolean => {
    const at = ((column % pitch) + shift) * stride[1] + phase;
    return at >= 0 && at < width;
  };
  const around = Array.from({ length: pitch + reach }, (_, column) => column);
  const masks = columns.map((tap) => around.map((column) => (inside(tap, column) ? -1 : 0)));
  const masked = masks.map((mask) => mask.slice(0, outWidth).some((m) => m === 0));
  return {
    window,
    columns: columns.map((column, tap) => ({ ...column, masked: masked[tap] })),
    rows: Int32Array.from([...rows, ...flatRows]),
    order,
    runs,
    rowStep: ((period * dilation[0]) / stride[0]) * pitch,
    offsets: Int32Array.from(offsets),
    masks: Int32Array.from(masks.flat()),
    masked: Int32Array.from(masked, Number),
    pitch,
    firstRow,
    moreRows,
    strip,
    scratch,
    size: scratch,
    flat,
    planes,
    plane: size,
    sums,
  };
}

/** The planes across that columns of taps read. */
export const phasesOf = (columns: readonly Pick<Column, 'phase'>[]): readonly number[] =>
  [...new Set(columns.map((c) => c.phase))].sort((a, b) => a - b);

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

const roundUp = (numbers: number): number => Math.ceil(numbers / 16) * 16;

export const slidingRoutine: Routine = {
  name: 'sliding',
  template: 'cpu/kernels/sliding.c.hbs',
  view: {},
  needs: [vector],
};

/** Members of a struct that has a `struct sliding`. */
export const slidingMembers =
  'sliding.scratch sliding.offsets sliding.rows sliding.masks sliding.masked sliding.height sliding.width sliding.out_height sliding.out_width sliding.down sliding.across sliding.runs sliding.row_step sliding.stride_y sliding.stride_x sliding.first_row sliding.more_rows sliding.pitch sliding.flat sliding.planes sliding.plane sliding.sums sliding.size sliding.strip';

/** All panels of the result, from an image that is there whole. */
export const wholeRange = (to: Shape) => ({ begin: 0, end: allPanels(to), x_begin: 0, y_begin: 0 });

/** Panels for which a third more rows are read than for all panels together. */
export const leastOf = ({ moreRows, strip }: Pick<Sliding, 'moreRows' | 'strip'>, [, , width]: Shape): number =>
  Math.min(strip, Math.ceil((3 * moreRows * width) / lanes));

/** Ranges of what windows give, and what of x they read. */
export function rangeOf(sliding: Sliding, x: Arr, from: Shape, { type, array }: KernelSite['result']): Range {
  const { firstRow, moreRows, window } = sliding;
  const rows = panelsOfRows({ firstRow, moreRows, stride: window.stride[0] }, from, type.shape);
  const least = leastOf(sliding, type.shape);
  return {
    writes: array,
    panels: allPanels(type.shape),
    least,
    reads: from[0] === 1 ? inPart([[x, rows]]) : new Map(),
  };
}

export function slidingArguments({ types: { x }, result, pack, scratch }: KernelSite, sliding: Sliding) {
  const { window } = sliding;
  return {
    'sliding.scratch': scratch('planes', 'f32', sliding.scratch),
    'sliding.offsets': pack('offsets', sliding.offsets).array,
    'sliding.rows': pack('tap_rows', sliding.rows).array,
    'sliding.masks': pack('masks', sliding.masks).array,
    'sliding.masked': pack('masked', sliding.masked).array,
    'sliding.height': x.shape[1],
    'sliding.width': x.shape[2],
    'sliding.out_height': result.type.shape[1],
    'sliding.out_width': result.type.shape[2],
    'sliding.down': window.kernel[0],
    'sliding.across': window.kernel[1],
    'sliding.runs': sliding.runs,
    'sliding.row_step': sliding.rowStep,
    'sliding.stride_y': window.stride[0],
    'sliding.stride_x': window.stride[1],
    'sliding.first_row': sliding.firstRow,
    'sliding.more_rows': sliding.moreRows,
    'sliding.pitch': sliding.pitch,
    'sliding.flat': sliding.flat,
    'sliding.planes': sliding.planes,
    'sliding.plane': sliding.plane,
    'sliding.sums': sliding.sums,
    'sliding.size': sliding.size,
    'sliding.strip': sliding.strip,
  };
}
