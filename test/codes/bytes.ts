/** Dense layers of one vector whose weights are bytes, for the routines of the cpu target that multiply these. */
import type { Quantity } from '../../src/tensor/quantity.ts';
import { withQuantity } from '../../src/tensor/quantity.ts';
import type { Params } from '../../src/tensor/type.ts';
import { tensor } from '../../src/tensor/type.ts';
import { linear } from '../../targets/cpu/kernels/linear.ts';
import type { Build, Case } from '../cpu-kernels/kit.ts';
import { runCases } from '../cpu-kernels/kit.ts';
import { some } from '../ops/law.ts';

/** Steps 0 and −100 to 100 of a scale a row, or −30 to 200 of one for all, of which blocks of r rows are kept. */
function layer(format: string, params: Params, inputs: number, out: number): Case {
  const one = params.zero !== undefined;
  const scaleOf = (row: number): number => Math.fround(one ? 0.03 : 0.01 + 0.003 * row);
  const scale = Array.from({ length: one ? 1 : out }, (_, row) => scaleOf(row));
  const quantity: Quantity = { scale, zero: scale.map(() => 0), axis: one ? -1 : 0 };
  const data = Float32Array.from({ length: inputs * out }, (_, at) => {
    const row = Math.floor(at / inputs);
    const drawn = (Math.imul(at + 1, 2654435761) >>> 8) % 200;
    const group = format === 'dense' ? 0 : Math.floor(row / (params.r ?? 1));
    const kept = format === 'dense' || ((at % inputs) * 31 + group * 17) % 7 < 3;
    return kept ? ((one ? -30 + drawn : 1 + (drawn % 100) - (drawn > 99 ? 101 : 0)) || 7) * scaleOf(row) : 0;
  });
  return {
    title: `${format} ${JSON.stringify(params)} ${inputs} to ${out}`,
    op: { kind: 'linear', activation: 'none' },
    values: [
      some('f32', [1, inputs], 5),
      { type: withQuantity(tensor('f32', [out, inputs]), quantity), data },
      some('f32', [out], 7),
    ],
    encoding: { format, params },
  };
}

export const byteCases: readonly Case[] = [
  layer('dense', { linear: 8 }, 601, 37),
  layer('dense', { linear: 8, zero: 40 }, 15, 40),
  layer('block', { r: 8, c: 1, linear: 8 }, 200, 45),
  layer('block', { r: 16, c: 1, linear: 8, zero: 40 }, 200, 48),
];

export const strict = '-ffp-contract=off';

/** What baseline code without contraction gives: every build gives the same. */
export const knownResults = () => runCases(byteCases, [linear], { compiler: 'gcc', flags: ['-O1', strict] });

/** The titles of cases that a build gives other bits for. */
export function otherBits(build: Build, known: ReturnType<typeof knownResults>): readonly string[] {
  const got = runCases(byteCases, [linear], build);
  return byteCases.flatMap(({ title }, i) => (got[i].every((v, at) => Object.is(v, known[i][at])) ? [] : [title]));
}
