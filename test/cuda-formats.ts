/** Every operator, and layers whose weights lie in every format that can hold them: what the target cuda is tested with. */

import { formats } from '../src/formats/index.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Kind, Op } from '../src/ops/index.ts';
import { rules } from '../src/ops/index.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { tensor } from '../src/tensor/type.ts';
import { planes } from '../targets/gpu/planes.ts';
import type { Case } from './cpu-kernels/kit.ts';
import { graphOf } from './cpu-kernels/kit.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import { awkward } from './ops/awkward.ts';
import { examples } from './ops/examples.ts';
import type { Sample } from './ops/law.ts';
import { distance, matrixOf, some } from './ops/law.ts';
import { wholeFunctions } from './ops/whole.ts';
import { sparse } from './wasm-graphs.ts';
import { grouped, inGroups } from './webgpu-layers.ts';

type Sizes = Parameters<typeof inGroups>[0];

/** Weights of every kind of pattern: [filters, 3, 3, channels] or [rows, columns]. */
const patterns: readonly (readonly [string, (sizes: Sizes) => Float32Array<ArrayBuffer>])[] = [
  ['unstructured', ({ rows, columns }) => sparse(rows * columns, 0.3, 3)],
  ['blocks', (sizes) => grouped(sizes, { r: 4, c: 2 }, 0.4, 5)],
  ['rows that are alike', (sizes) => grouped(sizes, { r: 4, c: 1, scattered: true }, 0.4, 5)],
  ['2 of 4', (sizes) => inGroups(sizes, 2, 4, 5)],
  ['a codebook', ({ rows, columns }) => sparse(rows * columns, 0.3, 3).map((v) => Math.round(v * 4) / 4)],
  ['none', ({ rows, columns }) => new Float32Array(rows * columns)],
  ['all', ({ rows, columns }) => sparse(rows * columns, 1, 3)],
];

const conv: Op = { kind: 'conv2d', stride: [1, 2], dilation: [1, 1], pad: [1, 0, 1, 1], groups: 1, activation: 'relu' };
const linear: Op = { kind: 'linear', activation: 'none' };

/** Each encoding once. */
function formatCases(): readonly Case[] {
  const seen = new Set<string>();
  return [true, false].flatMap((isConv) =>
    patterns.flatMap(([pattern, make]) => {
      const [rows, run] = [8, 12];
      const columns = isConv ? 9 * run : run;
      const type = tensor('f32', isConv ? [rows, 3, 3, run] : [rows, run]);
      const values = [
        some('f32', isConv ? [2, 5, 7, run] : [3, run]),
        { type, data: make({ rows, columns, run }) },
        some('f32', [rows], 2),
      ];
      const op = isConv ? conv : linear;
      return encodingsOf(matrixOf({ op, values })).flatMap((encoding): readonly Case[] => {
        const title = `${op.kind}, ${pattern}: ${JSON.stringify(encoding)}`;
        const key = JSON.stringify([isConv, encoding.format, Object.keys(encoding.params)]);
        if (seen.has(key)) return [];
        seen.add(key);
        const layouts = isConv ? { x: planes(values[0].type), result: planes(tensor('f32', [2, 5, 3, rows])) } : {};
        return [{ title, op, values, layouts, encoding, computed: ['x'] }];
      });
    }),
  );
}

const encodingsOf = (matrix: Matrix): readonly Encoding[] =>
  formats.flatMap((f) => f.detect(matrix).fits.map((params) => ({ format: f.name, params })));

const samples: readonly Sample[] = [
  ...(Object.keys(rules) as readonly Kind[]).flatMap((kind): readonly Sample[] => [
    ...examples[kind],
    ...awkward[kind],
  ]),
  ...wholeFunctions,
];

/** Numbers where machines differ, shapes that are awkward, and weights in every format. */
export const everyCase = (): readonly Case[] => [
  ...samples.map(({ op, values }) => ({ title: `${JSON.stringify(op)} of ${values[0].type.shape}`, op, values })),
  ...formatCases(),
];

/** Cases in one program, and how far those are from their meaning that are too far. */
export function faultsOf(
  cases: readonly Case[],
  kernels: readonly Kernel[],
  flags: readonly string[],
): readonly string[] {
  const graph = graphOf(cases);
  const unused = { unused: new Float32Array(1) };
  const want = evaluate(graph, unused);
  const got = runProgram(programOf(graph, kernels), unused, flags);
  return cases.flatMap(({ title }, i) => {
    const name = `case_${i}`;
    const apart = distance(got[name], want[name]);
    return apart <= (got[name] instanceof Int32Array ? 0 : 2e-6) ? [] : [`${title}: ${apart}`];
  });
}
