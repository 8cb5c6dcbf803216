/** What the bench makes of numbers: statistics, turns, tables, pages, crossings. No time is looked at. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { alternate } from '../src/bench/alternate.ts';
import { crossingsOf } from '../src/bench/crossover/crossings.ts';
import { crossoverPage } from '../src/bench/crossover/page.ts';
import type { Point } from '../src/bench/crossover/report.ts';
import { csvOf } from '../src/bench/csv.ts';
import { benchFiles } from '../src/bench/files.ts';
import { extentOf, signedPerChannel, toUnsigned, unsignedFor } from '../src/bench/integers.ts';
import { benchPage } from '../src/bench/page.ts';
import type { BenchReport } from '../src/bench/report.ts';
import { benchSchema } from '../src/bench/report.ts';
import { quantile, summaryOf } from '../src/bench/statistics.ts';
import { asText } from '../src/cli/bench-text.ts';
import { paintFor } from '../src/cli/paint.ts';
import { median } from '../src/make/timing.ts';
import { parseCores } from '../src/toolchain/pin.ts';

describe('statistics', () => {
  test('medians of odd and even counts, quartiles on the line between neighbours', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(summaryOf([5, 1, 2, 3, 4])).toEqual({ median: 3, min: 1, iqr: 2 });
    expect(summaryOf([7])).toEqual({ median: 7, min: 7, iqr: 0 });
  });
});

describe('turns', () => {
  const contender = (name: string, ms: (call: number) => number, log: string[] = []) => {
    let calls = 0;
    return {
      name,
      time: async (runs: number) => {
        log.push(name);
        calls++;
        return Array.from({ length: runs }, () => ms(calls));
      },
    };
  };

  test('a machine that drifts does not change ratios', async () => {
    // Both become ten times as slow on the way, at the same pace.
    const slow = (base: number) => (call: number) => base * call;
    const timings = await alternate([contender('a', slow(2)), contender('b', slow(5))], { seconds: 0, rounds: 9 });
    expect(timings?.map(({ ratio }) => ratio)).toEqual([
      { median: 1, min: 1, iqr: 0 },
      { median: 2.5, min: 2.5, iqr: 0 },
    ]);
    expect(timings?.[1]).toMatchObject({ name: 'b', min: 10, median: 30, runs: 9 });
  });

  test('go back and forth', async () => {
    const log: string[] = [];
    await alternate([contender('a', () => 1, log), contender('b', () => 1, log)], { seconds: 0, rounds: 3 });
    expect(log.join('')).toBe('ab' + 'ab' + 'ba' + 'ab');
  });

  test('what is short runs more often in its turn, and there are several rounds however long they take', async () => {
    const counts: number[] = [];
    const counted = (ms: number) => ({
      name: 'c',
      time: async (runs: number) => {
        counts.push(runs);
        return Array.from({ length: runs }, () => ms);
      },
    });
    await alternate([counted(10)], { seconds: 0 });
    expect(counts).toEqual([3, 10, 10, 10, 10, 10]);
    counts.length = 0;
    await alternate([counted(1000), counted(0.001)], { seconds: 0 });
    expect(new Set(counts)).toEqual(new Set([3, 1000]));
  });

  test('begin with so many milliseconds of running', async () => {
    const log: string[] = [];
    await alternate([contender('a', () => 10, log), contender('b', () => 0, log)], {
      seconds: 0,
      rounds: 1,
      warmUp: 61,
    });
    expect(log.filter((name) => name === 'a')).toHaveLength(3 + 1);
    expect(log.filter((name) => name === 'b').length).toBeGreaterThan(100);
  });

  test('end where a contender fails', async () => {
    const broken = { name: 'broken', time: async () => undefined };
    expect(await alternate([contender('a', () => 1), broken], { seconds: 1 })).toBeUndefined();
  });
});

test('cores as Linux lists them', () => {
  expect(parseCores('0-2,7,9-9')).toEqual([0, 1, 2, 7, 9]);
});

test('tables are quoted, and hold no formulas', () => {
  const rows = [
    { name: 'a,b "c"\nd', shape: [1, 2], ms: 0.5, format: null },
    { name: '=cmd|x', shape: [], ms: 1e-7, format: '-' },
  ];
  expect(csvOf(['name', 'shape', 'ms', 'format'], rows)).toBe(
    'name,shape,ms,format\r\n"a,b ""c""\nd",1x2,0.5,\r\n\'=cmd|x,,1e-7,\'-\r\n',
  );
});

describe('8-bit integers', () => {
  test('activations: 0 is one of the numbers, and nothing is further off than a step', () => {
    for (const [min, max] of [
      [-1, 3],
      [0, 6],
      [-2, 0],
    ] as const) {
      const scale = unsignedFor({ min, max });
      expect(toUnsigned([0], scale)[0]).toBe(scale.zero);
      const values = Array.from({ length: 100 }, (_, i) => min + ((max - min) * i) / 99);
      const back = Array.from(toUnsigned(values, scale), (v) => (v - scale.zero) * scale.scale);
      const errors = back.map((v, i) => Math.abs(v - values[i]));
      expect(Math.max(...errors)).toBeLessThanOrEqual(scale.scale * 1.01);
    }
    expect(unsignedFor(extentOf([]))).toEqual({ scale: 1, zero: 0 });
    expect(extentOf([Number.NaN, Infinity, -2, 1])).toEqual({ min: -2, max: 1 });
  });

  test('weights: each channel has a scale of its own, wherever its numbers lie', () => {
    const { data, scales } = signedPerChannel([1, 2, 100, 200, 0, 0], { count: 3, run: 2 });
    expect([...data]).toEqual([64, 127, 64, 127, 0, 0]);
    expect(scales[1] / scales[0]).toBeCloseTo(100, 4);
    expect([...signedPerChannel([1, 100, 2, 200], { count: 2, run: 1 }).data]).toEqual([64, 64, 127, 127]);
  });
});

const hostile = '</text><script>alert(1)</script>';

const sample: BenchReport = {
  machine: {
    cpu: 'a cpu',
    cores: 2,
    pinned: [1],
    platform: 'linux x64',
    node: 'v20.0.0',
    compiler: 'gcc 12',
    flags: ['-O3'],
    date: '2026-11-22T00:00:00.000Z',
  },
  model: hostile,
  mask: { weights: 100, zeros: 0.9, format: 'csr index=8' },
  threads: 1,
  place: { kind: 'node', version: 'Node.js v20.0.0' },
  adapter: null,
  device: null,
  layerPeers: [],
  command: 'espalier bench',
  link: null,
  ours: {
    target: 'cpu',
    cpu: 'native',
    threads: 1,
    medianMs: 2,
    minMs: 1,
    iqrMs: 0.1,
    runs: 10,
    maxError: 1e-7,
    peakGflops: 100,
    web: null,
    counts: null,
  },
  peers: [{ name: 'ort', medianMs: 8, minMs: 7, iqrMs: 1, ratio: 4, ratioIqr: 0.2, maxError: 0, web: null }],
  absent: [],
  layers: [
    {
      name: hostile,
      op: 'conv2d',
      shape: [1, 2, 2, 4],
      format: 'csr index=8',
      kernel: null,
      density: 0.1,
      macs: 1000,
      nonzeroMacs: 100,
      medianMs: 0.2,
      minMs: 0.1,
      hotMedianMs: 0.1,
      hotMinMs: 0.05,
      gflops: 4,
      peakShare: 0.04,
    },
  ],
};

describe('files', () => {
  const text = (path: string): string =>
    new TextDecoder().decode(benchFiles(sample).find((file) => file.path === path)?.contents);

  test('layers of libraries stand beside ours', () => {
    const times = { medianMs: 0.25, minMs: 0.2, hotMedianMs: 0.15, hotMinMs: 0.1 };
    const [name] = sample.layers.filter(({ density }) => density !== null).map((layer) => layer.name);
    const layers = [{ name, library: 'cuSPARSELt' as const, ...times }];
    const bench = { ...sample, layerPeers: [{ name: 'torch-sparse24', layers }] };
    const page = benchFiles(bench).find(({ path }) => path === 'bench.html')?.contents;
    expect(new TextDecoder().decode(page)).toMatch(/Layers by libraries.*torch-sparse24.*cuSPARSELt.*0\.2500/s);
    expect(text('bench.html')).not.toContain('Layers by libraries');
    const lines = asText(benchSchema.parse(bench), paintFor({ colours: false })).join('\n');
    expect(lines).toContain('0.2500 (cuSPARSELt)');
  });

  test('the JSON holds what it says, and nothing else', () => {
    expect(benchSchema.parse(JSON.parse(text('bench.json')))).toEqual(sample);
    expect(Object.keys(JSON.parse(text('bench.json')))).toEqual(
      'machine model mask threads place adapter device command link ours peers absent layers layerPeers'.split(' '),
    );
    expect(() => benchSchema.parse({ ...sample, more: 1 })).toThrow(/more/);
    expect(() => benchSchema.parse({ ...sample, threads: 0 })).toThrow(/threads/);
  });

  test('the page shows layers, whose names are no markup', () => {
    expect(text('bench.html')).toContain('alert(1)');
    expect(text('bench.html')).not.toContain('<script');
    expect(text('bench.html')).toContain('4.00');
  });

  test('a line for each layer', () => {
    const [head, row] = text('layers.csv').split('\r\n');
    expect(head).toMatch(/^name,op,shape,format,kernel,density,macs,nonzeroMacs,/);
    expect(row).toBe(`${hostile},conv2d,1x2x2x4,csr index=8,,0.1,1000,100,0.2,0.1,0.1,0.05,4,0.04`);
    expect(benchFiles({ ...sample, layers: [] }).map(({ path }) => path)).toEqual(['bench.json', 'bench.html']);
  });
});

describe.skipIf(!existsSync('/usr/bin/chromium'))('in a browser', () => {
  test('pages show their plots, and neither run nor load anything', async () => {
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic'];
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => void problems.push(String(error)));
    page.on('console', (message) => void problems.push(message.text()));
    await page.setContent(benchPage(sample));
    expect(await page.locator('svg.plot').count()).toBe(4);
    expect(await page.locator('h1').innerText()).toBe(`${hostile}: time of a run`);
    const widths = await page
      .locator('svg.plot')
      .first()
      .locator('g rect')
      .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
    // Median and minimum of ours, then of the peer, which takes four and seven times as long.
    expect(widths.map((width) => Math.round((2 * width) / widths[0]))).toEqual([2, 1, 8, 7]);
    const shape = { shape: 's', macs: 1000, denseMs: 1, ortMs: 0.5, ortInt8Ms: 0.1 };
    const points = [0.5, 0.75, 0.9].map((zeros): Point => {
      const overDense = 1 / (1 - zeros);
      const ratios = { overDense, overOrt: overDense / 2, overOrtInt8: overDense / 10 };
      return { shape: 's', pattern: hostile, zeros, format: 'f', ms: 1 - zeros, gflops: 1, ...ratios };
    });
    const crossings = [...crossingsOf(points)];
    await page.setContent(
      crossoverPage({ machine: sample.machine, threads: 1, baselines: [shape], points, crossings }),
    );
    expect(await page.locator('svg.plot circle').count()).toBe(3);
    expect(await page.locator('svg.plot line.reference').count()).toBe(3);
    expect(await page.locator('td.right').first().innerText()).toBe('≤ 50 %');
    expect(await page.evaluate(() => document.scripts.length)).toBe(0);
    expect(problems).toEqual([]);
  });
});

describe('crossings', () => {
  const point = (zeros: number, ms: number, format = 'f'): Point => ({
    shape: 's',
    pattern: 'p',
    zeros,
    format,
    ms,
    gflops: 1,
    overDense: 1 / ms,
    overOrt: 0.5 / ms,
    overOrtInt8: 0.1 / ms,
  });

  test('lie on the line between the last loss and the first win of the best format', () => {
    const points = [point(0.5, 2), point(0.5, 4, 'worse'), point(0.9, 0.5), point(0.75, 0.5), point(0.75, 9, 'worse')];
    // At 0.5 half as fast, at 0.75 twice as fast: equal after a third of the way.
    expect(crossingsOf(points)).toEqual([
      { shape: 's', pattern: 'p', dense: 0.5 + 0.25 / 3, ort: 0.75, ortInt8: null },
    ]);
  });

  test('a win at fewer zeros counts only if all that follow win', () => {
    const [row] = crossingsOf([point(0.3, 0.5), point(0.5, 2), point(0.9, 0.5)]);
    expect(row.dense).toBeGreaterThan(0.5);
    expect(crossingsOf([point(0.3, 0.5)])[0].dense).toBe(0.3);
  });
});
