/** The functions that WebAssembly has no instruction for, over a dense sweep of all f32. */
import { describe, expect, test } from 'vitest';
import type { Named } from '../wasm-math.ts';
import { functions, worstError } from '../wasm-math.ts';

const names = Object.keys(functions) as readonly Named[];

describe('error in ulp over every 97th f32', () => {
  test.each(names)('%s', async (name) => {
    expect(await worstError(name, 'scalar', 97)).toBeLessThan(functions[name].scalar);
  });
  test.each(names.filter((n) => functions[n].vector))('%s, four at a time', async (name) => {
    expect(await worstError(name, 'vector', 97)).toBeLessThan(functions[name].vector ?? 0);
  });
});
