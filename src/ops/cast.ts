/** The same numbers in another element type. */
import type { Expr } from '../loop/loop.ts';
import { binary, cast as convert, f32, max, min, select, typeOf } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { elementwiseLoops } from './broadcast.ts';
import { attributeFault, oneOf, resultType } from './check.ts';
import type { Rules } from './rules.ts';

/** To i32 the fraction is dropped, NaN becomes 0, and numbers beyond −2^31 .. 2^31 − 128 become the nearer of the two. */
export interface Cast {
  readonly kind: 'cast';
  readonly to: 'f32' | 'i32';
}

/** The outermost f32 numbers that an i32 holds. */
const [lowest, highest] = [-(2 ** 31), 2 ** 31 - 128];

const toWhole = (x: number): number => (Number.isNaN(x) ? 0 : Math.trunc(Math.min(Math.max(x, lowest), highest)));

/** Made harmless first: what a cast gives out of range differs between machines. */
const lowerToWhole = (x: Expr): Expr =>
  convert('i32', select(binary('==', x, x), min(max(x, f32(lowest)), f32(highest)), f32(0)));

export const cast: Rules<Cast> = {
  doc: 'the same numbers in another element type',
  operands: () => ['x'],
  infer: (op, { x }) => attributeFault(op, { to: oneOf('f32', 'i32') }) ?? resultType(op.to, x.shape),

  evaluate({ to }, { x }) {
    const out = zeros(to, x.data.length);
    const drop = to === 'i32' && x.type.dtype === 'f32';
    for (let i = 0; i < out.length; i++) out[i] = drop ? toWhole(x.data[i]) : x.data[i];
    return out;
  },

  lower: ({ to }, site) =>
    elementwiseLoops(site, ['x'], ([x]) => (to === 'i32' && typeOf(x) === 'f32' ? lowerToWhole(x) : convert(to, x))),
};
