/** The shim that runs CUDA on this machine: what blocks and warps do together, and what it finds wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toBfloat16 } from '../src/tensor/bfloat16.ts';
import { fromF16, toF16 } from '../src/tensor/f16.ts';
import { bytesOf } from '../src/tensor/numbers.ts';
import { installed } from './cpu-build.ts';
import type { Program } from './cuda-shim.ts';
import { addresses, shimFolder, shimProgram } from './cuda-shim.ts';

describe.skipIf(!installed('g++'))('the shim for CUDA', () => {
  let program: Program;
  const removals: (() => void)[] = [];
  beforeAll(() => {
    program = shimProgram(`${shimFolder}program.cu`, ['-O0', ...addresses], (remove) => removals.push(remove));
  });
  afterAll(() => {
    for (const remove of removals) remove();
  });

  const said = (part: string, environment = {}): string => {
    const { code, out, said: wrong } = program([part], { environment });
    expect([code, wrong]).toEqual([0, '']);
    return out.toString();
  };
  const fault = (part: string): string => {
    const { code, said: wrong } = program([part]);
    expect(code).not.toBe(0);
    return wrong;
  };

  test.each(['forward', 'backward', 'random'])('blocks and warps add up what their threads have, %s', (order) => {
    const sums = Array.from({ length: 5 }, (_, line) =>
      Array.from({ length: 100 }, (_, i) => (line * 100 + i) % 7).reduce((a, b) => a + b),
    );
    expect(said('sums', { CUDA_SHIM_ORDER: order })).toBe(`${sums.join(' ')} \n`);
    expect(said('reverse', { CUDA_SHIM_ORDER: order })).toBe('reversed\n');
    expect(said('count', { CUDA_SHIM_ORDER: order })).toBe(`${5 * 3 * 2 * 32 * 3}\n`);
  });

  test('lanes read each other', () => {
    const lane = (i: number): number => i % 32;
    const rows: readonly ((i: number) => number)[] = [
      (i) => lane(i + 1),
      (i) => (i & ~7) + 3,
      (i) => (i % 16 < 2 ? i : i - 2),
      (i) => (i % 16 > 13 ? i : i + 2),
      (i) => i ^ 5,
      () => 0b01001001001001001001001001001001,
      () => 3,
      (i) => (i < 8 ? i ^ 1 : (i ^ 16) < 8 ? i : i ^ 16),
      () => 5,
    ];
    const expected = rows.map((row) => Array.from({ length: 32 }, (_, i) => row(i)).join(' '));
    expect(said('shuffles').trim().split('\n')).toEqual(expected);
  });

  test('what a barrier is missing for is seen', () => {
    expect(said('race')).toBe('not reversed\n');
    expect(said('unwritten')).toBe('NaN\n');
  });

  test('barriers that not all threads reach are told of with their lines', () => {
    expect(fault('leaves')).toMatch(
      /^cuda shim: block \(0, 0, 0\): a thread left that others wait for\n {2}thread \(5, 0, 0\) left\n {2}thread \(0, 0, 0\) in __syncthreads of leaves at .*program\.cu:\d+\n$/,
    );
    expect(fault('parts')).toMatch(
      /threads wait at different barriers\n {2}thread \(32, 0, 0\) in __syncthreads of parts at .*:(\d+)\n {2}thread \(0, 0, 0\) in __syncthreads of parts at .*:(?!\1)\d+\n$/,
    );
    expect(fault('vain')).toMatch(
      /wait for each other for ever\n.*__shfl_xor_sync of waitsInVain.*\n.*\(3, 0, 0\) left/,
    );
  });

  test('what is out of place is found', () => {
    expect(fault('beyond')).toContain('use-after-poison');
    expect(fault('outside')).toContain('heap-buffer-overflow');
    expect(said('within')).toMatch(/^(3 ){32}-?nan/i);
    for (const part of ['reads', 'reads-before', 'writes'])
      expect(fault(part)).toMatch(/use-after-poison[\s\S]* in overruns\(float\*, int, int\)/);
  });

  test('a graph is what was captured, and runs when the stream is waited for', () => {
    expect(said('graph').split('\n').slice(1)).toEqual(['0 10 20 ', '-1 -1 -1 ', '12 22 32 ', '']);
    expect(said('graph')).toMatch(/^cudaErrorStreamCaptureUnsupported: /);
  });

  test('faults can be asked for', () => {
    const launches = ['cudaErrorInvalidConfiguration', 'cudaErrorInvalidValue', 'cudaErrorInvalidValue'];
    const codes = (environment: Readonly<Record<string, string>>): readonly string[] => {
      const lines = said('faults', environment).split('\n');
      return lines.filter((line) => line.startsWith('cudaError')).map((line) => line.slice(0, line.indexOf(':')));
    };
    expect(codes({})).toEqual(launches);
    expect(new Set(codes({ CUDA_SHIM_DEVICES: '0' }))).toEqual(new Set(['cudaErrorNoDevice']));
    expect(new Set(codes({ CUDA_SHIM_DRIVER: '11040' }))).toEqual(new Set(['cudaErrorInsufficientDriver']));
    expect(codes({ CUDA_SHIM_NO_IMAGE: '1' })).toEqual([
      ...launches.map(() => 'cudaErrorNoKernelImageForDevice'),
      'cudaErrorInvalidValue',
    ]);
    expect(codes({ CUDA_SHIM_MEMORY: '3999' })[0]).toBe('cudaErrorMemoryAllocation');
    expect(said('faults', { CUDA_SHIM_ARCH: '75' })).toMatch(/^1 devices, driver 13000, compute capability 7\n/);
  });

  test('halves are rounded as everywhere else', () => {
    const random = (i: number): number => ((Math.imul(i + 1, 0x9e3779b1) >>> 0) / 2 ** 32) * 2 - 1;
    const halves = Array.from({ length: 2000 }, (_, i) => fromF16((i * 33) & 0xffff));
    const given = Float32Array.from([
      ...halves,
      ...halves.map((v, i) => (v + fromF16((i * 33 + 1) & 0xffff)) / 2),
      ...Array.from({ length: 4000 }, (_, i) => random(i) * 2 ** ((i % 45) - 26)),
      ...[0, -0, 65519.996, 65520, -65520, Infinity, 2 ** -25, 2 ** -24, 1.5 * 2 ** -25, 3.4e38, 1e-45],
    ]);
    const { out } = program(['narrow'], { input: bytesOf(given) });
    const bytes = new Uint8Array(out).buffer;
    const n = given.length;
    const [codes, values, results] = [
      new Uint16Array(bytes, 0, 2 * n),
      new Float32Array(bytes, 4 * n, 65536),
      new Uint16Array(bytes, 4 * n + 4 * 65536, 3 * (n - 2)),
    ];
    const nan = (bits: number): number => ((bits & 0x7fff) > 0x7c00 ? 0x7fff : bits);
    const expected = Array.from(given).flatMap((v) => [nan(toF16(v)), Number.isNaN(v) ? 0x7fff : toBfloat16(v)]);
    expect(Array.from(codes)).toEqual(expected);
    expect(values.every((v, i) => Object.is(v, fromF16(i)))).toBe(true);
    // Sums and products of halves are exact in 64 bits; of three, where a 64-bit sum loses nothing.
    const h = Array.from(given, (v) => fromF16(toF16(v)));
    let fused = 0;
    for (let i = 0; i + 2 < n; i++) {
      const [a, b, c] = [h[i], h[i + 1], h[i + 2]];
      expect([nan(results[3 * i]), nan(results[3 * i + 1])]).toEqual([half(a + b), half(a * b)]);
      const sum = a * b + c;
      if (sum - a * b !== c || sum - c !== a * b) continue;
      expect(nan(results[3 * i + 2])).toBe(half(sum));
      fused++;
    }
    expect(fused).toBeGreaterThan(1000);
  });
});

/** The bits of the half nearest to an f64, found among its neighbours; ties to even. */
function half(value: number): number {
  if (Number.isNaN(value)) return 0x7fff;
  const near = toF16(value);
  const distance = (bits: number): number => {
    const v = fromF16(bits);
    return Math.abs((Math.abs(v) === Infinity ? Math.sign(v) * 65536 : v) - value);
  };
  if (Math.abs(value) >= 65520) return near;
  return [near - 1, near + 1].reduce(
    (best, bits) =>
      (bits & 0x7fff) <= 0x7c00 &&
      (distance(bits) < distance(best) || (distance(bits) === distance(best) && best % 2 === 1))
        ? bits
        : best,
    near,
  );
}
