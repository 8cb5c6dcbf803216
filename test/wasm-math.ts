/** Our functions of f32, run from WebAssembly over sweeps of all numbers, and how far they are from the truth. */
import { erf } from '../src/loop/meaning.ts';
import type { UnaryName } from '../src/ops/scalar.ts';
import { tensor } from '../src/tensor/type.ts';
import { map } from '../targets/wasm/kernels/map.ts';
import { layered } from './wasm-graphs.ts';
import { buildModule } from './wasm-module.ts';

/** The functions, their meaning in double precision, and the largest error that each may have, in ulp. */
export const functions = {
  exp: { truth: Math.exp, scalar: 0.51, vector: 1.05 },
  log: { truth: Math.log, scalar: 0.51, vector: 0.51 },
  tanh: { truth: Math.tanh, scalar: 0.51, vector: 1.35 },
  erf: { truth: erf, scalar: 0.51, vector: 0.51 },
  sin: { truth: Math.sin, scalar: 0.51, vector: undefined },
  cos: { truth: Math.cos, scalar: 0.51, vector: undefined },
  atan: { truth: Math.atan, scalar: 0.51, vector: undefined },
  tan: { truth: Math.tan, scalar: 4, vector: undefined },
  asin: { truth: Math.asin, scalar: 4, vector: undefined },
  acos: { truth: Math.acos, scalar: 4, vector: undefined },
  sinh: { truth: Math.sinh, scalar: 4, vector: undefined },
  cosh: { truth: Math.cosh, scalar: 4, vector: undefined },
  asinh: { truth: Math.asinh, scalar: 4, vector: undefined },
  acosh: { truth: Math.acosh, scalar: 4, vector: undefined },
  atanh: { truth: Math.atanh, scalar: 4, vector: undefined },
} satisfies Partial<Record<UnaryName, { truth: (x: number) => number; scalar: number; vector: number | undefined }>>;

export type Named = keyof typeof functions;

const chunk = 1 << 16;

/** The largest error, in ulp, over every `stride`-th f32 from the smallest bits to the largest; NaN stays NaN. */
export async function worstError(name: Named, how: 'scalar' | 'vector', stride: number): Promise<number> {
  const graph = layered({ kind: 'unary', fn: name }, { x: tensor('f32', [chunk]) });
  const module = await buildModule(graph, how === 'vector' ? [map] : []);
  const { truth } = functions[name];
  const x = new Float32Array(chunk);
  const bits = new Uint32Array(x.buffer);
  // What is rounded as it should be is half a step off at most, and need not be looked at.
  let worst = 0.5;
  for (let at = 0; at < 2 ** 32; at += chunk * stride) {
    for (let i = 0; i < chunk; i++) bits[i] = at + i * stride;
    const { out } = module.run({ x });
    for (let i = 0; i < chunk; i++) {
      const want = truth(x[i]);
      if (out[i] !== Math.fround(want)) worst = Math.max(worst, ulps(out[i], want));
    }
  }
  return worst;
}

/** How far `have` is from `want`, in steps between neighbouring f32 at `want`. */
export function ulps(have: number, want: number): number {
  if (Number.isNaN(want)) return Number.isNaN(have) ? 0 : Infinity;
  const nearest = Math.fround(want);
  if (!Number.isFinite(nearest) || !Number.isFinite(have)) return Object.is(have, nearest) ? 0 : Infinity;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(want) || 1e-45)));
  return Math.abs(have - want) / 2 ** (exponent - 23);
}
