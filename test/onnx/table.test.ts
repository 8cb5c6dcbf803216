/** The table of the standard's tests says what is so. That native code agrees is tested on some here, and on all under test/slow/. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeTests } from './node-test.ts';
import { countOf, evaluatedRows, printTable, resultsFile, rowsOf, storedRows } from './table.ts';

const stored = storedRows();

test('every test has the outcome that the table gives it', async () => {
  const rows = await evaluatedRows(nodeTests());
  expect(rows).toEqual(stored.map(({ cpu: _cpu, ...row }) => row));
});

test('some of them as native code', async () => {
  const some = nodeTests().filter((_, i) => i % 40 === 7);
  const names = new Set(some.map(({ name }) => name));
  expect(await rowsOf(some)).toEqual(stored.filter(({ name }) => names.has(name)));
});

test('none fails, and at least 420 pass', () => {
  expect(stored.filter((row) => row.evaluate === 'failed' || row.cpu === 'failed')).toEqual([]);
  expect(countOf(stored, 'evaluate', 'passed')).toBeGreaterThanOrEqual(420);
  expect(countOf(stored, 'cpu', 'passed')).toBeGreaterThanOrEqual(420);
});

test('what is refused is refused for a reason that names the operator and says what is missing', () => {
  const refused = stored.filter((row) => row.evaluate === 'refused');
  const named = ({ reason = '', operators }: (typeof refused)[number]): boolean =>
    operators.some((name) => reason.includes(`"${name.replace(/^.*\./, '')}"`) || reason.includes(`"${name}"`));
  expect(refused.filter((row) => (row.reason ?? '').length < 20 || !named(row))).toEqual([]);
});

test('the table for people is that of the data', () => {
  expect(readFileSync(resultsFile('md'), 'utf8')).toBe(printTable(stored));
});
