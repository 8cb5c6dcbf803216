/** Dilated convolutions that are spelled with SpaceToBatchND become convolutions with dilation, and compute the same. */
import { expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { TestModel } from './import/kit.ts';
import { errorOf, filesOf, importFiles, ints, noise, runReference, str, whole } from './import/kit.ts';

const model = (op: string, padding: string, stride: number, crops: readonly number[]): TestModel => ({
  inputs: { x: noise(1, 1, 7, 9, 3) },
  constants: {
    k: noise(2, 3, 3, 3, op === 'Conv2D' ? 4 : 2),
    block: whole([2, 2]),
    pads: whole([2, 3, 2, 3], [2, 2]),
    crops: whole(crops, [2, 2]),
  },
  nodes: [
    { name: 'split', op: 'SpaceToBatchND', input: ['x', 'block', 'pads'], attr: {} },
    {
      name: 'conv',
      op,
      input: ['split', 'k'],
      attr: {
        strides: ints(1, stride, stride, 1),
        dilations: ints(1, 1, 1, 1),
        padding: str(padding),
        data_format: str('NHWC'),
      },
    },
    { name: 'y', op: 'BatchToSpaceND', input: ['conv', 'block', 'crops'], attr: {} },
  ],
  outputs: ['y'],
});

async function compare(m: TestModel): Promise<readonly string[]> {
  const { graph, diagnostics } = importFiles(filesOf(m));
  expect(diagnostics).toEqual([]);
  if (!graph) throw new Error('no graph');
  const [wanted] = await runReference(m);
  const got = evaluate(graph, { x: m.inputs.x.data }).y;
  expect(got.length).toBe(wanted.data.length);
  expect(errorOf(got, wanted.data)).toBeLessThan(1e-5);
  return graph.nodes.flatMap((n) => (n.kind === 'call' ? [n.op.kind] : []));
}

for (const op of ['Conv2D', 'DepthwiseConv2dNative'])
  test(`${op} becomes one call`, async () => {
    expect(await compare(model(op, 'VALID', 1, [0, 1, 0, 1]))).toEqual(['conv2d']);
    expect(await compare(model(op, 'VALID', 1, [1, 0, 2, 0]))).toEqual(['conv2d']);
  });

test('what is no dilated convolution stays as it is spelled', async () => {
  expect(await compare(model('Conv2D', 'SAME', 1, [0, 1, 0, 1]))).toContain('transpose');
  expect(await compare(model('Conv2D', 'VALID', 2, [0, 1, 0, 1]))).toContain('transpose');
  expect(await compare(model('Conv2D', 'VALID', 1, [0, 4, 0, 1]))).toContain('transpose');
});
