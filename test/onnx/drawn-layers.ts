/** Products and resized pictures, drawn, as ONNX models of one node. */
import fc from 'fast-check';
import { constant, noise } from './drawn-windows.ts';
import type { Attribute, Message, TestModel } from './kit.ts';
import { floats, int64s, node, port, real, reals } from './kit.ts';

/** An operand that is an input of the model, or stored in it. */
export interface Operand {
  readonly name: string;
  readonly shape: readonly number[];
  readonly stored: boolean;
}

export const withOperands = (
  operands: readonly Operand[],
  seed: number,
  rest: Omit<TestModel, 'inputs'>,
): TestModel => ({
  ...rest,
  inputs: operands.filter((o) => !o.stored).map((o) => port(o.name, o.shape)),
  initializers: [
    ...operands.filter((o) => o.stored).map((o, i) => constant(o.name, o.shape, seed + i)),
    ...(rest.initializers ?? []),
  ],
});

export const size = fc.integer({ min: 1, max: 5 });

export const gemms: fc.Arbitrary<TestModel> = fc
  .record({
    m: size,
    k: size,
    n: size,
    transA: fc.nat(1),
    transB: fc.nat(1),
    alpha: fc.constantFrom(1, 0.5, -2),
    beta: fc.constantFrom(1, 0.25, 0),
    third: fc.constantFrom('none', 'number', 'row', 'long row', 'column', 'all'),
    stored: fc.tuple(fc.boolean(), fc.boolean()),
    seed: fc.nat(),
  })
  .map(({ m, k, n, transA, transB, alpha, beta, third, stored, seed }) => {
    const shapes: Record<string, readonly number[]> = { number: [], row: [n], 'long row': [1, n], column: [m, 1] };
    const operands: Operand[] = [
      { name: 'x', shape: transA ? [k, m] : [m, k], stored: false },
      { name: 'w', shape: transB ? [n, k] : [k, n], stored: stored[0] },
      ...(third === 'none' ? [] : [{ name: 'c', shape: shapes[third] ?? [m, n], stored: stored[1] }]),
    ];
    const attributes = { transA, transB, alpha: real(alpha), beta: real(beta) };
    return withOperands(operands, seed, {
      opset: 11,
      nodes: [
        node(
          'Gemm',
          operands.map((o) => o.name),
          ['y'],
          attributes,
        ),
      ],
      outputs: ['y'],
    });
  });

export const products: fc.Arbitrary<TestModel> = fc
  .record({
    outer: fc.array(size, { maxLength: 3 }),
    cut: fc.tuple(fc.nat(3), fc.nat(3)),
    ones: fc.array(fc.constantFrom('none', 'left', 'right'), { minLength: 3, maxLength: 3 }),
    inner: fc.tuple(size, size, size),
    vector: fc.constantFrom('none', 'none', 'left', 'right', 'both'),
    stored: fc.constantFrom('none', 'left', 'right'),
    seed: fc.nat(),
  })
  .map(({ outer, cut, ones, inner: [m, k, n], vector, stored, seed }) => {
    const axes = (side: 'left' | 'right', skip: number) =>
      outer.map((d, i) => (ones[i] === side ? 1 : d)).slice(Math.min(skip, outer.length));
    const isVector = (side: string): boolean => vector === side || vector === 'both';
    const operands: Operand[] = [
      { name: 'x', shape: isVector('left') ? [k] : [...axes('left', cut[0]), m, k], stored: stored === 'left' },
      { name: 'w', shape: isVector('right') ? [k] : [...axes('right', cut[1]), k, n], stored: stored === 'right' },
    ];
    return withOperands(operands, seed, { opset: 13, nodes: [node('MatMul', ['x', 'w'], ['y'])], outputs: ['y'] });
  });

/** Any letters on both sides, some of them in the result. */
export const sums: fc.Arbitrary<TestModel> = fc
  .record({
    sizes: fc.array(size, { minLength: 5, maxLength: 5 }),
    left: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1, maxLength: 4 }),
    right: fc.shuffledSubarray([0, 1, 2, 3, 4], { maxLength: 4 }),
    result: fc.shuffledSubarray([0, 1, 2, 3, 4]),
    dots: fc.boolean(),
    explicit: fc.boolean(),
    stored: fc.constantFrom('none', 'left', 'right'),
    seed: fc.nat(),
  })
  .map(({ sizes, left, right, result, dots, explicit, stored, seed }) => {
    const text = (list: readonly number[]): string => list.map((i) => 'abcde'[i]).join('');
    const both = right.length > 0;
    const used = result.filter((i) => left.includes(i) || right.includes(i));
    const dot = dots ? '...' : '';
    const shape = (list: readonly number[]) => [...(dots ? [2] : []), ...list.map((i) => sizes[i])];
    const sides = [dot + text(left), ...(both ? [dot + text(right)] : [])];
    const operands: Operand[] = [
      { name: 'x', shape: shape(left), stored: both && stored === 'left' },
      ...(both ? [{ name: 'w', shape: shape(right), stored: stored === 'right' }] : []),
    ];
    const equation = `${sides.join(',')}${explicit ? `->${dot}${text(used)}` : ''}`;
    return withOperands(operands, seed, {
      opset: 12,
      nodes: [
        node(
          'Einsum',
          operands.map((o) => o.name),
          ['y'],
          { equation },
        ),
      ],
      outputs: ['y'],
    });
  });

const coordinates = fc.constantFrom(
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
);

/** Lengths that scales give without a fraction, since onnxruntime and the standard differ on the others. */
export const resized: fc.Arbitrary<TestModel> = fc
  .record({
    image: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 2 }),
    target: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 2 }),
    mode: fc.constantFrom('nearest', 'linear', 'cubic'),
    how: coordinates,
    nearest: fc.constantFrom('round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'),
    antialias: fc.boolean(),
    exclude: fc.boolean(),
    a: fc.constantFrom(-0.75, -0.5),
    given: fc.constantFrom('scales', 'sizes'),
    policy: fc.constantFrom('stretch', 'not_larger', 'not_smaller'),
    axes: fc.boolean(),
    opset: fc.constantFrom(11, 13, 18, 19),
    seed: fc.nat(),
  })
  .map((r) => {
    const isNew = r.opset >= 18;
    const named = isNew && r.axes;
    // Where nothing gets longer or shorter onnxruntime leaves out the crop.
    const target = r.target.map((t, i) => (r.how === 'tf_crop_and_resize' && t === r.image[i] ? t + 1 : t));
    const filled = <T>(list: readonly T[], one: T): readonly T[] => (named ? list : [one, one, ...list]);
    const shape = [2, 3, ...r.image];
    const by = filled(
      target.map((t, i) => t / r.image[i]),
      1,
    );
    const to = named ? target : [2, 3, ...target];
    // A length that is rounded is one on which onnxruntime and the standard's reference differ elsewhere.
    const isPlain = (r.how === 'half_pixel' || r.how === 'asymmetric') && !r.antialias;
    const crops = r.how === 'tf_crop_and_resize';
    const around = noise(r.seed, 4);
    const roi = [0, 2].flatMap((at) =>
      filled(
        around.slice(at, at + 2).map((v) => 0.4 * v + at / 2),
        at / 2,
      ),
    );
    const attributes: Record<string, Attribute> = {
      mode: r.mode,
      ...(crops && { extrapolation_value: real(7) }),
      coordinate_transformation_mode: r.how === 'half_pixel_symmetric' && !isNew ? 'half_pixel' : r.how,
      ...(r.mode === 'nearest' && { nearest_mode: r.nearest }),
      ...(r.mode === 'cubic' && { cubic_coeff_a: real(r.a), exclude_outside: Number(r.exclude) }),
      ...(isNew && r.mode !== 'nearest' && { antialias: Number(r.antialias) }),
      ...(named && { axes: [2, 3] }),
      ...(named && r.given === 'sizes' && isPlain && { keep_aspect_ratio_policy: r.policy }),
    };
    const spans: readonly Message[] =
      r.given === 'scales' ? [floats('s', [by.length], by)] : [floats('s', [0], []), int64s('z', [to.length], to)];
    return {
      opset: r.opset,
      inputs: [port('x', shape)],
      initializers: [...spans, ...(crops ? [floats('roi', [roi.length], roi)] : isNew ? [] : [floats('roi', [0], [])])],
      nodes: [
        node(
          'Resize',
          ['x', isNew && !crops ? '' : 'roi', 's', ...(r.given === 'sizes' ? ['z'] : [])],
          ['y'],
          attributes,
        ),
      ],
      outputs: ['y'],
    };
  });

/** Before version 11: nothing but scales. */
export const scaledBefore: fc.Arbitrary<TestModel> = fc
  .record({
    opset: fc.constantFrom(7, 9, 10),
    image: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 2 }),
    target: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 2 }),
    mode: fc.constantFrom('nearest', 'linear'),
  })
  .map(({ opset, image, target, mode }) => {
    const scales = [1, 1, ...target.map((t, i) => (opset < 10 ? Math.max(t, image[i]) : t) / image[i])];
    const isStored = opset > 7;
    return {
      opset,
      inputs: [port('x', [2, 3, ...image])],
      initializers: isStored ? [floats('s', [4], scales)] : [],
      nodes: [
        node(opset < 10 ? 'Upsample' : 'Resize', isStored ? ['x', 's'] : ['x'], ['y'], {
          mode,
          ...(!isStored && { scales: reals(...scales) }),
        }),
      ],
      outputs: ['y'],
    };
  });

/** Places on the picture and beside it. */
export const sampled: fc.Arbitrary<TestModel> = fc
  .record({
    opset: fc.constantFrom(16, 20),
    image: fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 2, maxLength: 2 }),
    places: fc.array(size, { minLength: 2, maxLength: 2 }),
    mode: fc.constantFrom('nearest', 'linear', 'cubic'),
    padding: fc.constantFrom('zeros', 'border', 'reflection'),
    aligned: fc.nat(1),
    seed: fc.nat(),
  })
  .map(({ opset, image, places, mode, padding, aligned, seed }) => {
    const grid = [2, ...places, 2];
    const before: Readonly<Record<string, string>> = { linear: 'bilinear', cubic: 'bicubic' };
    return {
      opset,
      inputs: [port('x', [2, 3, ...image])],
      initializers: [
        floats(
          'g',
          grid,
          noise(seed, 4 * places[0] * places[1]).map((v) => 1.7 * v),
        ),
      ],
      nodes: [
        node('GridSample', ['x', 'g'], ['y'], {
          mode: opset < 20 ? (before[mode] ?? mode) : mode,
          padding_mode: padding,
          align_corners: aligned,
        }),
      ],
      outputs: ['y'],
    };
  });
