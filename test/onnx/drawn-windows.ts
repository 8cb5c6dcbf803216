/** Convolutions and pools with drawn geometries, as ONNX models of one node. */
import fc from 'fast-check';
import type { Attribute, TestModel } from './kit.ts';
import { floats, node, port } from './kit.ts';

/** Numbers in −1..1, always the same for a seed. */
export function noise(seed: number, count: number): readonly number[] {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const constant = (name: string, shape: readonly number[], seed: number) =>
  floats(name, shape, noise(seed, product(shape)));

const list = (count: number, min: number, max: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.integer({ min, max }), { minLength: count, maxLength: count });

const automatic = fc.constantFrom('NOTSET', 'NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID');

/** What onnxruntime makes of `SAME` is the standard's meaning only without gaps in windows or between them. */
const geometry = (spatial: number, pads: number) =>
  fc
    .record({
      image: list(spatial, 3, 8),
      kernel: list(spatial, 1, 3),
      stride: list(spatial, 1, 3),
      dilation: list(spatial, 1, 2),
      pads: list(2 * spatial, 0, pads),
      automatic,
      seed: fc.nat(),
    })
    .map((g) =>
      g.automatic.startsWith('SAME')
        ? { ...g, stride: g.stride.map((s, i) => Math.min(s, g.kernel[i])), dilation: g.dilation.map(() => 1) }
        : g,
    );

const attributesOf = (g: {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pads: readonly number[];
  readonly automatic: string;
}): Record<string, Attribute> => ({
  kernel_shape: g.kernel,
  strides: g.stride,
  dilations: g.dilation,
  ...(g.automatic === 'NOTSET' ? { pads: g.pads } : { auto_pad: g.automatic }),
});

const channels = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 3 }),
  inputs: fc.integer({ min: 1, max: 2 }),
  outputs: fc.integer({ min: 1, max: 2 }),
  bias: fc.boolean(),
  stored: fc.boolean(),
});

export const convolutions: fc.Arbitrary<TestModel> = fc.integer({ min: 1, max: 3 }).chain((spatial) =>
  fc.record({ g: geometry(spatial, 3), c: channels }).map(({ g, c }) => {
    const weights = [c.group * c.outputs, c.inputs, ...g.kernel];
    return layer('Conv', [c.batch, c.group * c.inputs, ...g.image], weights, g, c, attributesOf(g));
  }),
);

/** onnxruntime gives padding that makes the result shorter than nothing as an error. */
export const transposedConvolutions: fc.Arbitrary<TestModel> = fc.integer({ min: 1, max: 3 }).chain((spatial) =>
  fc
    .record({ g: geometry(spatial, 1), c: channels, extra: list(spatial, 0, 1), target: fc.boolean() })
    .map(({ g, c, extra, target }) => {
      const weights = [c.group * c.inputs, c.outputs, ...g.kernel];
      const room = extra.map((e, i) => (e < g.stride[i] ? e : 0));
      const natural = g.image.map((d, i) => (d - 1) * g.stride[i] + (g.kernel[i] - 1) * g.dilation[i] + 1);
      const attributes = {
        ...attributesOf(g),
        ...(target ? { output_shape: natural.map((d, i) => Math.max(1, d - g.pads[i])) } : { output_padding: room }),
      };
      return layer('ConvTranspose', [c.batch, c.group * c.inputs, ...g.image], weights, g, c, attributes);
    }),
);

function layer(
  operator: string,
  x: readonly number[],
  weights: readonly number[],
  { seed }: { readonly seed: number },
  c: { readonly group: number; readonly outputs: number; readonly bias: boolean; readonly stored: boolean },
  attributes: Readonly<Record<string, Attribute>>,
): TestModel {
  const names = ['x', 'w', ...(c.bias ? ['b'] : [])];
  return {
    opset: 13,
    inputs: [port('x', x), ...(c.stored ? [] : [port('w', weights)])],
    initializers: [
      ...(c.stored ? [constant('w', weights, seed)] : []),
      ...(c.bias ? [constant('b', [c.group * c.outputs], seed + 1)] : []),
    ],
    nodes: [node(operator, names, ['y'], { ...attributes, group: c.group })],
    outputs: ['y'],
  };
}

export const pools: fc.Arbitrary<TestModel> = fc.integer({ min: 1, max: 3 }).chain((spatial) =>
  fc
    .record({
      operator: fc.constantFrom('MaxPool', 'AveragePool', 'LpPool'),
      g: geometry(spatial, 2),
      up: fc.boolean(),
      padded: fc.boolean(),
      p: fc.integer({ min: 1, max: 3 }),
      indices: fc.boolean(),
      column: fc.nat(1),
    })
    .map(({ operator, g, up, padded, p, indices, column }) => {
      // Padding is less than the window.
      const pads = g.pads.map((pad, side) => Math.min(pad, g.kernel[side % spatial] - 1));
      const isLargest = operator === 'MaxPool';
      const attributes = {
        ...attributesOf({ ...g, pads }),
        ...(operator === 'AveragePool' && { count_include_pad: Number(padded) }),
        ...(operator === 'LpPool' && { p }),
        ...(g.automatic === 'NOTSET' && { ceil_mode: Number(up) }),
        ...(isLargest && { storage_order: column }),
      };
      return {
        opset: 22,
        inputs: [port('x', [2, 2, ...g.image])],
        nodes: [node(operator, ['x'], isLargest && indices ? ['y', 'i'] : ['y'], attributes)],
        outputs: isLargest && indices ? ['y', port('i', undefined, 7)] : ['y'],
      };
    }),
);
