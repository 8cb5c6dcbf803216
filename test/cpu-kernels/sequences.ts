/** Sequences in panels, for the tests of the cpu target's kernels: dense layers, normalisation, attention, moved tokens. */
import type { Op } from '../../src/ops/index.ts';
import type { Value } from '../../src/ops/rules.ts';
import type { Activation } from '../../src/ops/scalar.ts';
import type { Encoding } from '../../src/tensor/type.ts';
import { panel, pictureOf, plain } from '../../src/tensor/type.ts';
import { some, value } from '../ops/law.ts';
import type { Case } from './kit.ts';
import { drawn, poisoned } from './numbers.ts';
import { csr, pruned } from './products.ts';

const panels = panel(64);

/** Fewer tokens than a vector has, a panel less one, a panel, one more, three panels and a rest. */
const lengths = [1, 5, 63, 64, 65, 197, 200];

/** How the reorderings of layouts let such a value lie: in panels where there are tokens. */
const layoutOf = (shape: readonly number[]) => (pictureOf(shape).pixels > 1 ? panels : plain);

function layer(
  shape: readonly number[],
  out: number,
  every: number,
  encoding?: Encoding,
  activation: Activation = 'none',
): Case {
  const c = shape[shape.length - 1];
  const weights = pruned(
    some('f32', [out, c], 6),
    every,
    encoding?.format === 'block' ? [encoding.params.r, 1] : [1, 1],
  );
  const slopes = activation === 'prelu' ? [some('f32', [out], 8)] : [];
  return {
    title: `${shape.join('x')} to ${out}, one in ${every}, ${encoding?.format ?? 'dense'}, ${activation}`,
    op: { kind: 'linear', activation },
    values: [some('f32', shape, 5), weights, some('f32', [out], 7), ...slopes],
    layouts: { x: panels, result: panels },
    ...(encoding && { encoding }),
  };
}

export const sequenceLayers: readonly Case[] = [
  ...lengths.filter((t) => t > 1).flatMap((t) => [layer([1, t, 7], 5, 1), layer([t, 20], 12, 3, csr)]),
  layer([2, 65, 96], 64, 9, { format: 'block', params: { r: 4, c: 1 } }),
  layer([2, 9, 300], 48, 9, { format: 'block', params: { r: 16, c: 1 } }, 'gelu'),
  layer([2, 3, 5, 20], 12, 1, undefined, 'prelu'),
  layer([3, 9, 64], 12, 1e9, csr, 'relu'),
];

const normalised = (shape: readonly number[], x: Value = drawn(shape, 31)): Case => {
  const c = shape[shape.length - 1];
  return {
    title: shape.join('x'),
    op: { kind: 'layer-norm', epsilon: 1e-5 },
    values: [x, drawn([c], 32), drawn([c], 33)],
    layouts: { x: panels, result: panels },
  };
};

/** Far from 0, with little between them. */
const distant = (shape: readonly number[]): Value =>
  value(
    'f32',
    shape,
    drawn(shape, 34).data.map((v) => 3 + v),
  );

export const normalisations: readonly Case[] = [
  ...lengths.filter((t) => t > 1).flatMap((t) => [normalised([1, t, 7]), normalised([2, t, 64])]),
  normalised([65, 96]),
  normalised([2, 5, 7, 33]),
  normalised([1, 70, 768], distant([1, 70, 768])),
  { ...normalised([1, 70, 9], poisoned(drawn([1, 70, 9]))), title: 'NaN' },
];

interface Heads {
  readonly n?: number;
  readonly t: number;
  readonly s?: number;
  readonly heads?: number;
  readonly deep?: number;
  readonly part?: number;
  readonly mask?: Value;
}

function attended({ n = 1, t, s = t, heads = 1, deep = 8, part = deep, mask }: Heads): Case {
  const op: Op = { kind: 'attention', heads, scale: 0.3, masked: mask !== undefined };
  return {
    title: `${n} of ${t} to ${s}, ${heads} heads of ${deep} and ${part}, mask ${mask?.type.shape.join('x') ?? 'none'}`,
    op,
    values: [
      drawn([n, t, heads * deep], 41),
      drawn([n, s, heads * deep], 42),
      drawn([n, s, heads * part], 43),
      ...(mask ? [mask] : []),
    ],
    layouts: { q: panels, k: panels, v: panels, result: panels },
  };
}

/** Keys after a query, and some others, are hidden from it. */
const hidden = (shape: readonly number[]): Value => {
  const [t, s] = shape.slice(-2);
  const data = drawn(shape, 44).data.map((v, at) => (at % s > Math.floor(at / s) % t || v > 1.8 ? -Infinity : v));
  return value(
    'f32',
    shape,
    data.map((v, at) => (at % s === 0 ? 0 : v)),
  );
};

export const attentions: readonly Case[] = [
  ...lengths.filter((t) => t > 1).flatMap((t) => [attended({ t }), attended({ n: 2, t, heads: 3, deep: 5 })]),
  ...[2, 5, 64, 65, 197].map((s) => attended({ t: 70, s, heads: 2, deep: 7, part: 3 })),
  attended({ t: 9, s: 300, heads: 12, deep: 1 }),
  attended({ t: 65, heads: 2, mask: hidden([65, 65]) }),
  attended({ n: 2, t: 65, s: 70, heads: 3, mask: hidden([2, 3, 65, 70]) }),
  attended({ n: 2, t: 33, heads: 3, mask: hidden([1, 3, 33, 33]) }),
  attended({ n: 2, t: 33, heads: 3, mask: hidden([2, 1, 33, 33]) }),
  attended({ n: 2, t: 33, s: 66, heads: 3, mask: drawn([2, 1, 1, 66], 45) }),
  attended({ t: 10, s: 66, mask: drawn([66], 46) }),
  attended({ t: 10, s: 66, mask: drawn([10, 1], 47) }),
  ...[hidden([2, 1, 65, 70]), hidden([3, 65, 70]), drawn([65, 1], 48), drawn([2, 1, 1, 70], 49)].map((mask) => {
    const given = attended({ n: 2, t: 65, s: 70, heads: 3, mask });
    return { ...given, title: `${given.title}, computed`, computed: ['mask'] };
  }),
];

const joinedTokens = (axis: number, ...shapes: readonly (readonly number[])[]): Case => ({
  title: `joined ${shapes.map((s) => s.join('x')).join(', ')}`,
  op: { kind: 'concat', axis, count: shapes.length },
  values: shapes.map((shape, i) => drawn(shape, 51 + i)),
  layouts: { ...Object.fromEntries(shapes.map((shape, i) => [`x${i}`, layoutOf(shape)])), result: panels },
});

const cutTokens = (shape: readonly number[], first: number, count: number): Case => {
  const axis = shape.length - 2;
  const size = shape.with(axis, count);
  return {
    title: `${count} from ${first} on of ${shape.join('x')}`,
    op: { kind: 'slice', begin: shape.map((_, i) => (i === axis ? first : 0)), size, step: shape.map(() => 1) },
    values: [drawn(shape, 55)],
    layouts: { x: panels, result: layoutOf(size) },
  };
};

const moved = (op: Op, shape: readonly number[]): Case => ({
  title: `${JSON.stringify(op)} of ${shape.join('x')}`,
  op,
  values: [drawn(shape, 56)],
  layouts: { x: panels, result: panels },
});

export const movedPixels: readonly Case[] = [
  joinedTokens(1, [1, 1, 7], [1, 196, 7]),
  joinedTokens(1, [2, 63, 5], [2, 1, 5], [2, 130, 5]),
  joinedTokens(0, [64, 5], [70, 5]),
  cutTokens([2, 197, 7], 0, 1),
  cutTokens([2, 197, 7], 196, 1),
  cutTokens([2, 197, 7], 1, 196),
  cutTokens([1, 200, 3], 60, 70),
  cutTokens([100, 3], 64, 30),
  joinedTokens(1, [1, 3, 14, 5], [1, 11, 14, 5]),
  joinedTokens(0, [1, 3, 14, 5], [2, 3, 14, 5]),
  moved({ kind: 'transpose', perm: [0, 1, 3, 2, 4, 5] }, [1, 2, 7, 3, 7, 5]),
  moved({ kind: 'transpose', perm: [1, 0, 2] }, [70, 3, 5]),
  moved({ kind: 'reshape', shape: [4, 49, 5] }, [1, 14, 14, 5]),
  moved({ kind: 'reshape', shape: [130, 5] }, [2, 65, 5]),
  moved({ kind: 'slice', begin: [0, 1, 13, 0], size: [2, 4, 7, 5], step: [1, 2, -2, 1] }, [2, 9, 14, 5]),
];
