/** The formats that take any weights, and parameters that do not fit. */
import { expect, test } from 'vitest';
import { bitmask } from '../src/formats/bitmask.ts';
import { block } from '../src/formats/block.ts';
import { csr } from '../src/formats/csr.ts';
import { dense } from '../src/formats/dense.ts';
import { nm } from '../src/formats/nm.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { matrix } from '../src/tensor/matrix.ts';
import { drawn, sown } from './formats/drawn.ts';

const m = drawn(4, '1..2', '....', '3456');

test('dense, csr and bitmask take any weights', () => {
  expect(dense.detect(m)).toEqual({ fits: [{}], refused: [] });
  expect(csr.detect(m)).toEqual({ fits: [{ index: 16 }, { index: 8 }], refused: [] });
  expect(bitmask.detect(m)).toEqual({ fits: [{}], refused: [] });
});

test('16 bits tell 65536 columns apart', () => {
  const row = (columns: number): Matrix => matrix(1, columns, columns, new Float32Array(columns).fill(1, columns - 1));
  expect(csr.detect(row(65536)).fits).toEqual([{ index: 16 }, { index: 8 }]);
  expect(csr.detect(row(65537))).toEqual({
    fits: [{ index: 32 }, { index: 8 }],
    refused: [{ params: { index: 16 }, reason: 'has 65537 columns, and 16 bits tell 65536 apart' }],
  });
  expect(Array.from(csr.pack(row(65536), { index: 16 }).parts.idx)).toEqual([65535]);
  expect(Array.from(csr.pack(row(65537), { index: 32 }).parts.idx)).toEqual([65536]);
  expect(() => csr.pack(row(65537), { index: 16 })).toThrow('16 bits do not tell 65537 columns apart');
  expect(block.cost(row(65537), { r: 1, c: 1 }).bytes).toBe(4 * 2 + 4 + 4);
});

test('arrays are as drawn', () => {
  expect(csr.pack(m, { index: 16 }).parts).toEqual({
    pos: Int32Array.of(0, 2, 2, 6),
    idx: Uint16Array.of(0, 3, 0, 1, 2, 3),
    val: Float32Array.of(1, 2, 3, 4, 5, 6),
  });
  expect(csr.pack(m, { index: 8 }).parts.idx).toEqual(Uint8Array.of(0, 2, 0, 0, 0, 0));
  expect(bitmask.pack(m, {}).parts).toEqual({
    pos: Int32Array.of(0, 2, 2),
    bits: Uint8Array.of(0b0000_1001, 0b1111),
    val: Float32Array.of(1, 2, 3, 4, 5, 6),
  });
  expect(dense.cost(m, {})).toEqual({ bytes: 48, multiplies: 12, lookups: 0, tests: 0 });
  expect(csr.cost(m, { index: 16 })).toEqual({ bytes: 16 + 6 * 6, multiplies: 6, lookups: 6, tests: 0 });
  expect(csr.cost(m, { index: 8 })).toEqual({ bytes: 16 + 6 * 5, multiplies: 6, lookups: 6, tests: 0 });
  expect(bitmask.cost(m, {})).toEqual({ bytes: 12 + 2 + 24, multiplies: 6, lookups: 6, tests: 12 });
});

test('gaps beyond 8 bits are bridged', () => {
  const data = new Float32Array(1000);
  data[256] = 1;
  data[999] = 2;
  const wide = matrix(1, 1000, 1000, data);
  const { parts } = csr.pack(wide, { index: 8 });
  expect(parts).toEqual({
    pos: Int32Array.of(0, 5),
    idx: Uint8Array.of(255, 0, 255, 255, 230),
    val: Float32Array.of(0, 1, 0, 0, 2),
  });
  expect(csr.cost(wide, { index: 8 }).multiplies).toBe(5);
});

test('a gap of 255 needs no bridge', () => {
  const m = sown(1, 512, 512, (_, column) => column === 255 || column === 511);
  expect(csr.cost(m, { index: 8 }).multiplies).toBe(2);
  expect(csr.pack(m, { index: 8 }).parts.idx).toEqual(Uint8Array.of(255, 255));
});

test('weights that do not fit are a bug, not a loss', () => {
  expect(() => nm.pack(m, { n: 2, m: 4, rank: 0 })).toThrow(
    'a group of 4 has 4 live entries, and is to be stored as 2',
  );
});
