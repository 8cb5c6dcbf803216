/** The functions that WebAssembly has no instruction for: their error over a sweep of all f32, and special cases. */
import { describe, expect, test } from 'vitest';
import { tensor } from '../src/tensor/type.ts';
import { kernels } from '../targets/wasm/kernels/index.ts';
import { meaning } from './ops/law.ts';
import { wholeFunctions } from './ops/whole.ts';
import { layered } from './wasm-graphs.ts';
import type { Named } from './wasm-math.ts';
import { functions, ulps, worstError } from './wasm-math.ts';
import { buildModule } from './wasm-module.ts';

const names = Object.keys(functions) as readonly Named[];

describe('error in ulp over every 20011th f32', () => {
  test.each(names)('%s', async (name) => {
    expect(await worstError(name, 'scalar', 20011)).toBeLessThan(functions[name].scalar);
  });
  test.each(names.filter((n) => functions[n].vector))('%s, four at a time', async (name) => {
    expect(await worstError(name, 'vector', 20011)).toBeLessThan(functions[name].vector ?? 0);
  });
});

test('pow, as ECMAScript has it', async () => {
  const special = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 2.5, -2.5, 1e-45, 3e38, -3e38, Infinity, -Infinity, NaN];
  const random = Array.from({ length: 4000 }, (_, i) => Math.fround(Math.exp(Math.sin(i * 1.7) * 8)));
  const a = [...special.flatMap((x) => special.map(() => x)), ...random];
  const b = [...special.flatMap(() => special), ...random.map((_, i) => Math.fround(Math.sin(i * 0.37) * 12))];
  const graph = layered({ kind: 'binary', fn: 'pow' }, { a: tensor('f32', [a.length]), b: tensor('f32', [b.length]) });
  const { out } = (await buildModule(graph, [])).run({ a: Float32Array.from(a), b: Float32Array.from(b) });
  const wrong = a.flatMap((x, i) => {
    const [base, exponent] = [Math.fround(x), Math.fround(b[i])];
    return ulps(out[i], base ** exponent) < 0.51 ? [] : [`${base} ** ${exponent} = ${out[i]}`];
  });
  expect(wrong).toEqual([]);
});

test('the remainder of f32 takes the sign of the divisor', async () => {
  const a = [5.5, -5.5, 5.5, -5.5, 1e-3, 7, 0];
  const b = [2, 2, -2, -2, 3, 7, 4];
  const graph = layered(
    { kind: 'binary', fn: 'floor-mod' },
    { a: tensor('f32', [a.length]), b: tensor('f32', [b.length]) },
  );
  const { out } = (await buildModule(graph, [])).run({ a: Float32Array.from(a), b: Float32Array.from(b) });
  expect(Array.from(out)).toEqual([1.5, 0.5, -0.5, -1.5, Math.fround(1e-3), 0, 0]);
});

test('whole numbers wrap around, and trap nowhere', async () => {
  for (const sample of wholeFunctions) {
    const names = ['a', 'b'].slice(0, sample.values.length);
    const operands = sample.op.kind === 'unary' ? ['x'] : names;
    const types = Object.fromEntries(operands.map((name, i) => [name, sample.values[i].type]));
    const inputs = Object.fromEntries(operands.map((name, i) => [name, sample.values[i].data]));
    const { out } = (await buildModule(layered(sample.op, types), kernels)).run(inputs);
    expect(Array.from(out), JSON.stringify(sample.op)).toEqual(Array.from(meaning(sample)));
  }
});

test('fmod of f32 is exact, and of what has none it is NaN', async () => {
  const a = [1e30, -1e30, 3e38, 1, 5.5, -5.5, 1e-45, Infinity, 2, NaN, 3, -0, 3].map(Math.fround);
  const b = [3, 7, 1e-40, 1e30, 2, -2, 3, 2, 0, 1, NaN, 5, Infinity].map(Math.fround);
  const graph = layered({ kind: 'binary', fn: 'fmod' }, { a: tensor('f32', [a.length]), b: tensor('f32', [b.length]) });
  const { out } = (await buildModule(graph, [])).run({ a: Float32Array.from(a), b: Float32Array.from(b) });
  expect(Array.from(out)).toEqual(a.map((x, i) => x % b[i]));
});
