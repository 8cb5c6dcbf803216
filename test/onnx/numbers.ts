/** Models of one node on numbers of any element type, stored or given, as tests list them by the dozen. */
import { expect, test } from 'vitest';
import { pipeline } from '../../passes/index.ts';
import type { Diagnostic } from '../../src/diagnostic.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { runPasses } from '../../src/pass.ts';
import { cpu } from '../../targets/cpu/target.ts';
import { expectSame } from './against.ts';
import type { Attribute, Message, TestModel } from './kit.ts';
import { importTest, node, port } from './kit.ts';
import { numbersFor } from './rows.ts';

type Type = 'float' | 'uint8' | 'int8' | 'uint16' | 'int16' | 'int32' | 'int64' | 'bool';

type TypedArray = Float32Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | BigInt64Array;

const kinds: Readonly<Record<Type, readonly [number, (data: readonly number[]) => TypedArray]>> = {
  float: [1, (data) => Float32Array.from(data)],
  uint8: [2, (data) => Uint8Array.from(data)],
  int8: [3, (data) => Int8Array.from(data)],
  uint16: [4, (data) => Uint16Array.from(data)],
  int16: [5, (data) => Int16Array.from(data)],
  int32: [6, (data) => Int32Array.from(data)],
  int64: [7, (data) => BigInt64Array.from(data, BigInt)],
  bool: [9, (data) => Uint8Array.from(data)],
};

export const elementNumber = (type: Type): number => kinds[type][0];

export interface Operand {
  readonly type: Type;
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** Whether the model holds it. */
  readonly stored?: true;
}

export const list = (type: Type, ...data: readonly number[]): Operand => ({ type, shape: [data.length], data });
export const floats = (...data: readonly number[]): Operand => list('float', ...data);
export const one = (value: number, type: Type = 'float'): Operand => ({ type, shape: [], data: [value] });
export const stored = (operand: Operand): Operand => ({ ...operand, stored: true });
export const shaped = (shape: readonly number[], operand: Operand): Operand => ({ ...operand, shape });

/** Real numbers of both signs, up to about 3. */
export const drawn = (shape: readonly number[], seed = 1): Operand => ({
  type: 'float',
  shape,
  data: numbersFor(shape, seed).map((v) => Math.fround(v * 3)),
});

/** Real numbers above 0. */
export const positive = (shape: readonly number[], seed = 1, scale = 1): Operand => {
  const { data, ...rest } = drawn(shape, seed);
  return { ...rest, data: data.map((v) => Math.fround((Math.abs(v) + 0.1) * scale)) };
};

/** All the numbers that a type of 8 bits has, in some order. */
export const bytes = (type: 'uint8' | 'int8', shape: readonly number[], seed = 1): Operand => ({
  type,
  shape,
  data: Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => {
    const byte = (i * 167 + seed * 59 + (i >> 3) * 31) & 255;
    return type === 'uint8' ? byte : byte - 128;
  }),
});

export interface Case {
  readonly op: string;
  readonly operands: readonly (Operand | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly opset?: number;
  readonly domain?: string;
  /** An empty name is an output that nobody asks for. */
  readonly outputs?: readonly string[];
  /** How far the numbers may be from those of onnxruntime. */
  readonly error?: number;
}

export function modelOf({ op, operands, attributes, opset = 18, domain, outputs = ['y'] }: Case): TestModel {
  const present = operands.flatMap((operand, i) => (operand ? [{ ...operand, name: `i${i}` }] : []));
  return {
    opset,
    opsets: domain === undefined ? {} : { [domain]: 1 },
    inputs: present.filter((o) => !o.stored).map(({ name, shape, type }) => port(name, shape, kinds[type][0])),
    outputs: outputs.filter((name) => name !== '').map((name): Message => ({ name })),
    initializers: present.filter((o) => o.stored).map(tensorOf),
    nodes: [
      node(
        op,
        operands.map((o, i) => (o ? `i${i}` : '')),
        outputs,
        attributes,
        domain,
      ),
    ],
  };
}

export function tensorOf({ name, shape, type, data }: Operand & { readonly name: string }): Message {
  const [dataType, make] = kinds[type];
  const { buffer, byteLength } = make(data);
  return { name, dims: shape, dataType, rawData: new Uint8Array(buffer as ArrayBuffer, 0, byteLength) };
}

export const given = ({ operands }: Case) =>
  Object.fromEntries(operands.flatMap((operand, i) => (operand ? [[`i${i}`, operand.data] as const] : [])));

const written = ({ op, domain, opset = 18, operands, attributes = {} }: Case): string => {
  const sizes = operands.map((o) => (o ? `${o.stored ? 'stored ' : ''}${o.type}[${o.shape.join(', ')}]` : 'nothing'));
  const details = Object.entries(attributes).map(
    ([name, v]) => `${name}=${typeof v === 'object' ? JSON.stringify(v) : v}`,
  );
  return [
    `${domain === undefined ? '' : `${domain}.`}${op} of set ${opset} on ${sizes.join(' and ')}`,
    ...details,
  ].join(', ');
};

/** A test for each: shapes and numbers are those of onnxruntime, and all passes keep them. */
export function testAgainstRuntime(cases: readonly Case[]): void {
  for (const [i, c] of cases.entries())
    test(`${i + 1}: ${written(c)}`, async () => {
      await expectSame(modelOf(c), given(c), c.error ?? 2e-5);
      expectKept(c);
    });
}

const passes = pipeline(cpu.target({}));

function expectKept(c: Case): void {
  const { graph } = importTest(modelOf(c));
  if (!graph) return;
  const numbers = given(c);
  const inputs = Object.fromEntries(
    graph.nodes.flatMap((n) => {
      if (n.kind !== 'input') return [];
      return [[n.name, n.type.dtype === 'i32' ? Int32Array.from(numbers[n.name]) : Float32Array.from(numbers[n.name])]];
    }),
  );
  const problems: Diagnostic[] = [];
  const after = evaluate(
    runPasses(graph, passes, (d) => void problems.push(d)),
    inputs,
  );
  expect(problems).toEqual([]);
  for (const [name, want] of Object.entries(evaluate(graph, inputs)))
    for (let i = 0; i < want.length; i++)
      if (
        !Object.is(after[name][i], want[i]) &&
        !(Math.abs(after[name][i] - want[i]) <= 1e-5 * (1 + Math.abs(want[i])))
      )
        expect.fail(`after all passes "${name}" has ${after[name][i]} at ${i}, and before ${want[i]}`);
}
