/** Graph text: print and parse are exact inverses, and what cannot be read is refused with what it was. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Constant, Graph, Node } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { inlineLimit, print } from '../src/graph/print.ts';
import type { Kind, Op } from '../src/ops/index.ts';
import { rules } from '../src/ops/index.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { bytesOf, sameBits, zeros } from '../src/tensor/numbers.ts';
import type { DType, Encoding, Layout, TensorType } from '../src/tensor/type.ts';
import { dense, elements, panel, plain, tensor } from '../src/tensor/type.ts';
import { arbitraries } from './ops/arbitrary.ts';

const seed = 41;

const hostileNames = [
  '',
  '"',
  '\\',
  'a"b',
  'two\nlines',
  '\r\n',
  '*/ int main() {} /*',
  '// comment',
  '</script>',
  '??/',
  '%x = input "y" : f32[1]',
  ' : f32[1]',
  'a : f32[1] from ',
  'a : f32[1] from "b"',
  ' from ',
  '"=%a, "b"=%b',
  'return',
  'int',
  'ünïcödé 模型 🙂',
  '\u2028\u2029\u0000\u200b\ufeff',
  '\ud800',
  '__proto__',
];
/** Records as programs make them, with a prototype. */
const record = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(fields, { noNullPrototype: true }) as fc.Arbitrary<T>;

const name = fc.oneof(fc.constantFrom(...hostileNames), fc.string({ unit: 'binary' }), fc.string());
const id = fc.stringMatching(/^\w{1,8}$/);

const oddFloats = [-0, 0, Number.NaN, Infinity, -Infinity, 1e-45, 3.4028234663852886e38, 0.1, 16777217, 1 / 3];
const double = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(...oddFloats));
const dtypes: readonly DType[] = ['f32', 'f16', 'i32', 'u32', 'i16', 'u16', 'i8', 'u8'];

const layout: fc.Arbitrary<Layout> = fc.oneof(fc.constant(plain), fc.integer({ min: 1, max: 99 }).map(panel));
const encoding: fc.Arbitrary<Encoding> = fc.oneof(
  fc.constant(dense),
  record({
    format: fc.constantFrom('csr', 'block', 'two-of-four'),
    params: fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,5}$/), double, { maxKeys: 3, noNullPrototype: true }),
  }),
);
const quantity = record({
  scale: fc.array(double, { maxLength: 4 }),
  zero: fc.array(double, { maxLength: 4 }),
  axis: fc.integer({ min: -1, max: 3 }),
});
const type: fc.Arbitrary<TensorType> = record({
  dtype: fc.constantFrom(...dtypes),
  shape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 5 }),
  layout,
  encoding,
  quantity: fc.option(quantity, { nil: undefined }),
}).map(({ quantity: q, ...rest }) => (q ? { ...rest, quantity: q } : rest));

/** Any bits at all, among them NaNs that text has no word for. */
function data(dtype: DType, length: number): fc.Arbitrary<Numbers> {
  const given = zeros(dtype, length);
  const bits = fc.uint8Array({ minLength: given.byteLength, maxLength: given.byteLength }).map((bytes): Numbers => {
    const out = zeros(dtype, length);
    bytesOf(out).set(bytes);
    return out;
  });
  const numbers = fc.array(double, { minLength: length, maxLength: length }).map((values): Numbers => {
    const out = zeros(dtype, length);
    out.set(values);
    return out;
  });
  return fc.oneof(bits, numbers);
}

const common = record({ id, type, origin: fc.option(name, { nil: undefined }) }).map(({ origin, ...rest }) => ({
  ...rest,
  ...(origin === undefined ? {} : { origin }),
}));

const input = fc.tuple(common, name).map(([c, n]): Node => ({ ...c, kind: 'input', name: n }));
const constant = common.chain((c) => {
  const length = elements(c.type.shape);
  const mask = fc.option(fc.uint8Array({ min: 0, max: 1, minLength: length, maxLength: length }), { nil: undefined });
  return fc
    .tuple(data(c.type.dtype, length), mask)
    .map(([held, m]): Node => ({ ...c, kind: 'constant', data: held, ...(m && { mask: Uint8Array.from(m) }) }));
});
const op = fc
  .constantFrom(...(Object.keys(rules) as Kind[]))
  .chain((kind) => arbitraries[kind] as fc.Arbitrary<{ readonly op: Op }>)
  .map((sample) => sample.op);
const oddOp = fc
  .tuple(double, double, double)
  .map(
    ([before, after, value]): Op => ({ kind: 'pad', before: [before], after: [after, before], mode: 'edge', value }),
  );
const call = fc
  .tuple(common, fc.oneof(op, oddOp), fc.array(id, { maxLength: 4 }))
  .map(([c, o, inputs]): Node => ({ ...c, kind: 'call', op: o, inputs }));

const graph: fc.Arbitrary<Graph> = record({
  name: id,
  file: name,
  nodes: fc.array(fc.oneof(input, constant, call), { maxLength: 6 }),
  outputs: fc.array(record({ name, id }), { maxLength: 4 }),
});

/** Equal in everything, constants bit for bit. */
function expectSame(got: Graph, want: Graph): void {
  expect(got).toStrictEqual(want);
  const constants = (g: Graph): readonly Constant[] => g.nodes.filter((n) => n.kind === 'constant');
  const others = constants(got);
  for (const [i, c] of constants(want).entries()) expect(sameBits(c.data, others[i].data), c.id).toBe(true);
}

describe('print and parse', () => {
  test('are exact inverses', () => {
    fc.assert(
      fc.property(graph, (g) => {
        const { text, sidecar } = print(g);
        const back = parse(text, sidecar);
        expectSame(back, g);
        expect(print(back)).toEqual({ text, sidecar });
      }),
      { seed, numRuns: 600 },
    );
  });

  test.each(hostileNames.map((n) => [JSON.stringify(n), n]))(
    'are exact inverses for the name %s everywhere',
    (_, n) => {
      const g: Graph = {
        name: 'g',
        file: n,
        nodes: [
          { kind: 'input', id: 'a', type: tensor('f32', [1]), name: n, origin: n },
          {
            kind: 'call',
            id: 'b',
            type: tensor('f32', [1]),
            op: { kind: 'unary', fn: 'relu' },
            inputs: ['a'],
            origin: n,
          },
        ],
        outputs: [{ name: n, id: 'b' }],
      };
      expectSame(parse(print(g).text), g);
    },
  );

  test('no name adds a line, leaves ASCII, or ends a comment', () => {
    fc.assert(
      fc.property(graph, (g) => {
        const { text } = print(g);
        expect(text.split(/\r\n|[\n\r\u2028\u2029]/).length).toBe(g.nodes.length + 3);
        expect(text).toMatch(/^[\x20-\x7e\n]*$/);
        expect(text).not.toMatch(/\*\/|\/\*|<|\?\?/);
      }),
      { seed, numRuns: 300 },
    );
  });

  test('long constants go to the sidecar, by a digest of their bytes', () => {
    const held = Float32Array.from({ length: inlineLimit + 1 }, (_, i) => i);
    const node = (id: string, from: Float32Array<ArrayBuffer>): Node => ({
      kind: 'constant',
      id,
      type: tensor('f32', [from.length]),
      data: from,
    });
    const g: Graph = {
      name: 'g',
      file: 'f',
      nodes: [node('a', held), node('b', held.slice(1)), node('c', held)],
      outputs: [],
    };
    const { text, sidecar } = print(g);
    expect([...sidecar.keys()]).toEqual(['487ad2f2c1aa0da6b8cc905873e23b55']);
    expect(text).toContain('%b = constant [1 2 3 ');
    expectSame(parse(text, sidecar), g);
  });
});

describe('is refused', () => {
  const read = (line: string) => () => parse(`graph g of "f"\n${line}\nreturn "y"=%y\n`);

  test.each([
    ['nonsense', 'cannot read "nonsense"'],
    ['%y = relu(%x) : f32[1]', 'no operator is called "relu"'],
    ['%y = constructor(%x) : f32[1]', 'no operator is called "constructor"'],
    ['%y = unary(x) fn=exp : f32[1]', 'cannot read "unary(x) fn=exp"'],
    ['%y = unary(%x) fn : f32[1]', 'cannot read the attributes " fn"'],
    ['%y = softmax(%x) axis=[1 b] : f32[1]', 'cannot read the number "b"'],
    ['%y = constant [1 x] : f32[2]', 'cannot read the number "x"'],
    ['%y = constant [256] : u8[1]', '256 is no u8'],
    ['%y = constant [0.5] : i32[1]', '0.5 is no i32'],
    ['%y = constant #12 : f32[1]', 'the constant "#12" is not in the sidecar'],
    ['%y = constant [1] : f64[1]', 'cannot read the type "f64[1]"'],
    ['%y = input "x" : f32[1, panel four]', 'cannot read the number "four"'],
    ['%y = input "x" : f32[1, csr index=wide]', 'cannot read "csr index=wide"'],
    ['%y = input "x" : f32[1, quantity scale=1]', 'cannot read "quantity scale=1"'],
    ['%y = input "\\x" : f32[1]', 'cannot read the text'],
    ['%y = input "x : f32[1]', 'cannot read the text'],
  ])('%s', (line, message) => {
    expect(read(line)).toThrow(SyntaxError);
    expect(read(line)).toThrow(message);
  });

  test.each([
    '',
    'graph g of f\nreturn',
    'graph g of "f"',
    'graph g of "f"\nreturn y',
    'graph g of "f"\nreturn "y"=%y x',
  ])('the text %j', (text) => expect(() => parse(text)).toThrow(/^cannot read "/));

  test('a sidecar of another length, before anything as large as the type is made', () => {
    const sidecar = new Map([['ab', new Uint8Array(3)]]);
    const text = (shape: string): string => `graph g of "f"\n%y = constant #ab : f32[${shape}]\nreturn\n`;
    expect(() => parse(text('1'), sidecar)).toThrow('the constant "#ab" has 3 bytes, and its type needs 4');
    expect(() => parse(text('99999x99999'), sidecar)).toThrow(
      'the constant "#ab" has 3 bytes, and its type needs 39999200004',
    );
  });

  test('an attribute cannot pass for the operator', () => {
    const [node] = parse('graph g of "f"\n%y = reshape(%x) kind=evil shape=[1] : f32[1]\nreturn\n').nodes;
    expect(node).toMatchObject({ kind: 'call', op: { kind: 'reshape', shape: [1] } });
  });
});

test('comments, blank lines and indentation are passed over', () => {
  const text = '// why\n\n  graph g of "f"  \r\n\n\t%x = input "x" : f32[]\n  // %y = nothing\nreturn "x"=%x\n\n';
  expect(print(parse(text)).text).toBe('graph g of "f"\n  %x = input "x" : f32[]\nreturn "x"=%x\n');
});
