/** Plots and pages: what is drawn stands where the numbers say, and nothing from a model is markup. */
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { barsPlot } from '../src/plot/bars.ts';
import { linesPlot } from '../src/plot/lines.ts';
import { pageOf, tableOf } from '../src/plot/page.ts';
import { element, escaped } from '../src/plot/svg.ts';

const hostile = `</title><script>window.hacked = 1</script>"'&\u202e\0\ud800`;

const numbers = (markup: string, pattern: RegExp): readonly (readonly number[])[] =>
  Array.from(markup.matchAll(pattern), ([, ...groups]) => groups.map(Number));

test('text is text, in content and in attributes', () => {
  const { markup } = element('a', { href: '"><b>', gone: undefined, size: 1 / 3 }, '<i>', 5, element('b', {}, '&'));
  expect(markup).toBe('<a href="&#34;&#62;&#60;b&#62;" size="0.33">&#60;i&#62;5<b>&#38;</b></a>');
  expect(escaped(hostile)).not.toMatch(/[<>"'\0\u202e]/);
  expect(escaped(hostile)).toContain('\ufffd');
});

describe('bars', () => {
  const rows = [
    { label: 'one', values: [1, 2] },
    { label: 'two', values: [null, 4] },
    { label: 'three', values: [Number.NaN, 0] },
  ];
  const bars = /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="10" fill/g;

  const belowLegend = ([, y]: readonly number[]): boolean => y > 20;

  test('are as long as their numbers, side by side', () => {
    const { markup } = barsPlot({ title: 't', axis: { label: 'ms' }, series: ['a', 'b'], rows });
    const widths = numbers(markup, bars)
      .filter(belowLegend)
      .map(([, , width]) => width);
    expect(widths).toHaveLength(4);
    expect(widths[1] / widths[0]).toBeCloseTo(2, 2);
    expect(widths[2] / widths[0]).toBeCloseTo(4, 2);
    expect(widths[3]).toBe(0);
  });

  test('stacked, each begins where the one before ends', () => {
    const { markup } = barsPlot({ title: 't', axis: { label: 'ms' }, series: ['a', 'b'], rows, stacked: true });
    const [first, second] = numbers(markup, bars).filter(belowLegend);
    expect(second[0]).toBeCloseTo(first[0] + first[2], 1);
    expect(second[1]).toBe(first[1]);
  });

  test('a plot of nothing is a plot', () => {
    expect(barsPlot({ title: 't', axis: { label: '' }, series: [], rows: [] }).markup).toMatch(/^<svg .*<\/svg>$/s);
    const lines = { title: 't', x: { label: '' }, y: { label: '', scale: 'log' as const }, series: [] };
    expect(linesPlot(lines).markup).toMatch(/^<svg .*<\/svg>$/s);
  });
});

describe('lines', () => {
  test('equal factors are equal distances on a logarithmic axis', () => {
    const points = [1, 10, 100].map((y, x) => ({ x, y }));
    const { markup } = linesPlot({
      title: 't',
      x: { label: 'x' },
      y: { label: 'y', scale: 'log' },
      series: [{ name: 's', points }],
    });
    const [a, b, c] = numbers(markup, /<circle cx="([\d.]+)" cy="([\d.]+)"/g);
    expect(b[1] - c[1]).toBeCloseTo(a[1] - b[1], 1);
    expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 1);
    expect(a[1]).toBeGreaterThan(b[1]);
  });

  test('points that no axis can hold are left out', () => {
    const points = [0, -1, Number.NaN, 5].map((y, x) => ({ x, y }));
    const { markup } = linesPlot({
      title: 't',
      x: { label: 'x' },
      y: { label: 'y', scale: 'log' },
      series: [{ name: 's', points }],
    });
    expect(numbers(markup, /<circle cx="([\d.]+)"/g)).toHaveLength(1);
    expect(markup).not.toContain('NaN');
  });
});

describe.skipIf(!existsSync('/usr/bin/chromium'))('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic'];
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  });
  afterAll(() => browser?.close());

  test('a page shows what it is given, and runs nothing', async () => {
    const plot = barsPlot({
      title: hostile,
      axis: { label: hostile },
      series: [hostile, 'b'],
      rows: [{ label: hostile, values: [1, 2], note: hostile }],
      reference: { value: 1, label: hostile },
    });
    const line = linesPlot({
      title: hostile,
      x: { label: hostile },
      y: { label: hostile },
      series: [{ name: hostile, points: [{ x: 1, y: 2, note: hostile }] }],
      references: [{ value: 1, label: hostile }],
    });
    const table = tableOf([{ head: hostile }, { head: 'n', align: 'right' }], [[hostile, 5]]);
    const sections = [{ title: hostile, text: hostile, content: [plot, line, table] }];
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => void problems.push(String(error)));
    page.on('console', (message) => void problems.push(message.text()));
    page.on('request', (request) => void (request.url().startsWith('http') && problems.push(request.url())));
    await page.setContent(pageOf({ title: hostile, lead: hostile, sections }));
    expect(problems).toEqual([]);
    expect(await page.evaluate(() => document.scripts.length)).toBe(0);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(await page.locator('svg.plot').count()).toBe(2);
    expect(await page.locator('td.right').innerText()).toBe('5');
    expect(await page.title()).toContain('<script>');
    // Everything has a place that is seen.
    const boxes = await page
      .locator('svg.plot rect')
      .evaluateAll((all) => all.map((e) => e.getBoundingClientRect().width));
    expect(Math.max(...boxes)).toBeGreaterThan(100);
    // A figure alone is a file as well.
    const alone = await page.evaluate(
      (text) => new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror')?.textContent ?? '',
      plot.markup,
    );
    expect(alone).toBe('');
  });
});
