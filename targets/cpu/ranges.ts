/**
 * Calls that can be cut into ranges of panels. Members of their structs say which panels are computed, and with which
 * panel the arrays begin that hold some panels alone: begin, end; x_begin, x_end; y_begin, add_begin.
 */
import type { Arr } from '../../src/loop/loop.ts';
import type { Panels, Range, RoutineCall } from '../../src/plan/kernel.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { panelsOf } from '../../src/tensor/type.ts';
import { helper, lanes } from './panels.ts';
import type { Reading } from './taps.ts';
import { farthest } from './taps.ts';

/** What moves windows from band to band. */
export const slidePanels = helper('slide-panels', []);

/** Panels of all images of such a shape. */
export const allPanels = (shape: Shape): number => shape[0] * panelsOf(shape, lanes);

export const ranged = (made: RoutineCall, range: Range): RoutineCall => ({ ...made, range });

/** What is read that a result's pixels stand over, number by number: itself. */
export const samePanels = (of: Panels): Panels => of;

/** What taps read that lie so far around: whole panels, and those that vectors reach into. */
export function panelsAround({ from, to, kernel, dilation, pad }: Reading): (of: Panels) => Panels {
  const [down, across] = farthest({ kernel, dilation, pad });
  const reach = down * to[2] + across;
  const panels = panelsOf(from, lanes);
  return ([begin, end]) => [
    Math.max(0, Math.floor((begin * lanes - reach) / lanes)),
    Math.min(panels, Math.ceil((end * lanes + reach) / lanes)),
  ];
}

/** How windows slide over rows: see sliding.ts. */
export interface Rows {
  readonly firstRow: number;
  readonly moreRows: number;
  readonly stride: number;
}

/** What windows read for some panels of an image: whole rows. */
export function panelsOfRows({ firstRow, moreRows, stride }: Rows, from: Shape, to: Shape): (of: Panels) => Panels {
  const pixels = to[1] * to[2];
  const panels = panelsOf(from, lanes);
  return ([begin, end]) => {
    const row = Math.floor((begin * lanes) / to[2]);
    const last = Math.floor((Math.min(end * lanes, pixels) - 1) / to[2]);
    const top = (row + firstRow) * stride;
    const bottom = (last + 1 + firstRow + moreRows) * stride;
    const within = (panel: number): number => Math.min(panels, Math.max(0, panel));
    return [within(Math.floor((top * from[2]) / lanes)), within(Math.ceil((bottom * from[2]) / lanes))];
  };
}

/** Operands that may be there in part. One array may be several. */
export function inPart(reads: readonly (readonly [Arr | undefined, (of: Panels) => Panels])[]): Range['reads'] {
  const all = new Map<Arr, (of: Panels) => Panels>();
  for (const [array, needs] of reads) if (array) all.set(array, either(all.get(array), needs));
  return all;
}

const either =
  (a: ((of: Panels) => Panels) | undefined, b: (of: Panels) => Panels): ((of: Panels) => Panels) =>
  (of) => {
    const [first, second] = [a ? a(of) : b(of), b(of)];
    return [Math.min(first[0], second[0]), Math.max(first[1], second[1])];
  };
