/** Calls that can compute some panels of their result: which panels they read for them. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Argument, KernelSite, Panels, Range, RoutineCall } from '../../../src/plan/kernel.ts';
import { panelsOf } from '../../../src/tensor/type.ts';
import { lanes } from '../panels.ts';

type Call = Pick<RoutineCall, 'args' | 'range'>;

/** Calls that read in the same place what they write. */
export function inPlace(
  y: KernelSite['result'],
  from: readonly Arr[],
  argsFor: (begin: number, end: number) => readonly Argument[],
): Call {
  const { shape } = y.type;
  const panels = shape[0] * panelsOf(shape, lanes);
  const reads = new Map(from.map((array) => [array, (of: Panels) => of] as const));
  const range: Range = { writes: y.array, panels, least: 1, reads, args: (of) => argsFor(...of) };
  return { args: argsFor(0, panels), range };
}

/** Rows of a window that slides down a picture. */
export interface Rows {
  readonly top: number;
  readonly down: number;
  /** Rows of the picture between the first and behind the last that a row of the result reads. */
  readonly reach: number;
  /** Of the result, as many as are computed together; one unless given. */
  readonly together?: number;
}

/** As many rows are read again by the next panels as are worth a third more of them. */
const again = 3;

/** Calls that are given the rows of the result to compute; in panels that are rows, or rows that are panels. */
export function byRows(
  { types, arrays, result }: Pick<KernelSite, 'types' | 'arrays' | 'result'>,
  { top, down, reach, together = 1 }: Rows,
  argsFor: (begin: number, end: number) => readonly Argument[],
): Call {
  const [from, to] = [types.x.shape, result.type.shape];
  const [n, h, w] = from;
  const [, oh, ow] = to;
  const args = argsFor(0, oh);
  if (n !== 1 || !isWhole(ow)) return { args };
  const rowsIn = ([begin, end]: Panels): Panels => [(begin * lanes) / ow, Math.min(oh, (end * lanes) / ow)];
  const row = (at: number): number => Math.min(h, Math.max(0, at));
  const x = (of: Panels): Panels => {
    const [begin, end] = rowsIn(of);
    const [first, last] = [row(begin * down - top), row((end - 1) * down - top + reach)];
    return [Math.floor((first * w) / lanes), Math.ceil((last * w) / lanes)];
  };
  const range: Range = {
    writes: result.array,
    panels: panelsOf(to, lanes),
    unit: Math.max(1, (together * ow) / lanes),
    least: Math.ceil((again * Math.max(0, reach - down) * ow) / down / lanes),
    reads: new Map([
      ...(isWhole(w) ? [[arrays.x, x] as const] : []),
      ...(arrays.residual ? [[arrays.residual, (of: Panels) => of] as const] : []),
    ]),
    args: (of) => argsFor(...rowsIn(of)),
  };
  return { args, range };
}

const isWhole = (width: number): boolean => width % lanes === 0 || lanes % width === 0;
