/** Layers by the kernel of the cpu target that must take them. */
import type { Op } from '../../src/ops/index.ts';
import type { Value } from '../../src/ops/rules.ts';
import type { BinaryName, UnaryName } from '../../src/ops/scalar.ts';
import { binaryFunction, binaryFunctions, unaryFunction, unaryFunctions } from '../../src/ops/scalar.ts';
import { panel, plain } from '../../src/tensor/type.ts';
import { value } from '../ops/law.ts';
import type { OpOf } from '../ops/makers.ts';
import { pool, resize } from '../ops/makers.ts';
import { linearCases } from './dense-layers.ts';
import type { Case } from './kit.ts';
import { drawn, fewSizes, poisoned } from './numbers.ts';
import { convCases, transposedCases } from './products.ts';
import { summed } from './residuals.ts';
import { attentions, movedPixels, normalisations, sequenceLayers } from './sequences.ts';
import { depthwiseCases, poolCases } from './windows.ts';

const panels = panel(64);

/** A layer of one operand, all of it in panels unless said otherwise. */
const one = (title: string, op: Op, x: Value, layouts: Case['layouts'] = { x: panels, result: panels }): Case => ({
  title,
  op,
  values: [x],
  layouts,
});

/** Numbers on which every function is defined, and some on which not. */
const line = (...more: readonly number[]): Value => {
  const data = [...Array.from({ length: 150 }, (_, i) => (i - 60) / 7), ...more];
  return value('f32', [data.length], data);
};

const unary: readonly Case[] = [
  ...(Object.keys(unaryFunctions) as readonly UnaryName[])
    .filter((fn) => !unaryFunction(fn).test)
    .map((fn) => one(fn, { kind: 'unary', fn }, line(Number.NaN, Infinity, -Infinity, -0, 90, -110), {})),
  one('in panels', { kind: 'unary', fn: 'relu' }, drawn([2, 5, 7, 3])),
];

const add = { kind: 'binary', fn: 'add' } as const;

function pair(title: string, fn: BinaryName, a: Value, b: Value): Case {
  const layout = (v: Value) => (v.type.shape.length === 4 && v.type.shape[1] * v.type.shape[2] > 1 ? panels : plain);
  return { title, op: { kind: 'binary', fn }, values: [a, b], layouts: { a: layout(a), b: layout(b), result: panels } };
}

const image = drawn([2, 9, 10, 3], 11);
const channels = drawn([3], 12);

const binary: readonly Case[] = [
  ...(Object.keys(binaryFunctions) as readonly BinaryName[])
    .filter((fn) => !binaryFunction(fn).test && !binaryFunction(fn).wholeOnly)
    .flatMap((fn): readonly Case[] => {
      // A remainder of large numbers depends on how their quotient is rounded.
      const spoilt = fn === 'floor-mod' ? (v: Value): Value => v : poisoned;
      const [a, b] = [spoilt(drawn([7, 31], 13)), drawn([7, 31], 14)];
      return [
        { title: fn, op: { kind: 'binary', fn }, values: [a, b] },
        pair(`${fn} by channel`, fn, spoilt(image), channels),
      ];
    }),
  { title: 'a value with itself', op: add, values: [image, image], layouts: { a: panels, b: panels, result: panels } },
  pair('channels first', 'sub', channels, image),
  pair('one number', 'mul', image, drawn([], 15)),
  pair('one channel of four axes', 'mul', image, drawn([1, 1, 1, 3], 16)),
  pair('squeeze and excite', 'mul', image, drawn([2, 1, 1, 3], 17)),
  pair('one number a picture', 'mul', image, drawn([2, 1, 1, 1], 18)),
  pair('by pixel', 'mul', image, drawn([2, 9, 10, 1], 19)),
  pair('by pixel, the same for each picture', 'mul', image, drawn([1, 9, 10, 1], 20)),
  pair('one picture with each', 'sub', drawn([1, 9, 10, 3], 21), image),
  pair('pixels with channels', 'add', drawn([1, 9, 10, 1], 22), channels),
];

const many = (
  op: Op,
  values: readonly Value[],
  title: string,
  layout = plain as Case['layouts'] extends undefined ? never : typeof panels | typeof plain,
): Case => {
  const names = [...values.map((_, i) => `x${i}`), 'result'];
  return { title, op, values, layouts: Object.fromEntries(names.map((name) => [name, layout])) };
};

const joined = (axis: number, count: number): Op => ({ kind: 'concat', axis, count });

const concat: readonly Case[] = [
  many(joined(3, 3), [drawn([2, 5, 14, 3]), drawn([2, 5, 14, 1]), drawn([2, 5, 14, 2])], 'channels', panels),
  many(joined(3, 1), [drawn([1, 3, 3, 2])], 'alone', panels),
  many(joined(1, 2), [drawn([2, 5, 7]), drawn([2, 3, 7])], 'rows'),
  many(joined(0, 2), [drawn([20]), drawn([31])], 'lines'),
];

const bordered = (before: readonly number[], after: readonly number[], val = 0): Op => ({
  kind: 'pad',
  before,
  after,
  mode: 'constant',
  value: val,
});

const padding: readonly Case[] = [
  one('channels behind', bordered([0, 0, 0, 0], [0, 0, 0, 2]), drawn([2, 5, 14, 3])),
  one('channels on both sides', bordered([0, 0, 0, 1], [0, 0, 0, 2], -1.5), drawn([1, 9, 9, 3])),
  one('a line', bordered([0, 3], [0, 4], 2), drawn([3, 40]), {}),
  one('rows', bordered([0, 2, 0], [0, 0, 0]), drawn([2, 3, 9]), {}),
];

const cut = (begin: readonly number[], size: readonly number[]): Op => ({
  kind: 'slice',
  begin,
  size,
  step: begin.map(() => 1),
});

const slice: readonly Case[] = [
  one('channels', cut([0, 0, 0, 1], [2, 5, 14, 2]), drawn([2, 5, 14, 4])),
  one('part of a line', cut([0, 11], [3, 20]), drawn([3, 40]), {}),
  one('all', cut([0, 0], [3, 40]), drawn([3, 40]), {}),
];

const sized = (more: Partial<OpOf<'resize'>>, x: readonly number[], title: string): Case =>
  one(title, resize(more), drawn(x, 23));

const resizing: readonly Case[] = (['bilinear', 'nearest'] as const).flatMap((method) => [
  ...(['asymmetric', 'half-pixel', 'align-corners'] as const).flatMap((coordinates) => [
    sized({ method, coordinates, size: [14, 14] }, [1, 7, 7, 3], `${method} ${coordinates} twice as large`),
    sized({ method, coordinates, size: [5, 13] }, [2, 9, 4, 3], `${method} ${coordinates} smaller and wider`),
    sized({ method, coordinates, size: [3, 150] }, [1, 2, 70, 2], `${method} ${coordinates} rows longer than panels`),
  ]),
  sized({ method, coordinates: 'half-pixel', rounding: 'round', size: [9, 15] }, [1, 3, 5, 2], `${method} rounded`),
  one(
    `${method} with NaN`,
    resize({ method, size: [10, 10], coordinates: 'half-pixel' }),
    poisoned(drawn([1, 5, 5, 2])),
  ),
]);

const spread: readonly Case[] = [
  one('blocks of 2', { kind: 'depth-to-space', block: 2 }, drawn([2, 7, 5, 12])),
  one('blocks of 3', { kind: 'depth-to-space', block: 3 }, drawn([1, 5, 7, 18])),
  one('blocks of 1', { kind: 'depth-to-space', block: 1 }, drawn([1, 5, 7, 3])),
  ...fewSizes.map(([h, w]) => one(`${h}x${w}`, { kind: 'depth-to-space', block: 2 }, drawn([1, h, w, 8]))),
];

const relayout: readonly Case[] = fewSizes.flatMap(([h, w]) =>
  [1, 3, 4, 11].flatMap((c) => [
    one(`${h}x${w}x${c} in`, { kind: 'relayout' }, drawn([2, h, w, c]), { result: panels }),
    one(`${h}x${w}x${c} out`, { kind: 'relayout' }, drawn([2, h, w, c]), { x: panels }),
  ]),
);

const reduced = (fn: OpOf<'reduce'>['fn'], keep: boolean): Op => ({ kind: 'reduce', fn, axes: [2, 1], keep });

const reduce: readonly Case[] = [
  ...(['sum', 'mean', 'max', 'min'] as const).flatMap((fn) => [
    ...fewSizes.map(([h, w]) => one(`${fn} of ${h}x${w}`, reduced(fn, true), drawn([2, h, w, 3]), { x: panels })),
    one(`${fn} with NaN`, reduced(fn, false), poisoned(drawn([1, 9, 10, 3])), { x: panels }),
  ]),
  one(
    'product',
    reduced('prod', true),
    value(
      'f32',
      [1, 9, 9, 1],
      Array.from({ length: 81 }, (_, i) => 1 + (i % 3) / 16),
    ),
    { x: panels },
  ),
  one('pooled mean', pool({ fn: 'avg', window: [9, 10], stride: [9, 10] }), image, { x: panels }),
  one('pooled largest', pool({ fn: 'max', window: [9, 10] }), image, { x: panels }),
];

const softmax: readonly Case[] = [1, 5, 16, 33, 100].flatMap((size) => [
  one(`${size} numbers`, { kind: 'softmax', axis: 1 }, drawn([3, size]), {}),
  one(`${size} numbers with NaN`, { kind: 'softmax', axis: 1 }, poisoned(drawn([9, size])), {}),
]);

const best = (title: string, k: number, output: 'values' | 'indices', x: Value): Case =>
  one(title, { kind: 'top-k', k, output }, x, {});

const topK: readonly Case[] = (['values', 'indices'] as const).flatMap((output) => [
  best(`${output} of a long row`, 9, output, drawn([1, 1000])),
  best(`${output} of three rows`, 5, output, drawn([3, 37])),
  best(`all ${output}`, 20, output, drawn([2, 20])),
  best(`${output} with NaN`, 30, output, poisoned(drawn([2, 70]))),
  best(`${output} of nothing but NaN`, 3, output, value('f32', [1, 20], Array<number>(20).fill(Number.NaN))),
]);

const moved = (perm: readonly number[], shape: readonly number[]): Case =>
  one(`${shape.join('x')} as ${perm.join(' ')}`, { kind: 'transpose', perm }, drawn(shape), {});

const transpose: readonly Case[] = [
  moved([1, 0], [7, 9]),
  moved([1, 0], [64, 33]),
  moved([0, 2, 1], [3, 17, 6]),
  moved([0, 3, 1, 2], [2, 5, 6, 7]),
  moved([0, 2, 3, 1], [2, 5, 6, 7]),
  moved([3, 2, 1, 0], [3, 5, 2, 7]),
  moved([2, 1, 0], [5, 1, 8]),
  moved([1, 3, 0, 2], [4, 5, 6, 7]),
  ...[
    [1, 3, 8, 8],
    [2, 3, 7, 11],
    [1, 1, 30, 5],
    [2, 5, 3, 3],
  ].map((shape) =>
    one(`${shape.join('x')} into panels`, { kind: 'transpose', perm: [0, 2, 3, 1] }, drawn(shape), { result: panels }),
  ),
];

/** By the name of the kernel. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  depthwise: depthwiseCases,
  conv2d: [...convCases, ...summed(convCases)],
  residual: summed(depthwiseCases),
  'conv-transpose2d': transposedCases,
  linear: [...linearCases, ...sequenceLayers],
  pool2d: poolCases,
  unary,
  binary,
  concat,
  pad: padding,
  slice,
  resize: resizing,
  'depth-to-space': spread,
  relayout,
  pixels: movedPixels,
  'layer-norm': normalisations,
  attention: attentions,
  reduce,
  softmax,
  'top-k': topK,
  transpose,
};
