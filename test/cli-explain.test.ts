/** `espalier explain` and `tune` on the command line: what they print, what they write, and what they say to mistakes. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { explainedSchema } from '../src/explain/schema.ts';
import { print } from '../src/graph/print.ts';
import { packSidecar } from '../src/graph/sidecar.ts';
import { placeFor, writeTuning } from '../src/make/tuning.ts';
import { shippedRates } from '../targets/cpu/rates/index.ts';
import { espalier } from './cli-kit.ts';
import { layerGraph } from './explain-graphs.ts';

const hostile = '<script>alert("x")</script>/conv & more';

let root: string;
let model: string;
let dense: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-explain-'));
  model = write('sparse', layerGraph({ weights: [64, 3, 3, 32], density: 0.1, r: 4, c: 1, name: hostile }));
  dense = write('few', layerGraph({ weights: [64, 1, 1, 64], density: 0.9, r: 1, c: 1 }));
});
afterAll(() => rmSync(root, { recursive: true }));

/** The cache of whoever runs the tests is nothing to rely on, or to write to. */
const before = process.env.XDG_CACHE_HOME;
beforeEach(() => {
  process.env.XDG_CACHE_HOME = join(root, 'cache');
});
afterEach(() => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
});

const at = (path: string): string => join(root, path);

function write(name: string, graph: Parameters<typeof print>[0]): string {
  const { text, sidecar } = print(graph);
  writeFileSync(at(`${name}.graph`), text);
  if (sidecar.size > 0) writeFileSync(at(`${name}.graph.npz`), packSidecar(sidecar));
  return at(`${name}.graph`);
}

describe('explain', () => {
  test('where no layer has weights, there is nothing to divide by', async () => {
    writeFileSync(
      at('none.graph'),
      'graph none of "none"\n  %x = input "x" : f32[1x4]\n  %y = softmax(%x) axis=1 : f32[1x4]\nreturn "y"=%y\n',
    );
    const { code, out } = await espalier(['explain', at('none.graph'), '-t', 'cpu', '--html', at('none.html')]);
    expect([code, out]).toEqual([0, expect.stringContaining('no layer has weights')]);
    expect(readFileSync(at('none.html'), 'utf8')).not.toContain('NaN');
  });

  test.each([
    ['wasm', []],
    ['cpu', ['--cpu', 'x86-64-v3']],
  ])('%s: JSON by its schema', async (target, more) => {
    const { code, out, err } = await espalier(['explain', model, '-t', target, ...more, '--json', '--advise', '0.9']);
    expect([code, err]).toEqual([0, '']);
    const explained = explainedSchema.parse(JSON.parse(out));
    expect(explained.layers).toHaveLength(1);
    expect(explained.layers[0]).toMatchObject({ name: hostile, op: 'conv2d', kernel: expect.any(String) });
    expect(explained.layers[0].chosen.format).toMatch(/^(?!dense)/);
    expect(explained.advice).toHaveLength(1);
    expect(explained.totals.ns).toBe(explained.layers[0].chosen.ns);
  });

  test('text: a table, why not sparse, totals', async () => {
    const { code, out } = await espalier(['explain', dense, '-t', 'cpu', '--cpu', 'x86-64-v4']);
    expect(code).toBe(0);
    expect(out).toContain('by the rates that are shipped for x86-64-v4');
    expect(out).toMatch(/layer +weights +zeros +format/);
    expect(out).toMatch(/why not sparse\nlayer: at 10 % zeros .* unstructured would need \d+ %/);
    expect(out).toMatch(/layers with weights: .* predicted, .* if all were dense/);
    expect(out.split('\n').filter((line) => /^(layer|…) /.test(line) && line.length > 100)).toEqual([]);
  });

  test('what not all architectures have, and what there is instead', async () => {
    const { code, err } = await espalier([
      'explain',
      dense,
      '-t',
      'cuda',
      '--arch',
      'sm_75,sm_90',
      '--arithmetic',
      'f16',
    ]);
    expect(code).toBe(0);
    expect(err).toMatch(
      /warning: layers multiply in f32 and not in f16, since "sm_75" has no.*\n {2}hint: leave it out of --arch/,
    );
  });

  test('one layer in full', async () => {
    const { code, out } = await espalier(['explain', model, '-t', 'cpu', '--layer', '*conv*']);
    expect(code).toBe(0);
    expect(out).toMatch(/ dense +73\.7 kB +/);
    expect(out).toMatch(/pruned unstructured +\S+ us +sparse from \d+ % zeros/);
    expect(out).toMatch(/not by depthwise: not depthwise/);
  });

  test('formats that the config asks for are explained as they are built', async () => {
    writeFileSync(at('dense.json'), JSON.stringify({ layers: { '*': { format: 'dense' } } }));
    const { out } = await espalier(['explain', model, '-t', 'cpu', '--json', '--config', at('dense.json')]);
    const { layers } = explainedSchema.parse(JSON.parse(out));
    expect(layers[0].chosen.format).toBe('dense');
    expect(layers[0].others.some((offer) => offer.wanted)).toBe(false);
  });

  test.each([
    ['a layer that is not there', ['--layer', 'nobody'], 1, 'explain/no-such-layer'],
    ['rates for WebAssembly', ['--tuning', 'none'], 1, 'tuning/not-for-target'],
    ['rates that are not there', ['-t', 'cpu', '--tuning', 'gone.json'], 1, 'tuning/unreadable'],
    ['a measurement that is none', ['--html', 'x.html', '--measured', 'package.json'], 1, 'explain/not-measured'],
    ['a share above one', ['--advise', '90'], 2, 'cli/usage'],
    ['a page in place of a folder', ['--html', '.'], 1, 'output/not-a-file'],
  ])('%s', async (_, flags, exit, code) => {
    const ran = await espalier(['explain', model, ...flags, '--json']);
    expect(ran.code).toBe(exit);
    expect(JSON.parse(ran.out)).toMatchObject({ errors: [{ code }] });
  });
});

describe('rates of this machine', () => {
  test('are found in the cache by native builds alone, said, and left out when asked', async () => {
    const place = await placeFor('native');
    if (!place) return;
    // As if dense took no time at all.
    const shipped = shippedRates('native');
    const families = Object.fromEntries(
      Object.entries(shipped.families).map(([name, rates]) => [name, name.endsWith('dense') ? { call: 1 } : rates]),
    ) as typeof shipped.families;
    expect(place.file.startsWith(at('cache'))).toBe(true);
    writeTuning(place.file, { ...shipped, version: 1, cpu: 'native', families }, (d) => expect.unreachable(d.message));
    const chosen = async (...flags: readonly string[]) => {
      const { out } = await espalier(['explain', model, '-t', 'cpu', '--json', ...flags]);
      const { tuning, layers } = explainedSchema.parse(JSON.parse(out));
      return [tuning, layers[0].chosen.format === 'dense'];
    };
    expect(await chosen('--cpu', 'native')).toEqual([`of ${place.file}`, true]);
    expect(await chosen('--cpu', 'native', '--tuning', 'none')).toEqual(['that are shipped for native', false]);
    expect(await chosen('--cpu', 'generic')).toEqual(['that are shipped for generic', false]);
    expect(await chosen('--cpu', 'generic', '--tuning', place.file)).toEqual([`of ${place.file}`, true]);
    const built = await espalier(['build', model, '-t', 'cpu', '--cpu', 'native', '--source-only', '-o', at('out')]);
    expect(built.out).toContain(`formats chosen by the rates of ${place.file}`);
    expect(built.out).toMatch(/^dense +1 /m);
  });

  test.each([
    ['another target', ['-t', 'wasm'], 'tune/no-target'],
    ['a misspelt cpu', ['--cpu', 'natve'], 'target/unknown-cpu'],
  ])('%s cannot be tuned', async (_, flags, code) => {
    const ran = await espalier(['tune', ...flags, '--json']);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({ errors: [{ code }] });
  });
});

const executablePath = '/usr/bin/chromium';

describe.skipIf(!existsSync(executablePath))('the page, in chromium, which must be at /usr/bin/chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    browser = await chromium.launch({ executablePath, args });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
  });

  test.each([
    ['wide', 1200, 'light'],
    ['as a phone', 390, 'dark'],
  ] as const)('%s: it loads nothing, runs nothing, and fits', async (_, width, colorScheme) => {
    const file = at(`page-${width}.html`);
    const ran = await espalier(['explain', model, '-t', 'cpu', '--html', file, '--advise', '0.9']);
    expect([ran.code, ran.err]).toEqual([0, '']);
    const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme });
    const asked: string[] = [];
    const alarms: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('dialog', (dialog) => {
      alarms.push(dialog.message());
      return dialog.dismiss();
    });
    page.on('console', (message) => alarms.push(message.text()));
    page.on('pageerror', (error) => alarms.push(error.message));
    await page.goto(`file://${file}`);
    expect(asked).toEqual([`file://${file}`]);
    expect(alarms).toEqual([]);
    expect(await page.title()).toBe('net on cpu');
    const summary = page.locator('summary');
    expect(await summary.innerText()).toContain(hostile);
    await summary.click();
    expect(await page.locator('details table').first().innerText()).toMatch(/dense/);
    // Times, zeros and bytes: of each plot the one that fits is seen.
    expect(await page.locator('svg.plot:visible').count()).toBe(3);
    expect(await page.locator('svg.plot:visible rect').count()).toBeGreaterThan(5);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await page.close();
  });

  test('measured times stand beside predicted ones', async () => {
    const layer = {
      ...{ name: hostile, op: 'conv2d', shape: [1, 14, 14, 64], format: null, kernel: null, density: 0.1 },
      ...{
        macs: 1,
        nonzeroMacs: 1,
        medianMs: 0.5,
        minMs: 0.4,
        hotMedianMs: 0.3,
        hotMinMs: 0.2,
        gflops: 1,
        peakShare: 0,
      },
    };
    const machine = { cpu: 'a', cores: 1, pinned: [], platform: 'b', node: 'c', compiler: null, flags: [], date: 'd' };
    const timing = { medianMs: 1, minMs: 1, iqrMs: 0 };
    const bench = {
      machine,
      model: 'net',
      mask: { weights: 1, zeros: 0, format: null },
      threads: 1,
      ours: { target: 'cpu', cpu: null, threads: 1, ...timing, runs: 1, maxError: 0, peakGflops: null },
      peers: [],
      layers: [layer],
    };
    writeFileSync(at('bench.json'), JSON.stringify(bench));
    const file = at('measured.html');
    const ran = await espalier(['explain', model, '-t', 'cpu', '--html', file, '--measured', at('bench.json')]);
    expect([ran.code, ran.err]).toEqual([0, '']);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('measured 500 us');
    expect(text).not.toContain('<script');
  });
});
