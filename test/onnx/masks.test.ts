/** Which weights are kept, in every way that a model says it, from the file to the formats. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pipeline } from '../../passes/index.ts';
import { formatNamed } from '../../src/formats/index.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Constant, Graph } from '../../src/graph/graph.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { weightsOf } from '../../src/graph/weights.ts';
import { runPasses } from '../../src/pass.ts';
import { targets } from '../../targets/index.ts';
import { runOnnx, runtime } from '../export/runtime.ts';
import type { Message, TestModel } from './kit.ts';
import {
  floats,
  graphAttribute,
  graphOf,
  importFiles,
  importTest,
  int64s,
  node,
  port,
  tensorAttribute,
} from './kit.ts';

const constants = (graph: Graph | null): readonly Constant[] =>
  graph?.nodes.filter((n): n is Constant => n.kind === 'constant') ?? [];

/** The one constant that has a mask. */
function maskedOf(model: TestModel, options = {}): Partial<Constant> | undefined {
  const { graph, messages } = importTest(model, options);
  expect(messages).toEqual([]);
  const [found, ...more] = constants(graph).filter((n) => n.mask);
  expect(more).toEqual([]);
  return found && { data: found.data, mask: found.mask as Uint8Array<ArrayBuffer>, origin: found.origin };
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i])));

/** y = x wᵀ, for a weight of [2, 3]. */
const dense = (initializers: readonly Message[], before: readonly Message[] = [], weight = 'w'): TestModel => ({
  inputs: [port('x', [1, 3])],
  outputs: ['y'],
  initializers,
  nodes: [...before, node('Gemm', ['x', weight], ['y'], { transB: 1 })],
});

const truths = (name: string, dims: readonly number[], ...data: readonly number[]): Message => ({
  name,
  dims,
  dataType: 9,
  int32Data: data,
});

const weight = [1, 0, -3, 4, 5, -6];
const kept = [1, 1, 0, 0, 1, 1];
/** The 0 that is kept stays kept, and what is not kept is 0. */
const both = { data: Float32Array.of(1, 0, 0, 0, 5, -6), mask: Uint8Array.from(kept) };

describe('an initializer NAME_mask', () => {
  test('is the mask of NAME', () =>
    expect(maskedOf(dense([floats('w', [2, 3], weight), truths('w_mask', [2, 3], ...kept)]))).toEqual({
      ...both,
      origin: 'w',
    }));

  test('of real numbers', () =>
    expect(maskedOf(dense([floats('w', [2, 3], weight), floats('w_mask', [2, 3], kept)]))).toMatchObject(both));

  test.each<readonly [string, Message]>([
    ['another shape', truths('w_mask', [3, 2], ...kept)],
    ['other numbers', floats('w_mask', [2, 3], [1, 1, 0, 0, 1, 0.5])],
  ])('of %s is none', (_what, mask) => expect(maskedOf(dense([floats('w', [2, 3], weight), mask]))).toBeUndefined());

  test('that a node uses is an operand like others', () => {
    const used = dense(
      [floats('w', [2, 3], weight), floats('w_mask', [2, 3], kept)],
      [node('Add', ['w', 'w_mask'], ['v'])],
      'v',
    );
    expect(maskedOf(used)).toBeUndefined();
  });

  test('in a subgraph', () => {
    const { graph } = importTest({
      inputs: [port('x', [1, 3])],
      outputs: ['y'],
      initializers: [truths('c', [], 1)],
      nodes: [
        node('If', ['c'], ['y'], {
          then_branch: graphAttribute(
            graphOf({
              outputs: ['z'],
              initializers: [floats('w', [2, 3], weight), truths('w_mask', [2, 3], ...kept)],
              nodes: [node('Gemm', ['x', 'w'], ['z'], { transB: 1 })],
            }),
          ),
          else_branch: graphAttribute(graphOf({ outputs: ['x'], nodes: [] })),
        }),
      ],
    });
    expect(constants(graph).find((n) => n.mask)).toMatchObject(both);
  });
});

describe('a product NAME_orig · NAME_mask', () => {
  const orig = floats('f.weight_orig', [2, 3], weight);
  const mask = floats('f.weight_mask', [2, 3], kept);
  const product = (a: string, b: string) => node('Mul', [a, b], ['w']);

  test.each([
    ['mask first', ['f.weight_mask', 'f.weight_orig']],
    ['mask last', ['f.weight_orig', 'f.weight_mask']],
  ])('%s', (_name, [a, b]) =>
    expect(maskedOf(dense([orig, mask], [product(a, b)]))).toEqual({ ...both, origin: 'f.weight' }),
  );

  test('behind a cast from truth values', () => {
    const cast = [node('Cast', ['f.weight_mask'], ['m'], { to: 1 }), product('m', 'f.weight_orig')];
    expect(maskedOf(dense([orig, truths('f.weight_mask', [2, 3], ...kept)], cast))).toMatchObject(both);
  });

  test('behind transposes and reshapes', () => {
    const turned = (name: string, to: string) => [
      node('Reshape', [name, 'flat'], [`${to}_flat`]),
      node('Reshape', [`${to}_flat`, 'tall'], [`${to}_tall`]),
      node('Transpose', [`${to}_tall`], [to]),
    ];
    const lists = [int64s('flat', [1], [6]), int64s('tall', [2], [3, 2])];
    const nodes = [...turned('f.weight_orig', 'a'), ...turned('f.weight_mask', 'b'), product('a', 'b')];
    expect(maskedOf(dense([orig, mask, ...lists], nodes))).toMatchObject({
      data: Float32Array.of(1, 0, 5, 0, 0, -6),
      mask: Uint8Array.of(1, 0, 1, 1, 0, 1),
    });
  });

  test('before one', () => {
    const nodes = [
      product('f.weight_mask', 'f.weight_orig'),
      node('Transpose', ['w'], ['t']),
      node('MatMul', ['x', 't'], ['y']),
    ];
    expect(maskedOf({ ...dense([orig, mask]), nodes })).toMatchObject(both);
  });

  test.each<readonly [string, readonly Message[], string]>([
    ['of the mask of another weight', [orig, floats('g.weight_mask', [2, 3], kept)], 'g.weight_mask'],
    ['of factors', [orig, floats('f.weight_mask', [2, 3], [1, 1, 0, 0, 2, 1])], 'f.weight_mask'],
    ['of one factor for a row', [orig, floats('f.weight_mask', [1, 3], [1, 0, 1])], 'f.weight_mask'],
  ])('%s is a product', (_what, initializers, name) => {
    const model = dense(initializers, [product('f.weight_orig', name)]);
    expect(maskedOf(model)).toBeUndefined();
    expect(constants(importTest(model).graph)[0].data[0]).toBe(1);
  });
});

describe('a sparse tensor', () => {
  const values = floats('w', [4], [1, 0, 5, -6]);
  const sparse = (indices: Message, dims = [2, 3]): TestModel => ({
    ...dense([]),
    sparse: [{ values, indices, dims }],
  });

  test('with flat indices', () =>
    expect(maskedOf(sparse(int64s('', [4], [0, 1, 4, 5])))).toEqual({ ...both, origin: 'w' }));
  test('with coordinates', () =>
    expect(maskedOf(sparse(int64s('', [4, 2], [0, 0, 0, 1, 1, 1, 1, 2])))).toEqual({ ...both, origin: 'w' }));
  test('in any order', () => {
    const turned = { values: floats('w', [4], [-6, 5, 1, 0]), indices: int64s('', [4], [5, 4, 0, 1]), dims: [2, 3] };
    expect(maskedOf({ ...dense([]), sparse: [turned] })).toMatchObject(both);
  });
  test('in a node', () => {
    const attribute = { type: 11, sparseTensor: { values, indices: int64s('', [4], [0, 1, 4, 5]), dims: [2, 3] } };
    expect(maskedOf(dense([], [node('Constant', [], ['w'], { sparse_value: attribute })]))).toMatchObject(both);
  });
  test('with a mask beside it keeps what both keep', () =>
    expect(
      maskedOf(sparse(int64s('', [4], [0, 1, 4, 5])), { masks: { w: Uint8Array.of(1, 0, 1, 1, 1, 1) } }),
    ).toMatchObject({ data: both.data, mask: Uint8Array.of(1, 0, 0, 0, 1, 1) }));

  test.each<readonly [string, Message, readonly number[]]>([
    ['has the index 6 along an axis of 6', int64s('', [4], [0, 1, 4, 6]), [2, 3]],
    ['has the index -1 along an axis of 6', int64s('', [4], [0, 1, 4, -1]), [2, 3]],
    ['has the index 3 along an axis of 3', int64s('', [4, 2], [0, 0, 0, 1, 0, 3, 1, 2]), [2, 3]],
    ['holds two values for element 4', int64s('', [4], [0, 4, 4, 5]), [2, 3]],
    ['has 4 values and indices of shape [3], where [4] or [4, 2] is meant', int64s('', [3], [0, 1, 4]), [2, 3]],
    [
      'has 4 values and indices of shape [4, 3], where [4] or [4, 2] is meant',
      int64s('', [4, 3], Array<number>(12).fill(0)),
      [2, 3],
    ],
    [
      'claims the shape [65536, 32767] for 4 values; so few of so many are not read',
      int64s('', [4], [0, 1, 4, 5]),
      [65536, 32767],
    ],
    [
      'has the shape [65536, 65536], and no value may have over 2147483647 elements',
      int64s('', [4], [0, 1, 4, 5]),
      [65536, 65536],
    ],
  ])('is refused: it %s', (message, indices, dims) =>
    expect(importTest(sparse(indices, [...dims])).messages).toEqual([`import/tensor w: the initializer ${message}`]),
  );
});

describe('masks beside the model', () => {
  const mask = Uint8Array.from(kept);
  const constant = (name: string) =>
    node('Constant', [], [name], { value: tensorAttribute(floats('', [2, 3], weight)) });

  test('for an initializer', () =>
    expect(maskedOf(dense([floats('w', [2, 3], weight)]), { masks: { w: mask } })).toMatchObject(both));
  test('for a constant, by the name of its output', () =>
    expect(maskedOf(dense([], [constant('w')]), { masks: { w: mask } })).toMatchObject(both));
  test('of the wrong length', () => {
    const masks = { w: Uint8Array.of(1, 0) };
    const why = 'the mask has 2 elements and the weight [2, 3] has 6';
    expect(importTest(dense([floats('w', [2, 3], weight)]), { masks }).messages).toEqual([`import/mask w: ${why}`]);
    expect(importTest(dense([], [constant('w')]), { masks }).messages).toEqual([
      `import/layer Constant_w: "Constant" is a weight with a mask that does not fit: ${why}`,
    ]);
  });
  test('for a weight that is not there', () => {
    const { diagnostics, messages } = importTest(dense([floats('w', [2, 3], weight)]), { masks: { v: mask } });
    expect(messages).toEqual(['import/mask : there is a mask for "v", and the model has no such weight']);
    expect(diagnostics[0].hint).toBe('give masks by the names that weights have in the file');
  });
});

describe('networks that torch.nn.utils.prune made', () => {
  const imported = (name: string) => {
    const bytes = new Uint8Array(readFileSync(join(import.meta.dirname, 'pruned', `${name}.onnx`)));
    const { graph, messages } = importFiles({ 'model.onnx': bytes });
    expect(messages).toEqual([]);
    if (!graph) throw new Error('nothing was said');
    return { graph, bytes };
  };
  /** How many weights are kept and how many are 0, of the convolutions, the dense layer and the product. */
  const counts = (graph: Graph) =>
    [...weightsOf(graph).values()].map(({ constant: { mask, data } }) => ({
      kept: mask?.reduce((n, m) => n + m, 0),
      zeros: Array.from(data).filter((v) => v === 0).length,
    }));

  test('with its masks as products: a weight that is kept and 0 is kept', () =>
    expect(counts(imported('product').graph)).toEqual([
      { kept: 86, zeros: 347 },
      { kept: 461, zeros: 1844 },
      { kept: 102, zeros: 411 },
      { kept: 32, zeros: 129 },
    ]));

  test.each(['folded', 'removed'])('%s: zeros are all that is left of the masks', (name) =>
    expect(counts(imported(name).graph)).toEqual([
      { kept: undefined, zeros: 347 },
      { kept: undefined, zeros: 1844 },
      { kept: undefined, zeros: 411 },
      { kept: undefined, zeros: 129 },
    ]),
  );

  test.skipIf(!runtime).each(['product', 'folded', 'removed'])(
    '%s computes what onnxruntime computes',
    async (name) => {
      const { graph, bytes } = imported(name);
      const inputs = randomInputs(graph, 1);
      const [own, other] = [evaluate(graph, inputs), await runOnnx(bytes, graph, inputs)];
      expect(distance(own.y, other.y)).toBeLessThan(1e-5);
    },
  );

  // Engines of hardware find their own patterns: there every weight is dense until then.
  const pricing = targets.filter(({ hardwareFault }) => !hardwareFault);
  test.each(pricing.map((family) => [family.name, family] as const))(
    'masks reach the formats of %s, and what is kept is stored',
    (_name, family) => {
      const { graph } = imported('product');
      const target = family.target({});
      // Channels that are dead would go, and their weights with them.
      const passes = pipeline(target).filter(({ name }) => name !== 'drop-dead-channels');
      const after = runPasses(graph, passes, (d) => expect(d).toBeUndefined());
      const weights = [...weightsOf(after).values()];
      expect(weights.map(({ constant: { mask } }) => mask?.reduce((n, m) => n + m, 0))).toEqual([86, 461, 102, 32]);
      const sparse = weights.filter(({ constant: { type } }) => type.encoding.format !== 'dense');
      expect(sparse.length).toBeGreaterThan(0);
      for (const { matrix, constant } of sparse) {
        const { cost } = formatNamed(constant.type.encoding.format) ?? {};
        const live = constant.mask?.reduce((n, m) => n + m, 0) ?? 0;
        expect(cost?.(matrix, constant.type.encoding.params).multiplies).toBeGreaterThanOrEqual(live);
      }
      const inputs = randomInputs(graph, 2);
      const [before, then] = [evaluate(graph, inputs), evaluate(after, inputs)];
      expect(distance(then.y, before.y)).toBeLessThan(1e-4);
    },
  );
});
