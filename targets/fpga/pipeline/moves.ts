/**
 * Operators that only move elements, as loops over places: found from where each element comes from, and proved on
 * all of them.
 */

import { evaluateCall } from '../../../src/graph/evaluate.ts';
import type { Call } from '../../../src/graph/graph.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { Rearrange } from './pipeline.ts';

export type Loops = Pick<Rearrange, 'times' | 'chunk' | 'base' | 'loops'>;
type Loop = Rearrange['loops'][number];

/** Elements that a value may have to be traced one by one. */
const most = 2 ** 24;

/** The loops of a call with one operand that moves, or why there are none. */
export function loopsOf(call: Call, operand: TensorType): Loops | string {
  const count = elements(operand.shape);
  if (count > most) return `moves at most ${most} elements and is given ${count}`;
  const places = Int32Array.from({ length: count }, (_, i) => i);
  const from = evaluateCall(call, [{ type: operand, data: places }]);
  return regular(from, count) ?? 'moves elements in no regular way';
}

/** Loops that visit exactly these places, in order. */
export function regular(from: ArrayLike<number>, count: number): Loops | undefined {
  if (from.length === 0) return undefined;
  const base = from[0];
  const inner: Loop[] = [];
  for (let step = 1; step < from.length; ) {
    const stride = from[step] - from[0];
    let run = 2;
    while (run * step < from.length && from[run * step] - from[(run - 1) * step] === stride) run++;
    if ((from.length / step) % run !== 0) return undefined;
    inner.unshift({ count: run, stride });
    step *= run;
  }
  if (!visits(inner, base, from)) return undefined;
  return chunked(inner, base, count);
}

function visits(loops: readonly Loop[], base: number, from: ArrayLike<number>): boolean {
  for (let i = 0; i < from.length; i++) {
    let [rest, place] = [i, base];
    for (let k = loops.length - 1; k >= 0; k--) {
      place += (rest % loops[k].count) * loops[k].stride;
      rest = Math.floor(rest / loops[k].count);
    }
    if (place !== from[i]) return false;
  }
  return true;
}

/** Outer loops that go on to the next stretch of the input, which is then all that has to be held. */
function chunked(loops: readonly Loop[], base: number, count: number): Loops {
  const reach = (inner: readonly Loop[], sign: 1 | -1): number =>
    base + inner.reduce((sum, { count: n, stride }) => sum + Math.max(0, sign * stride) * (n - 1) * sign, 0);
  let [times, chunk, left] = [1, count, loops];
  while (left.length > 0) {
    const [{ count: n, stride }, ...inner] = left;
    if (stride <= 0 || n * stride !== chunk || reach(inner, 1) >= stride || reach(inner, -1) < 0) break;
    [times, chunk, left] = [times * n, stride, inner];
  }
  return { times, chunk, base, loops: left };
}
