/**
 * Weights of which up to three quarters are kept, on sparse tensor cores: 4:8, 3:4, 6:8, and of tf32 2:4. Half of the columns are multiplied a
 * second time, and take what the first time has no place for. Two groups share one group of that, which has places of both:
 *
 *     a b c d | e f g h      first time     of each two of four
 *     a e c g                second time    any three of a b c d have a or c, and all four have both
 *
 * so whatever is kept finds a place where not more than two are too many in both groups together, and the three take three quarters of what
 * dense groups take. Groups that share lie in two pieces, at the same place, so that a lane makes what is multiplied again of what
 * it has. That is an order of channels, in which x is made.
 */
import { alignUp } from '../../../src/plan/arena.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { liveness } from '../../../src/tensor/matrix.ts';
import type { Depth } from './depth.ts';
import { depthOf } from './depth.ts';
import type { Element } from './elements.ts';
import { perPiece, perStep } from './elements.ts';

/** What is multiplied, against what all columns take. */
export const extraShare = 1.5;

/** Whether every two neighbouring groups have at most as many weights too many as one group of theirs takes. */
export function fitsExtra(matrix: Matrix, { group }: Element): boolean {
  const live = liveness(matrix);
  const { run } = matrix;
  const half = group / 2;
  for (let start = 0; start < live.length; start += run)
    for (let first = start; first < start + run; first += 2 * group) {
      let tooMany = 0;
      for (let g = first; g < first + 2 * group; g += group) {
        let count = 0;
        for (let c = g; c < Math.min(g + group, start + run); c++) count += live[c];
        tooMany += Math.max(0, count - half);
      }
      if (tooMany > half) return false;
    }
  return true;
}

/** Channels by twos of pieces, of which the first has every other group. */
export function extraDepth(matrix: Matrix, element: Element): Depth {
  const [piece, { group }] = [perPiece(element), element];
  const padded = alignUp(matrix.run, 2 * piece);
  const order = Int32Array.from({ length: padded }, (_, at) => {
    const [side, inPiece] = [Math.floor(at / piece) % 2, at % piece];
    const groupAt = 2 * Math.floor(inPiece / group) + side;
    const channel = at - (at % (2 * piece)) + groupAt * group + (inPiece % group);
    return channel < matrix.run ? channel : -1;
  });
  return { ...depthOf(matrix, element, 2 * piece), order };
}

/** A place of the group that two share: which of both has it, and at which of its places. */
type Place = readonly [side: number, place: number];

/** As templates/cuda/kernels/tensor/again-*.cu.hbs make it. */
const places: Readonly<Record<Element['bytes'], readonly Place[]>> = {
  1: [0, 1].flatMap((side) => [0, 1].map((place): Place => [side, place])),
  2: [0, 2].flatMap((place) => [0, 1].map((side): Place => [side, place])),
  4: [0, 1].map((side): Place => [side, side]),
};

/** Rows by columns of an `extraDepth`, each step followed by what is multiplied again: every weight is there once. */
export function withExtra(
  values: Float32Array<ArrayBuffer>,
  rows: number,
  columns: number,
  element: Element,
): Float32Array<ArrayBuffer> {
  const [step, piece, { group }] = [perStep(element), perPiece(element), element];
  const all = new Float32Array(values.length * extraShare);
  for (let at = 0; at < (rows * columns) / step; at++) {
    const own = all.subarray(at * step * extraShare, (at + 1) * step * extraShare);
    own.set(values.subarray(at * step, (at + 1) * step));
    for (let first = 0; first < step; first += 2 * piece)
      for (let g = 0; g < piece; g += group)
        moveExtra(own, [first + g, first + piece + g], step + first / 2 + g, element);
  }
  return all;
}

/** What two groups have too many goes to the group that they share. */
function moveExtra(
  own: Float32Array<ArrayBuffer>,
  groups: readonly number[],
  to: number,
  { group, bytes }: Element,
): void {
  const tooMany = groups.map((first) => {
    let count = 0;
    for (let k = 0; k < group; k++) if (own[first + k] !== 0) count++;
    return count - group / 2;
  });
  places[bytes].forEach(([side, place], k) => {
    const from = groups[side] + place;
    if (tooMany[side] <= 0 || own[from] === 0) return;
    own[to + k] = own[from];
    own[from] = 0;
    tooMany[side]--;
  });
}
