/** Rates from measurements, and where they are kept. Whether they are good is for benchmarks to say. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import { cachedTuning, placeFor, printTuning, readTuning, tuningSchema, writeTuning } from '../src/make/tuning.ts';
import { predictWith } from '../src/plan/rates.ts';
import { groupedMatrix, maskedMatrix } from '../src/tensor/masked.ts';
import { countLive } from '../src/tensor/matrix.ts';
import { findProgram } from '../src/toolchain/compiler.ts';
import { fitRates } from '../src/tune/fit.ts';
import type { Grid } from '../src/tune/grid.ts';
import { quickGrid, wholeGrid } from '../src/tune/grid.ts';
import { measure } from '../src/tune/measure.ts';
import { probesFor } from '../src/tune/probes.ts';
import { tuneFrom } from '../src/tune/tune.ts';
import { countsOf, families } from '../targets/cpu/counts.ts';
import { cpuNames } from '../targets/cpu/cpus.ts';
import { shippedRates } from '../targets/cpu/rates/index.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-tune-test-'));
});
afterAll(() => rmSync(root, { recursive: true }));

describe('fitting', () => {
  const rate = fc.double({ min: 0, max: 100, noNaN: true });

  test('finds the rates that times were made from', () => {
    fc.assert(
      fc.property(rate, rate, rate, (call, multiply, rows) => {
        fc.pre(call + multiply + rows > 0.1);
        const counts = Array.from({ length: 24 }, (_, i) => ({
          call: 1,
          multiply: 1 + ((i * 37) % 101),
          rows: 1 + ((i * i * 13) % 53),
        }));
        const measured = counts.map((c) => ({ counts: c, ns: call + multiply * c.multiply + rows * c.rows }));
        const rates = fitRates(measured);
        for (const { counts: c, ns } of measured) {
          const { ns: got } = predictWith({ families: { f: rates } }, { family: 'f', counts: c });
          expect(got / ns).toBeCloseTo(1, 1);
        }
      }),
    );
  });

  test('a layer that was disturbed does not spoil the others', () => {
    const counts = Array.from({ length: 20 }, (_, i) => ({ call: 1, multiply: 10 + 7 * i }));
    const measured = counts.map((c, i) => ({
      counts: c,
      ns: (3 + 2 * c.multiply) * (1 + 0.01 * (i % 3)) * (i === 7 ? 5 : 1),
    }));
    expect(fitRates(measured).multiply).toBeCloseTo(2, 1);
  });

  test('no rate is below zero, though sums would fit better', () => {
    const measured = [1, 2, 3, 4].map((n) => ({ counts: { call: 1, multiply: n }, ns: 10 - 2 * n }));
    const rates = fitRates(measured);
    expect(Object.values(rates).every((r) => r > 0)).toBe(true);
    expect(rates.multiply).toBeUndefined();
  });

  test('what nobody counts takes nothing', () => {
    expect(fitRates([{ counts: { call: 1, strided: 0 }, ns: 7 }])).toEqual({ call: 7 });
    expect(fitRates([])).toEqual({});
  });
});

test('what most of the time goes into is named', () => {
  const families = { f: { call: 5, multiply: 2 } };
  expect(predictWith({ families }, { family: 'f', counts: { call: 1, multiply: 2 } })).toEqual({
    ns: 9,
    bound: 'call',
    family: 'f',
  });
  expect(predictWith({ families }, { family: 'f', counts: { call: 1, multiply: 3 } }).bound).toBe('multiply');
  expect(() => predictWith({ families }, { family: 'g', counts: {} })).toThrow(/nothing was measured for "g"/);
});

test('masked matrices keep as many blocks as asked for, the same ones every time', () => {
  fc.assert(
    fc.property(
      fc.constantFrom([1, 1], [2, 1], [4, 4], [8, 4]),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 3 }),
      ([r, c], hundredths, taps) => {
        const size = { rows: 16, columns: 8 * taps, run: 8 };
        const m = maskedMatrix(size, { r, c }, hundredths / 100);
        const blocks = (16 * 8 * taps) / (r * c);
        expect(countLive(m)).toBe(Math.max(1, Math.round((hundredths / 100) * blocks)) * r * c);
        expect(maskedMatrix(size, { r, c }, hundredths / 100)).toEqual(m);
      },
    ),
  );
});

test.each([
  [1, 4, 8],
  [2, 4, 6],
  [3, 8, 20],
])('of %i in %i neighbours of runs of %i as many are kept, the same ones every time', (n, m, run) => {
  const size = { rows: 5, columns: 3 * run, run };
  const { data } = groupedMatrix(size, { n, m });
  for (let start = 0; start < data.length; start += run)
    for (let at = 0; at < run; at += m) {
      const group = data.subarray(start + at, start + Math.min(at + m, run));
      // The last group of a run may be a part of one.
      const kept = group.filter((v) => v !== 0).length;
      expect(kept).toBeLessThanOrEqual(n);
      if (group.length === m) expect(kept).toBe(n);
    }
  expect(groupedMatrix(size, { n, m }).data).toEqual(data);
});

describe('rates that are shipped', () => {
  test.each(cpuNames)('%s has some for every family', (cpu) => {
    const rates = shippedRates(cpu);
    expect(Object.keys(rates.families).sort()).toEqual(families.toSorted());
    for (const family of families) {
      const ns = Object.values(rates.families[family]);
      expect(ns.length, family).toBeGreaterThan(0);
      expect(ns.every((n) => n >= 0 && Number.isFinite(n))).toBe(true);
    }
  });
});

const tiny: Grid = {
  shapes: [
    { kind: 'conv', size: 7, channels: 16, filters: 8, kernel: 1, stride: 1 },
    { kind: 'depthwise', size: 7, channels: 4, filters: 4, kernel: 3, stride: 1 },
    { kind: 'dense', inputs: 16, outputs: 8, batch: 1 },
  ],
  patterns: [
    { r: 1, c: 1 },
    { r: 4, c: 1 },
  ],
  densities: [0.25],
};

describe('the grid', () => {
  test('every family that image and dense layers have is on it, in seconds or in a minute', () => {
    const { probes } = probesFor(quickGrid, countsOf);
    const found = new Set(probes.map((probe) => probe.family));
    expect(families.filter((family) => family !== 'loops' && !found.has(family))).toEqual([]);
    const shapes = new Set(wholeGrid.shapes.map((shape) => JSON.stringify(shape)));
    expect(shapes.size).toBe(wholeGrid.shapes.length);
  });

  test('one layer for each family, shape and density', () => {
    const { graph, probes } = probesFor(tiny, countsOf);
    expect(probes.map(({ family, shape, density }) => `${family}: ${shape} ${density}`)).toEqual([
      ...new Set(probes.map(({ family, shape, density }) => `${family}: ${shape} ${density}`)),
    ]);
    expect(probes.map((p) => p.family)).toContain('depthwise');
    expect(probes.map((p) => p.family)).toContain('linear sparse-1');
    expect(graph.outputs.map((o) => o.name)).toEqual(probes.map((p) => p.name));
  });
});

describe('measuring', async () => {
  const compiler = await findProgram(['gcc', 'clang', 'cc']);

  test.skipIf(!compiler || process.platform === 'win32')('every layer of a tiny grid, on this machine', async () => {
    const { graph, probes } = probesFor(tiny, countsOf);
    const said: Diagnostic[] = [];
    const journal = { hold: () => {}, release: () => {}, keep: () => {} };
    const options = { cpu: 'generic', seconds: 0.05, journal, doing: () => {} };
    const measured = await measure(graph, options, (d) => void said.push(d));
    expect(said).toEqual([]);
    if (!measured) throw new Error('nothing was measured');
    for (const { name } of probes) expect(measured.get(name), name).toBeGreaterThan(0);
    const { rates, fits, compared } = tuneFrom(probes, measured, shippedRates('generic'), {
      machine: 'this',
      compiler: 'gcc',
    });
    expect(compared).toHaveLength(probes.length);
    expect(fits.map((fit) => fit.family)).toEqual(families);
    expect(tuningSchema.safeParse({ version: 1, cpu: 'generic', ...rates }).error).toBeUndefined();
    // What the grid has nothing of is estimated, and not left out.
    expect(fits.find((fit) => fit.family === 'loops')?.layers).toBe(0);
    expect(Object.keys(rates.families.loops).length).toBeGreaterThan(0);
  });
});

describe('where rates are kept', () => {
  const rates = { version: 1, cpu: 'native', ...shippedRates('native') } as const;
  const told = (): { said: Diagnostic[]; report: (d: Diagnostic) => void } => {
    const said: Diagnostic[] = [];
    return { said, report: (d) => void said.push(d) };
  };

  test('one file for each CPU and what is compiled for it, in the cache', async () => {
    const [native, v3] = [await placeFor('native', root), await placeFor('x86-64-v3', root)];
    if (!native || !v3) return;
    expect(native.file).not.toBe(v3.file);
    expect(native.file.startsWith(root)).toBe(true);
    expect(await placeFor('native', root)).toEqual(native);
  });

  test('what was written is read back, in the same bytes', () => {
    const { said, report } = told();
    const file = join(root, 'deep', 'rates.json');
    expect(writeTuning(file, rates, report)).toBe(true);
    expect(readTuning(file, report)).toEqual(rates);
    expect(readFileSync(file, 'utf8')).toBe(printTuning(rates));
    expect(said).toEqual([]);
  });

  test('a file of another version is an error where it was asked for, and a warning where it was found', () => {
    const file = join(root, 'old.json');
    writeFileSync(file, JSON.stringify({ ...rates, families: { '1x1 dense': { multiply: 1 } } }));
    const asked = told();
    expect(readTuning(file, asked.report)).toBeUndefined();
    expect(asked.said).toMatchObject([{ severity: 'error', code: 'tuning/unreadable' }]);
    const found = told();
    expect(cachedTuning({ machine: '', compiler: '', cpu: 'native', file }, found.report)).toBeUndefined();
    expect(found.said).toMatchObject([{ severity: 'warning', code: 'tuning/unreadable' }]);
  });

  test.each([
    ['not there', 'gone.json', undefined],
    ['no JSON', 'text.json', 'rates'],
    ['negative', 'negative.json', JSON.stringify(rates).replace(/"call":\d+(\.\d+)?/, '"call":-1')],
  ])('%s', (_, name, text) => {
    const file = join(root, name);
    if (text !== undefined) writeFileSync(file, text);
    const { said, report } = told();
    expect(readTuning(file, report)).toBeUndefined();
    expect(said).toMatchObject([{ severity: 'error', code: 'tuning/unreadable', origin: { file } }]);
  });

  test('nothing was found, and nothing is said', () => {
    const { said, report } = told();
    const place = { machine: '', compiler: '', cpu: 'native', file: join(root, 'nobody.json') };
    expect(cachedTuning(place, report)).toBeUndefined();
    expect(said).toEqual([]);
  });
});
