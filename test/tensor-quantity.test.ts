/** What quantised numbers stand for: which quantities fit, how they move with axes, and the law of real constants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateCall } from '../src/graph/evaluate.ts';
import { parse } from '../src/graph/parse.ts';
import { quantified } from '../src/graph/quantities.ts';
import { verify } from '../src/graph/verify.ts';
import type { Value } from '../src/import/builder.ts';
import { graphBuilder } from '../src/import/builder.ts';
import type { Op } from '../src/ops/index.ts';
import { rules } from '../src/ops/index.ts';
import type { Quantity } from '../src/tensor/quantity.ts';
import {
  farthest,
  keptQuantity,
  quantityFault,
  rescaled,
  reshapedQuantity,
  runsAlong,
  transposedQuantity,
  wholesOf,
} from '../src/tensor/quantity.ts';
import { tensor } from '../src/tensor/type.ts';

const perRow: Quantity = { scale: [0.5, 0.25, 2], zero: [0, -3, 7], axis: 0 };

describe('a quantity fits a shape, or there is a reason', () => {
  test.each<[Quantity, readonly number[], string | undefined]>([
    [perRow, [3, 2], undefined],
    [{ scale: [0.5], zero: [128], axis: -1 }, [], undefined],
    [perRow, [2, 3], 'has a quantity of 3 scales and 3 zeros, where 2 belong'],
    [{ ...perRow, zero: [0] }, [3], 'has a quantity of 3 scales and 1 zeros, where 3 belong'],
    [{ ...perRow, axis: -1 }, [3], 'has a quantity of 3 scales and 3 zeros, where 1 belong'],
    [{ ...perRow, axis: 1 }, [3], 'has a quantity along axis 1 of 1'],
    [{ ...perRow, axis: 0.5 }, [3], 'has a quantity along axis 0.5 of 1'],
    [{ scale: [0], zero: [0], axis: -1 }, [3], 'has a quantity with the scale 0'],
    [{ scale: [Number.NaN], zero: [0], axis: -1 }, [3], 'has a quantity with the scale NaN'],
    [{ scale: [Infinity], zero: [0], axis: -1 }, [3], 'has a quantity with the scale Infinity'],
    [{ scale: [0.1], zero: [0], axis: -1 }, [3], 'has a quantity with the scale 0.1'],
    [{ scale: [1], zero: [0.5], axis: -1 }, [3], 'has a quantity with the zero 0.5'],
    [{ scale: [1], zero: [2 ** 31], axis: -1 }, [3], 'has a quantity with the zero 2147483648'],
  ])('%j on %j', (quantity, shape, fault) => expect(quantityFault(quantity, shape)).toBe(fault));

  const graphWith = (line: string): readonly string[] => {
    const faults: string[] = [];
    const text = `graph g of "m"\n%x = input "x" : f32[3]\n${line}\nreturn "y"=%y`;
    verify(parse(text), ({ message }) => faults.push(message));
    return faults;
  };

  test('and the verifier says so', () => {
    const q = 'quantity scale=[0.5] zero=[3] axis=-1';
    expect(graphWith(`%y = constant [1 2] : f32[2, ${q}]`)).toEqual([]);
    expect(graphWith(`%y = cast(%x) to=i32 : i32[3, ${q}]`)).toEqual([]);
    expect(graphWith(`%y = unary(%x) fn=relu : f32[3, ${q}]`)).toEqual([
      '%y has a quantity and is neither whole nor a constant',
    ]);
    expect(graphWith('%y = constant [1 2] : f32[2, quantity scale=[0.5] zero=[3] axis=0]')).toEqual([
      '%y has a quantity of 1 scales and 1 zeros, where 2 belong',
    ]);
  });
});

test('elements come in runs that share a pair', () => {
  expect([...runsAlong(-1, [2, 3])]).toEqual([{ pair: 0, from: 0, to: 6 }]);
  expect([...runsAlong(1, [2, 2, 3])]).toEqual([
    { pair: 0, from: 0, to: 3 },
    { pair: 1, from: 3, to: 6 },
    { pair: 0, from: 6, to: 9 },
    { pair: 1, from: 9, to: 12 },
  ]);
  expect([...runsAlong(0, [2])]).toHaveLength(2);
  expect([...runsAlong(-1, [])]).toEqual([{ pair: 0, from: 0, to: 1 }]);
});

test('moves with its axis, or goes', () => {
  expect(transposedQuantity(perRow, [1, 2, 0]).axis).toBe(2);
  expect(transposedQuantity({ ...perRow, axis: -1 }, [1, 0]).axis).toBe(-1);
  expect(reshapedQuantity(perRow, [3, 4], [3, 2, 2])?.axis).toBe(0);
  expect(reshapedQuantity({ ...perRow, axis: 1 }, [4, 3], [2, 2, 3, 1])?.axis).toBe(2);
  expect(reshapedQuantity(perRow, [3, 4], [4, 3])).toBeUndefined();
  expect(reshapedQuantity(perRow, [3, 4], [12])).toBeUndefined();
  expect(keptQuantity(perRow, 0, [0, 2])).toEqual({ scale: [0.5, 2], zero: [0, 7], axis: 0 });
  expect(keptQuantity(perRow, 1, [0])).toBe(perRow);
});

/** Whole numbers of a shape with a quantity, as a model has them. */
const stored = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), fc.nat(3), fc.nat(1000))
  .map(([shape, at, seed]) => {
    const axis = (at % (shape.length + 1)) - 1;
    const count = axis < 0 ? 1 : shape[axis];
    const scale = Array.from({ length: count }, (_, i) => Math.fround(Math.exp(((seed * 7 + i * 13) % 60) / 3 - 10)));
    const zero = scale.map((_, i) => ((seed + i * 31) % 256) - 128);
    const size = shape.reduce((n, d) => n * d, 1);
    const wholes = Int32Array.from({ length: size }, (_, i) => (Math.imul(seed + 1, i * 97 + 13) % 256) - 128);
    return { shape, quantity: { scale, zero, axis }, wholes };
  });

describe('real numbers that stand for whole ones', () => {
  test('give them back, however they were moved', () => {
    fc.assert(
      fc.property(stored, fc.nat(100), ({ shape, quantity, wholes }, turn) => {
        const { make, dequantised } = building(shape, quantity, wholes);
        expect(dequantised.type.quantity).toEqual(quantity);
        const perm = shape.map((_, i) => (i + turn) % shape.length);
        const ops: readonly Op[] = [
          { kind: 'transpose', perm },
          { kind: 'reshape', shape: [1, ...perm.map((axis) => shape[axis])] },
        ];
        const moved = ops.reduce((value, op) => make(op, value), dequantised);
        const same = ops.reduce((value, op) => make(op, value), make.known(shape, wholes));
        const { type, data } = moved;
        if (!type.quantity || !data) throw new Error('no quantity');
        expect(wholesOf(type.quantity, type.shape, data)).toEqual(same.data);
      }),
    );
  });

  test('are told from those that do not', () => {
    const quantity = { scale: [0.5], zero: [3], axis: -1 };
    expect(wholesOf(quantity, [3], Float32Array.of(0, -1.5, 4))).toEqual(Int32Array.of(3, 0, 11));
    expect(wholesOf(quantity, [1], Float32Array.of(0.25))).toBeUndefined();
    expect(wholesOf(quantity, [1], Float32Array.of(Number.NaN))).toBeUndefined();
    expect(wholesOf(quantity, [1], Float32Array.of(farthest))).toBeUndefined();
  });

  test('have no quantity where f32 no longer tells them apart', () => {
    const { dequantised } = building([2], { scale: [0.5], zero: [0], axis: -1 }, Int32Array.of(1, 2 ** 22 + 1));
    expect(dequantised.type.quantity).toBeUndefined();
    // Nor where products lose digits, or are infinite.
    const coarse = building([1], { scale: [2 ** -148], zero: [0], axis: -1 }, Int32Array.of(3));
    expect(coarse.dequantised.type.quantity).toBeUndefined();
    const huge = building([1], { scale: [2 ** 127], zero: [0], axis: -1 }, Int32Array.of(3));
    expect(huge.dequantised.type.quantity).toBeUndefined();
  });

  test('that are computed at run time have none, and whole ones have', () => {
    const builder = graphBuilder();
    const x = builder.input('x', tensor('f32', [4]));
    const scale = builder.known(tensor('f32', [1]), Float32Array.of(0.5));
    const zero = builder.known(tensor('i32', [1]), Int32Array.of(3));
    const whole = builder.call({ kind: 'quantize', axis: -1, low: 0, high: 255 }, [x, scale, zero], 'q') as Value;
    expect(whole.type.quantity).toEqual({ scale: [0.5], zero: [3], axis: -1 });
    const real = builder.call({ kind: 'dequantize', axis: -1 }, [whole, scale, zero], 'd') as Value;
    expect(real.type.quantity).toBeUndefined();
    const faults: string[] = [];
    verify(builder.finish('g', 'm', [{ name: 'y', value: real }]), ({ message }) => faults.push(message));
    expect(faults).toEqual([]);
    const unknown = quantified(tensor('i32', [4]), { kind: 'quantize', axis: -1, low: 0, high: 255 }, [x, x, x]);
    expect(unknown.quantity).toBeUndefined();
  });

  test('come back from their whole ones, rounded as quantize rounds', () => {
    fc.assert(
      fc.property(stored, ({ shape, quantity, wholes }) => {
        const { dequantised, scale, zero } = building(shape, quantity, wholes);
        const op = { kind: 'quantize', axis: quantity.axis, low: -1000, high: 1000 } as const;
        const values = [dequantised, scale, zero].map(({ type, data }) => ({
          type,
          data: data ?? new Float32Array(0),
        }));
        const type = rules.quantize.infer(op, { x: values[0].type, scale: values[1].type, zero: values[2].type });
        if (typeof type === 'string') throw new Error(type);
        expect(evaluateCall({ op, type }, values)).toEqual(wholes);
      }),
    );
  });
});

describe('numbers times a factor for each row', () => {
  test('still stand for whole ones, and are as near as rounded products', () => {
    const shape = [3, 50];
    const scale = [0.013, 0.7, 3].map(Math.fround);
    const quantity: Quantity = { scale, zero: [3, 0, -9], axis: 0 };
    const data = Float32Array.from({ length: 150 }, (_, i) => ((i * 37) % 255) * scale[Math.floor(i / 50)]);
    const factors = [0.1, -1.7, 1e-3];
    const made = rescaled(quantity, shape, data, factors);
    if (!made) throw new Error('there is no law any longer');
    expect(made.quantity.zero).toEqual([3, 0, -9]);
    expect(made.quantity.scale).toEqual([0, 1, 2].map((r) => Math.fround(scale[r] * Math.abs(factors[r]))));
    expect(wholesOf(made.quantity, shape, made.data)).toBeDefined();
    made.data.forEach((v, i) => {
      const exact = data[i] * factors[Math.floor(i / 50)];
      expect(Math.abs(v - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -22);
    });
  });

  test('one for all becomes one a row; rows turn around, and those times 0 are 0', () => {
    const made = rescaled(
      { scale: [0.5], zero: [4], axis: -1 },
      [3, 2],
      Float32Array.of(1, -2, 3, 0, 5, 6),
      [2, -1, 0],
    );
    expect(made).toEqual({
      quantity: { scale: [1, 0.5, 0.5], zero: [4, -4, 4], axis: 0 },
      data: Float32Array.of(2, -4, -3, 0, 0, 0),
    });
  });

  test('stand for none where scales would be none, or go along another axis', () => {
    const data = Float32Array.of(1, 2);
    expect(rescaled({ scale: [1], zero: [0], axis: -1 }, [1, 2], data, [1e-40])).toBeUndefined();
    expect(rescaled({ scale: [1], zero: [0], axis: -1 }, [1, 2], data, [Number.POSITIVE_INFINITY])).toBeUndefined();
    expect(rescaled({ scale: [1, 1], zero: [0, 0], axis: 1 }, [1, 2], data, [2])).toBeUndefined();
    expect(rescaled({ scale: [1], zero: [0], axis: -1 }, [1, 2], Float32Array.of(0.5, 1), [2])).toBeUndefined();
  });
});

/** The whole numbers dequantised by a builder, and what makes calls of it. */
function building(shape: readonly number[], quantity: Quantity, wholes: Int32Array<ArrayBuffer>) {
  const builder = graphBuilder();
  const called = (op: Op, ...inputs: readonly Value[]): Value => {
    const made = builder.call(op, inputs, 'w');
    if (typeof made === 'string') throw new Error(made);
    return made;
  };
  const count = quantity.scale.length;
  const scale = builder.known(tensor('f32', [count]), Float32Array.from(quantity.scale));
  const zero = builder.known(tensor('i32', [count]), Int32Array.from(quantity.zero));
  const known = (of: readonly number[], data: Int32Array<ArrayBuffer>): Value => builder.known(tensor('i32', of), data);
  const dequantised = called({ kind: 'dequantize', axis: quantity.axis }, known(shape, wholes), scale, zero);
  return { make: Object.assign(called, { known }), dequantised, scale, zero };
}
