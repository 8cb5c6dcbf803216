/** Tensors as files hold them: every element type, in every place that its numbers may stand, and what is wrong with others. */
import { describe, expect, test } from 'vitest';
import { toF16 } from '../../src/tensor/f16.ts';
import { results } from './against.ts';
import type { Files, Message } from './kit.ts';
import { floats, importTest, int64s, node, port } from './kit.ts';

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const of = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer as ArrayBuffer);
const float32 = new DataView(new ArrayBuffer(4));
const bfloat16 = (value: number): number => {
  float32.setFloat32(0, value);
  return float32.getUint16(0);
};

interface Kind {
  readonly dataType: number;
  readonly values: readonly number[];
  readonly raw: Uint8Array;
  /** The fields where the standard puts numbers of the type. */
  readonly typed: Message;
}

const kinds: Readonly<Record<string, Kind>> = {
  float: {
    dataType: 1,
    values: [0.5, -2, Infinity],
    raw: of(Float32Array.of(0.5, -2, Infinity)),
    typed: { floatData: [0.5, -2, Infinity] },
  },
  uint8: { dataType: 2, values: [0, 255, 7], raw: bytes(0, 255, 7), typed: { int32Data: [0, 255, 7] } },
  int8: { dataType: 3, values: [-128, 127, -1], raw: bytes(128, 127, 255), typed: { int32Data: [-128, 127, -1] } },
  uint16: {
    dataType: 4,
    values: [0, 65535, 256],
    raw: of(Uint16Array.of(0, 65535, 256)),
    typed: { int32Data: [0, 65535, 256] },
  },
  int16: {
    dataType: 5,
    values: [-32768, 32767, -2],
    raw: of(Int16Array.of(-32768, 32767, -2)),
    typed: { int32Data: [-32768, 32767, -2] },
  },
  int32: {
    dataType: 6,
    values: [-(2 ** 31), 2 ** 31 - 1, 3],
    raw: of(Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 3)),
    typed: { int32Data: [-(2 ** 31), 2 ** 31 - 1, 3] },
  },
  int64: {
    dataType: 7,
    values: [-5, 2 ** 31 - 1, -(2 ** 31)],
    raw: of(BigInt64Array.of(-5n, 2n ** 31n - 1n, -(2n ** 31n))),
    typed: { int64Data: [-5, 2 ** 31 - 1, -(2 ** 31)] },
  },
  'int64, as far as it goes': {
    dataType: 7,
    values: [2 ** 31 - 1, -(2 ** 31), 0],
    raw: of(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 0n)),
    typed: { int64Data: ['9223372036854775807', '-9223372036854775808', 0] },
  },
  bool: { dataType: 9, values: [0, 1, 1], raw: bytes(0, 1, 2), typed: { int32Data: [0, 1, 2] } },
  float16: {
    dataType: 10,
    values: [0.5, -2, Infinity],
    raw: of(Uint16Array.from([0.5, -2, Infinity], toF16)),
    typed: { int32Data: [0.5, -2, Infinity].map(toF16) },
  },
  double: {
    dataType: 11,
    values: [Math.fround(0.1), -2, Infinity],
    raw: of(Float64Array.of(0.1, -2, 1e300)),
    typed: { doubleData: [0.1, -2, 1e300] },
  },
  uint32: {
    dataType: 12,
    values: [0, 2 ** 31 - 1, 9],
    raw: of(Uint32Array.of(0, 2 ** 31 - 1, 9)),
    typed: { uint64Data: [0, 2 ** 31 - 1, 9] },
  },
  uint64: {
    dataType: 13,
    values: [0, 2 ** 31 - 1, 2 ** 31 - 1],
    raw: of(BigUint64Array.of(0n, 2n ** 31n - 1n, 2n ** 64n - 1n)),
    typed: { uint64Data: [0, 2 ** 31 - 1, '18446744073709551615'] },
  },
  bfloat16: {
    dataType: 16,
    values: [0.5, -2, Infinity],
    raw: of(Uint16Array.from([0.5, -2, Infinity], bfloat16)),
    typed: { int32Data: [0.5, -2, Infinity].map(bfloat16) },
  },
  uint4: { dataType: 21, values: [1, 15, 8], raw: bytes(0xf1, 0x08), typed: { int32Data: [0xf1, 0x08] } },
  int4: { dataType: 22, values: [1, -1, -8], raw: bytes(0xf1, 0x08), typed: { int32Data: [0xf1, 0x08] } },
};

/** The numbers of an initializer, behind a node that leaves them alone. */
const read = (tensor: Message, beside: Files = {}) =>
  importTest(
    { outputs: ['y'], initializers: [{ name: 't', ...tensor }], nodes: [node('Identity', ['t'], ['y'])] },
    {},
    beside,
  );

function numbersOf(tensor: Message, beside: Files = {}): readonly number[] {
  const { graph, messages } = read(tensor, beside);
  expect(messages).toEqual([]);
  const [constant] = graph?.nodes ?? [];
  return constant?.kind === 'constant' ? [...constant.data] : [];
}

describe.each(Object.entries(kinds))('%s', (_name, { dataType, values, raw, typed }) => {
  test('as bytes', () => expect(numbersOf({ dims: [3], dataType, rawData: raw })).toEqual(values));
  test('in fields', () => expect(numbersOf({ dims: [3], dataType, ...typed })).toEqual(values));
  test('in another file', () => {
    const whole = new Uint8Array(raw.length + 7).fill(99);
    whole.set(raw, 5);
    const externalData = [
      { key: 'location', value: 'weights.bin' },
      { key: 'offset', value: '5' },
      { key: 'length', value: String(raw.length) },
      { key: 'checksum', value: 'unread' },
    ];
    expect(numbersOf({ dims: [3], dataType, dataLocation: 1, externalData }, { 'weights.bin': whole })).toEqual(values);
  });
});

test('weights of 16 bits run as what they are', () => {
  const { y } = results(
    {
      inputs: [port('x', [1, 2])],
      outputs: ['y'],
      initializers: [{ name: 'w', dims: [2, 1], dataType: 10, int32Data: [0.1, 3].map(toF16) }],
      nodes: [node('MatMul', ['x', 'w'], ['y'])],
    },
    { x: [1, 1] },
  );
  expect(y.data[0]).toBeCloseTo(3.0999756, 6);
});

test('no elements, and one without axes', () => {
  expect(numbersOf({ dims: [], dataType: 1, floatData: [4] })).toEqual([4]);
  const { messages } = read({ dims: [2, 0], dataType: 1 });
  expect(messages).toEqual(['import/output : the output "y" holds nothing: its shape is [2, 0]']);
});

const external = (...entries: readonly (readonly [string, string])[]): Message => ({
  dims: [2],
  dataType: 1,
  dataLocation: 1,
  externalData: entries.map(([key, value]) => ({ key, value })),
});

const refused: readonly (readonly [string, Message])[] = [
  ['has 7 bytes, and its shape [2] needs 8', { dims: [2], dataType: 1, rawData: new Uint8Array(7) }],
  ['has 9 bytes, and its shape [2] needs 8', { dims: [2], dataType: 1, rawData: new Uint8Array(9) }],
  ['has 3 bytes, and its shape [3] needs 2', { dims: [3], dataType: 22, rawData: new Uint8Array(3) }],
  ['has 0 numbers, and its shape [2] needs 2', { dims: [2], dataType: 1 }],
  ['has 3 numbers, and its shape [2] needs 2', { dims: [2], dataType: 1, floatData: [1, 2, 3] }],
  ['has 2 numbers, and its shape [0] needs 0', { dims: [0], dataType: 1, floatData: [1, 2] }],
  ['has 0 numbers, and its shape [2] needs 2', { dims: [2], dataType: 7, int32Data: [1, 2] }],
  ['has the shape [-1], where sizes are whole numbers from 0 to 2147483647', { dims: [-1], dataType: 1 }],
  [
    'has the shape [4294967296, 4294967296], where sizes are whole numbers from 0 to 2147483647',
    { dims: [2 ** 32, 2 ** 32], dataType: 1 },
  ],
  [
    'has the shape [65536, 65536], and no value may have over 2147483647 elements',
    { dims: [65536, 65536], dataType: 1 },
  ],
  [
    'has the shape [65536, 65536, 0], and no value may have over 2147483647 elements',
    { dims: [65536, 65536, 0], dataType: 1 },
  ],
  ['has 9 axes, and no value may have over 8', { dims: Array<number>(9).fill(1), dataType: 1, floatData: [1] }],
  ['is of type string; float, double, float16', { dims: [1], dataType: 8 }],
  ['is of type complex64; float, double, float16', { dims: [1], dataType: 14 }],
  ['is of type float8e4m3fn; float, double, float16', { dims: [1], dataType: 17 }],
  ['is of type number 0; float, double, float16', { dims: [1], dataType: 0 }],
  ['is of type number 99; float, double, float16', { dims: [1], dataType: 99 }],
  [
    'holds 2147483648, and whole numbers from -2147483648 to 2147483647 are read',
    { dims: [1], dataType: 7, int64Data: [2 ** 31] },
  ],
  [
    'holds 4294967295, and whole numbers from -2147483648 to 2147483647 are read',
    { dims: [1], dataType: 12, rawData: bytes(255, 255, 255, 255) },
  ],
  ['holds 300, and numbers of type uint8 are 0 to 255', { dims: [1], dataType: 2, int32Data: [300] }],
  ['holds -129, and numbers of type int8 are -128 to 127', { dims: [1], dataType: 3, int32Data: [-129] }],
  ['lies in "", a path that is empty; it must be beside the model', external()],
  [
    'lies in "../w.bin", a path that leaves the folder of the model; it must be beside the model',
    external(['location', '../w.bin']),
  ],
  [
    'lies in "a/../../w.bin", a path that leaves the folder of the model; it must be beside the model',
    external(['location', 'a/../../w.bin']),
  ],
  [
    'lies in "/etc/passwd", a path that is absolute; it must be beside the model',
    external(['location', '/etc/passwd']),
  ],
  [
    'lies in "file:///w.bin", a path that is a URL or has a drive letter; it must be beside the model',
    external(['location', 'file:///w.bin']),
  ],
  [
    'lies in "..\\w.bin", a path that holds a backslash; it must be beside the model',
    external(['location', '..\\w.bin']),
  ],
  ['lies in "none.bin", which is not beside the model or cannot be read', external(['location', 'none.bin'])],
  [
    'lies in "w.bin" at 4, 8 bytes of it, and the file has 10',
    external(['location', 'w.bin'], ['offset', '4'], ['length', '8']),
  ],
  ['lies in "w.bin" at 11, all bytes of it, and the file has 10', external(['location', 'w.bin'], ['offset', '11'])],
  ['lies in "w.bin" at -1, all bytes of it, and the file has 10', external(['location', 'w.bin'], ['offset', '-1'])],
  ['lies in "w.bin" at 0, 1e1 bytes of it, and the file has 10', external(['location', 'w.bin'], ['length', '1e1'])],
  ['has 10 bytes, and its shape [2] needs 8', external(['location', 'w.bin'])],
  ['has 6 bytes, and its shape [2] needs 8', external(['location', 'w.bin'], ['offset', '4'])],
];

describe('refused', () => {
  const beside = { 'w.bin': new Uint8Array(10) };
  test.each(refused)('%s', (message, tensor) => {
    const { messages } = read(tensor, beside);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(`import/tensor t: the initializer ${message}`);
  });

  test('in a node, by its name', () => {
    const value = { type: 4, t: { dims: [2], dataType: 1, floatData: [1] } };
    expect(importTest({ outputs: ['y'], nodes: [node('Constant', [], ['y'], { value })] }).messages).toEqual([
      'import/layer Constant_y: "Constant" has an attribute "value" that has 1 numbers, and its shape [2] needs 2',
    ]);
  });

  test('only where somebody wants it', () => {
    const { messages } = importTest({
      inputs: [port('x', [2])],
      outputs: ['y'],
      initializers: [{ name: 'unused', dims: [5], dataType: 8 }, floats('b', [2], [1, 2]), int64s('n', [1], [1])],
      nodes: [node('Add', ['x', 'b'], ['y'])],
    });
    expect(messages).toEqual([]);
  });
});
