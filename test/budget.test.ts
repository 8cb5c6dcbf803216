/** `--budget`: what counts as shipped, sizes as people write them, and what is said of builds that are too large. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configSchema } from '../src/config.ts';
import { build } from '../src/index.ts';
import { parseBudget, shippedFiles } from '../src/make/budget.ts';
import { espalier, writeModel } from './cli-kit.ts';

let root: string;
let model: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-budget-'));
  model = writeModel(join(root, 'net'));
});
afterAll(() => rmSync(root, { recursive: true }));

const at = (path: string): string => join(root, path);

describe('sizes', () => {
  test.each([
    ['25MB', 25e6, 'raw'],
    ['25 mb', 25e6, 'raw'],
    ['1.5MiB', 1.5 * 2 ** 20, 'raw'],
    ['800kB', 8e5, 'raw'],
    ['64KiB:gzip', 65536, 'gzip'],
    ['0.5GB:brotli', 5e8, 'brotli'],
    ['1b:raw', 1, 'raw'],
  ])('%s', (text, bytes, counted) => {
    expect(parseBudget(text)).toEqual({ bytes, counted });
    expect(configSchema.safeParse({ budget: text }).success).toBe(true);
  });

  test.each([
    '',
    '0',
    '0MB',
    '0.0kB',
    '25',
    'MB',
    '-1MB',
    '1e6MB',
    '1ib',
    '25MB:zip',
    '25MB:',
    '1.MB',
    '25M',
    '0x1B',
    'NaNMB',
  ])('not "%s"', async (text) => {
    expect(parseBudget(text)).toBeUndefined();
    expect(configSchema.safeParse({ budget: text }).success).toBe(false);
    const { code, err } = await espalier(['build', model, '-o', at('never'), '--budget', text]);
    expect(code).toBe(2);
    expect(err).toContain('must be a size above zero, e.g. 25MB');
    expect(existsSync(at('never'))).toBe(false);
  });

  test('nor is less than a byte one, which the build itself says', async () => {
    const { code, err } = await espalier(['build', model, '-o', at('never'), '--budget', '0.5B']);
    expect([code, err.split('\n')[0]]).toEqual([1, 'error: the budget cannot be "0.5B" [budget/unknown]']);
  });
});

test('what is shipped is what a page or a program needs', () => {
  const files = (list: Readonly<Record<string, string>>) => ({
    files: Object.entries(list).map(([path, role]) => ({ path, role: role as 'source', bytes: 1 })),
  });
  expect(
    shippedFiles(
      files({ 'n.wat': 'source', 'n.js': 'binding', 'n.d.ts': 'types', 'n.bin': 'weights', 'n.wasm': 'binary' }),
    ),
  ).toEqual(['n.wasm', 'n.js', 'n.bin']);
  const cpu = { 'n.h': 'header', 'n_weights.bin': 'weights', 'n.o': 'binary', 'n_weights.o': 'binary' };
  expect(shippedFiles(files(cpu))).toEqual(['n.o', 'n_weights.o']);
  expect(shippedFiles(files({ ...cpu, 'libn.so': 'binary', n_example: 'binary', n_check: 'binary' }))).toEqual([
    'libn.so',
  ]);
  expect(shippedFiles(files({ 'n.c': 'source' }))).toEqual([]);
});

describe('builds', () => {
  test('that are too large fail with the table, and write nothing', async () => {
    const { code, out, err } = await espalier(['build', model, '-o', at('large'), '--budget', '1kB']);
    expect([code, out]).toEqual([1, '']);
    expect(existsSync(at('large'))).toBe(false);
    expect(err.replace(/[\d.]+ (?=B|kB)/g, 'N ').replace(/ +/g, ' ')).toMatch(
      /^layer op bytes brotli, quickly\ncode N kB N kB\ndense\/\w+ linear, linear N B N B\nshipped: net.wasm N kB, net.js N kB\n\nerror: what is shipped takes \d+ bytes, and the budget is 1000 \[budget\/over\]\n hint: most is taken by code, \d+ bytes/,
    );
  });

  test('that fit say so, as they are or compressed', async () => {
    const { code, out } = await espalier(['build', model, '-o', at('fits'), '--budget', '1MB']);
    const sizes = ['net.wasm', 'net.js'].map((name) => readFileSync(at(`fits/${name}`)));
    const raw = sizes.reduce((sum, { length }) => sum + length, 0);
    expect(code).toBe(0);
    expect(out).toContain(`shipped: ${(raw / 1000).toPrecision(3)} kB, and the budget is 1.00 MB\n`);
    const pressed = sizes.reduce((sum, bytes) => sum + brotliCompressSync(bytes).length, 0);
    const of = (bytes: number) => espalier(['build', model, '-o', at('fits'), '--budget', `${bytes}B:brotli`]);
    // A larger window and a hint of the size make a few bytes of difference.
    expect((await of(pressed + 50)).code).toBe(0);
    expect((await of(pressed - 200)).err).toContain('as brotli, and the budget is');
  });

  test('the library and the config file have it as well', async () => {
    const built = await build(model, { target: 'wasm', out: at('library'), budget: '1kB' });
    expect(built.diagnostics.map((d) => d.code)).toEqual(['budget/over']);
    expect(existsSync(at('library'))).toBe(false);
    const bad = await build(model, { target: 'wasm', out: at('library'), budget: 'much' });
    expect(bad.diagnostics.map((d) => d.code)).toEqual(['budget/unknown']);
    writeFileSync(at('budget.json'), JSON.stringify({ model, budget: '1kB' }));
    const { code, err } = await espalier(['build', '--config', at('budget.json'), '-o', at('large'), '--json']);
    expect(code).toBe(1);
    expect(err).toContain('brotli, quickly');
  });

  test.each([
    [['--source-only'], 'budget/no-binary'],
    [['-t', 'fpga', '--part', 'xczu7ev-ffvc1156-2-e'], 'budget/target'],
  ])('none without a binary: %s', async (argv, said) => {
    const { code, err } = await espalier(['build', model, '-o', at('never'), '--budget', '1MB', ...argv]);
    expect([code, err]).toEqual([1, expect.stringContaining(said)]);
  });
});
