/** Large tensors stay in the file until they are wanted, wherever in the model they stand. */
import { expect, test } from 'vitest';
import { importModel } from '../../src/import/index.ts';
import type { ModelProto } from '../../src/import/onnx/schema.ts';
import { decode } from '../../src/import/onnx/schema.ts';
import { ownData, withoutData } from '../../src/import/onnx/without-data.ts';
import { noise } from '../import/kit.ts';
import { bytesOfModel, floats, graphAttribute, graphOf, modelOf, node, port, tensorAttribute } from './kit.ts';

const large = noise(1, 300, 20).data;
const weights = (name: string) => floats(name, [20, 300], large);
const bytes = bytesOfModel(
  modelOf({
    inputs: [port('x', [1, 20])],
    outputs: ['a', 'b', 'c'],
    initializers: [
      weights('w'),
      floats('few', [2], [1, 2]),
      { name: 'yes', dims: [], dataType: 9, rawData: Uint8Array.of(1) },
    ],
    nodes: [
      node('MatMul', ['x', 'w'], ['a']),
      node('Constant', [], ['k'], { value: tensorAttribute(weights('')) }),
      node('MatMul', ['x', 'k'], ['b']),
      node('If', ['yes'], ['c'], {
        then_branch: graphAttribute(
          graphOf({ outputs: ['t'], nodes: [node('MatMul', ['x', 'own'], ['t'])], initializers: [weights('own')] }),
        ),
        else_branch: graphAttribute(graphOf({ outputs: ['x'], nodes: [] })),
      }),
    ],
  }),
);

/** A file on a disk, and the parts of it that were read. */
function onDisk(contents: Uint8Array<ArrayBuffer>) {
  const parts: number[] = [];
  const part = (from: number, to: number) => {
    parts.push(to - from);
    return contents.slice(from, to);
  };
  return { parts, file: { length: contents.length, part } };
}

test('what is left is small, and says where the tensors lie', () => {
  const rest = withoutData(onDisk(bytes).file);
  expect(bytes.length).toBeGreaterThan(3 * 24_000);
  expect(rest.length).toBeLessThan(2000);
  const { graph } = decode<ModelProto>('ModelProto', rest);
  const [w, few] = graph?.initializer ?? [];
  expect([w.rawData.length, w.dataLocation, w.externalData[0].key]).toEqual([0, 1, ownData]);
  expect([few.rawData.length, few.dataLocation]).toEqual([8, 0]);
});

test('every weight is found, and each large one is read on its own', () => {
  const { parts, file } = onDisk(bytes);
  const open = (path: string) => (path === 'net.onnx' ? file : undefined);
  const read = () => undefined;
  const graph = importModel('folder/net.onnx', { open, read, report: (d) => expect(d).toBeUndefined(), options: {} });
  const constants = graph?.nodes.filter((n) => n.kind === 'constant' && n.data.length === large.length) ?? [];
  const turned = Array.from(large, (_, i) => large[(i % 20) * 300 + Math.floor(i / 20)]);
  expect(constants).toHaveLength(3);
  for (const constant of constants) if (constant.kind === 'constant') expect(Array.from(constant.data)).toEqual(turned);
  expect(parts.filter((length) => length === 4 * large.length)).toHaveLength(3);
});

test('files that are cut off, go on or claim more than they are give a reason', () => {
  const reason = (contents: Uint8Array<ArrayBuffer>) => () => withoutData(onDisk(contents).file);
  expect(reason(bytes.slice(0, 50_000))).toThrow('beyond the end');
  expect(reason(Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2, 3))).toThrow(
    'a field of 2147483647 bytes goes beyond the end',
  );
  expect(reason(Uint8Array.of(0x0b))).toThrow('wire type 3');
});
